"""What an alert test asks of a vendor; `on_cloudwatch.py` and `on_datadog.py` answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from sereno.engine.alarms import Timelines
from sereno.engine.parameters import State
from sereno.engine.payload import Body
from sereno.engine.series import History, MetricKey
from sereno.language.model import Backend, Receiver, Signal
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch.statistic import Statistic

Source = tuple[MetricKey, Statistic]  # a metric, and what a value of a series is of it


class Vendor(Protocol):
    """One module a vendor. `bodies` are by live name, an alarm and all that it depends on."""

    KINDS: tuple[str, ...]  # of resources that are judged, or read by those
    NAME: str
    BACKEND: Backend

    def live_name(self, resource: Resource) -> str:
        """What other resources call it."""

    def speaks(self, resource: Resource) -> bool:
        """Whether it tells somebody when it fires."""

    def source_of(self, signal: Signal) -> Source | None:
        """How the vendor is asked for a signal; None if it is not."""

    def source_of_text(self, text: str) -> Source:
        """A metric by the vendor's own name. Raises ValueError, which says how one is written."""

    def depends_on(self, body: Body) -> list[str]:
        """The live names an alarm looks at."""

    def reads(self, body: Body) -> list[MetricKey]:
        """The metrics an alarm looks at itself."""

    def timelines(self, bodies: Mapping[str, Body], history: History, end: int) -> Timelines:
        """The alarms from second 0 to `end`, by live name."""

    def told(self, body: Body, state: State, receivers: Mapping[str, Receiver]) -> tuple[str, ...]:
        """The receivers that are told when it comes into a state."""

    def description(self, body: Body) -> str:
        """What they read."""
