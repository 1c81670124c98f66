"""A small world to report on: Systems made by hand, series made of rules, a back end made of a dict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from sereno.language.expr import Expr
from sereno.language.model import (
    DAY,
    HOUR,
    BurnPair,
    CloudWatchMetric,
    Environment,
    Indicator,
    Objective,
    Ratio,
    Runbook,
    Signal,
    Slo,
    System,
    Window,
)
from sereno.report.series import Counts
from sereno.vendors.backend import Event, Metric, Points, Unavailable

AT = 1_772_323_200  # 2026-03-01 00:00 UTC, a Sunday
MONTH = Window(seconds=30 * DAY, text="30d")
GOOGLE = (
    BurnPair(name="page-14.4x-1h", severity="page", burn=Decimal("14.4"), long=HOUR, short=300),
    BurnPair(name="page-6x-6h", severity="page", burn=Decimal(6), long=6 * HOUR, short=1800),
    BurnPair(name="ticket-3x-24h", severity="ticket", burn=Decimal(3), long=DAY, short=2 * HOUR),
)


def slo(
    name: str = "checkout",
    target: str = "0.999",
    indicator: Indicator | None = None,
    objectives: Sequence[Objective] = (),
    **changes: Any,
) -> Slo:
    """An SLO of one objective, Occurrences over rolling 30 days, unless told otherwise."""
    one = Objective(name="", target=Decimal(target), indicator=indicator or Ratio(total="total", good="good"))
    fields: dict[str, Any] = {
        "display_name": name.replace("-", " ").capitalize(),
        "service": "shop",
        "description": "Orders are taken.",
        "owner": "team-shop",
        "runbook": "checkout",
        "budgeting": "Occurrences",
        "window": MONTH,
        "policies": GOOGLE,
    }
    return Slo(name=name, objectives=tuple(objectives) or (one,), **(fields | changes))


def sliced(
    target: str, size: int, slice_target: str | None = None, name: str = "", **changes: Any
) -> Objective:
    """An objective of Timeslices (with a slice target) or RatioTimeslices."""
    indicator = changes.pop("indicator", Ratio(total="total", good="good"))
    slice_share = None if slice_target is None else Decimal(slice_target)
    return Objective(
        name=name,
        target=Decimal(target),
        indicator=indicator,
        slice_seconds=size,
        slice_target=slice_share,
        **changes,
    )


def signal(name: str, *, expr: Expr | None = None, always: bool = False) -> Signal:
    read = None if expr else CloudWatchMetric(namespace="Shop", metric=name)
    return Signal(
        name=name,
        unit="Count",
        description=name,
        emitted_by="aws",
        cloudwatch=read,
        expr=expr,
        always=always,
    )


def system(*slos: Slo, signals: Sequence[Signal] = (), **changes: Any) -> System:
    known = [*(signal(n) for n in ("good", "bad", "total", "latency", "share")), *signals]
    url = "https://example.com/runbooks/checkout"
    return System(
        project="shop",
        environment=Environment(name="prod", backend="cloudwatch", region="eu-west-1", variables={}),
        slos=slos or (slo(),),
        signals={s.name: s for s in known},
        runbooks={"checkout": Runbook(name="checkout", path="", title="Checkout", text="", url=url)},
        **changes,
    )


def counts(
    total: int | Callable[[int], int],
    bad: Callable[[int], int] = lambda _: 0,
    *,
    start: int = AT - 30 * DAY,
    end: int = AT,
    step: int = 300,
) -> Counts:
    """Integer counts at every step; `bad` and `total` may depend on the interval's start."""
    times = np.arange(start, end, step)
    how_many = total if callable(total) else lambda _: total
    return Counts(
        times=times,
        seconds=np.full(len(times), step),
        bad=np.array([bad(int(t)) for t in times], dtype=np.int64),
        total=np.array([how_many(int(t)) for t in times], dtype=np.int64),
    )


def points(values: Mapping[int, float], seconds: int = 60) -> Points:
    """A metric's points by start."""
    times = np.array(sorted(values), dtype=np.int64)
    return Points(times, np.full(len(times), seconds), np.array([values[int(t)] for t in times], dtype=float))


@dataclass(frozen=True)
class Memory:
    """A back end that knows what it was given."""

    points: Mapping[str, Points | Unavailable]  # by metric name
    alarms: Sequence[Event] | Unavailable = ()

    def observe(
        self, metrics: Sequence[Metric], start: int, end: int
    ) -> Mapping[Metric, Points | Unavailable]:
        nothing = points({})
        return {m: _cut(self.points.get(m.metric, nothing), start, end) for m in metrics}  # type: ignore[union-attr]

    def events(self, names: Sequence[str], start: int, end: int) -> Sequence[Event] | Unavailable:
        if isinstance(self.alarms, Unavailable):
            return self.alarms
        return [e for e in self.alarms if e.name in names and start <= e.at < end]


def _cut(known: Points | Unavailable, start: int, end: int) -> Points | Unavailable:
    if isinstance(known, Unavailable):
        return known
    inside = (known.times >= start) & (known.times < end)
    return Points(known.times[inside], known.seconds[inside], known.values[inside])
