"""A fake Datadog on a free port, and what is asked of it through the real client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sereno.language.model import System
from sereno.vendors.backend import Change
from sereno.vendors.datadog import compile as compiled
from sereno.vendors.datadog.client import connect
from sereno.vendors.datadog.fake import Fake, serving
from sereno.vendors.datadog.forms import TERMS
from sereno.vendors.datadog.live import Datadog
from sereno.vendors.plan import plan


@dataclass(frozen=True)
class Account:
    """One fake, and the ways to it."""

    url: str
    fake: Fake

    def backend(self, system: System) -> Datadog:
        return connect(system, self.url)

    def steps(self, system: System, wanted: System | None) -> tuple[Change, ...]:
        """From what is live of a system to another one; None wants nothing."""
        return plan(compiled(wanted)[0] if wanted else (), self.backend(system).read(system), TERMS)

    def applied(self, system: System, wanted: System | None) -> list[str]:
        """The errors of taking these steps."""
        backend = self.backend(system)
        changes = plan(compiled(wanted)[0] if wanted else (), backend.read(system), TERMS)
        return [outcome.error for outcome in backend.apply(changes) if outcome.error]

    def names(self) -> set[str]:
        """Of every monitor, SLO and dashboard there is."""
        things = (*self.fake.monitors.values(), *self.fake.slos.values())
        return {each["name"] for each in things} | {d["title"] for d in self.fake.dashboards.values()}


@pytest.fixture
def account() -> Iterator[Account]:
    with serving() as (url, fake):
        yield Account(url, fake)
