"""Laws of plan and apply, for random systems and random live states."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from sereno.language.model import Mute, Route, System
from sereno.vendors.backend import Change
from sereno.vendors.cloudwatch import compile as compiled
from sereno.vendors.cloudwatch.client import Calls, Pace
from sereno.vendors.cloudwatch.fake import Fake
from sereno.vendors.cloudwatch.forms import TERMS
from sereno.vendors.cloudwatch.live import CloudWatch
from sereno.vendors.plan import plan
from tests.vendors.systems import (
    AVAILABILITY,
    DASHBOARD,
    DLQ,
    FAILED,
    LATENCY,
    PAGE_FAST,
    PAGE_SLOW,
    SHOP,
    SLOW,
    TICKET,
)

NIGHT = Mute(name="nights", days=(0, 6), start="22:00", end="06:00", zone="UTC")
INHIBITORS = ((), ("dlq-not-empty",), ("dlq-not-empty", "orders-availability"))
TREES = (
    SHOP.routes,
    Route(receiver="on-call"),
    Route(receiver="tickets", mutes=(NIGHT,)),
)
POLICIES = st.lists(st.sampled_from([PAGE_FAST, PAGE_SLOW, TICKET]), min_size=1, unique=True).map(tuple)


@st.composite
def systems(draw: st.DrawFn) -> System:
    """Some of the shop, with other numbers, other policies and other routes."""
    slos = [replace(AVAILABILITY, policies=draw(POLICIES)), replace(LATENCY, policies=draw(POLICIES))]
    threshold = draw(st.decimals(1, 9, places=2))
    alerts = [
        replace(DLQ, labels=draw(st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy")))),
        replace(FAILED, threshold=threshold, guard=draw(st.sampled_from([None, ("orders", Decimal(3))]))),
        replace(SLOW, inhibited_by=draw(st.sampled_from(INHIBITORS))),
    ]
    kept = draw(st.sets(st.sampled_from(["failed", "slow", "latency", "dashboard"])))
    return replace(
        SHOP,
        routes=draw(st.sampled_from(TREES)),
        slos=(slos[0], *([slos[1]] if "latency" in kept else [])),
        alerts=(
            alerts[0],
            *([alerts[1]] if "failed" in kept else []),
            *([alerts[2]] if "slow" in kept else []),
        ),
        dashboards=(replace(DASHBOARD, rows=DASHBOARD.rows[:1]),) if "dashboard" in kept else (),
    )


def backend(fake: Fake) -> CloudWatch:
    return CloudWatch(Calls(fake), Pace(0), "eu-west-1")


def steps(fake: Fake, system: System) -> tuple[Change, ...]:
    return plan(compiled(system)[0], backend(fake).read(system), TERMS)


def applied(fake: Fake, system: System) -> list[str]:
    return [o.error for o in backend(fake).apply(steps(fake, system)) if o.error]


def state(fake: Fake) -> Any:
    return (fake.metric, fake.composite, fake.dashboards, fake.mutes, fake.tags)


@given(before=systems(), after=systems(), page=st.integers(1, 30))
@settings(max_examples=60, deadline=None)
def test_after_an_apply_there_is_nothing_left_to_do(before: System, after: System, page: int) -> None:
    fake = Fake(page=page)

    assert applied(fake, before) == []
    assert applied(fake, after) == []
    assert steps(fake, after) == ()


class Stopped(BaseException):
    """The process ends here."""


def stopping_after(calls: int) -> Any:
    """Lets so many writing calls through."""
    left = calls

    def before(operation: str, arguments: Mapping[str, Any]) -> None:
        nonlocal left
        if operation.startswith(("put", "delete", "tag", "untag")):
            if not left:
                raise Stopped
            left -= 1

    return before


@given(before=systems(), after=systems())
@settings(max_examples=12, deadline=None)
def test_an_apply_stopped_after_any_call_is_finished_by_the_next(before: System, after: System) -> None:
    whole = Fake()
    applied(whole, before)
    whole.calls.clear()
    applied(whole, after)
    writes = sum(call.startswith(("put", "delete", "tag", "untag")) for call in whole.calls)

    for k in range(writes):
        fake = Fake()
        applied(fake, before)
        fake.before = stopping_after(k)
        with suppress(Stopped):
            applied(fake, after)
        fake.before = None
        assert applied(fake, after) == []
        assert state(fake) == state(whole), f"stopped after {k} of {writes} calls"


@given(system=systems())
@settings(max_examples=20, deadline=None)
def test_what_compiles_is_never_refused_by_its_own_rules(system: System) -> None:
    assert [p for p in compiled(system)[1] if p.severity == "error"] == []
