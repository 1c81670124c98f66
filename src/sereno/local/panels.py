"""The lines of a dashboard's panel, from the metric store."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sereno.engine.series import Floats
from sereno.language.expr import Name
from sereno.language.model import DAY, HOUR, MINUTE, Objective, Panel, System
from sereno.local import observe
from sereno.local.metrics import MetricStore

POINTS = 360  # about the most that a line is wide
PERIODS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY)
BURN_WINDOW = HOUR


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end) in periods; all in whole minutes of metric time."""

    start: int
    end: int
    period: int


def span(panel: Panel, end: int, seconds: int) -> Span:
    """The time a panel shows: a number its own last period, a line the finest period that fits."""
    if panel.kind == "number":
        return Span(end - panel.period, end, panel.period)
    period = next((p for p in PERIODS if p * POINTS >= seconds), PERIODS[-1])
    end -= end % period
    return Span(end - max(seconds // period, 1) * period, end, period)


def lines(system: System, store: MetricStore, panel: Panel, over: Span) -> list[dict[str, Any]]:
    """Name and values of each line, None where there is no data."""
    found = (
        _burns(system, store, panel, over) if panel.kind == "burn" else _signals(system, store, panel, over)
    )
    return [{"name": name, "values": [None if math.isnan(v) else float(v) for v in vs]} for name, vs in found]


def _signals(system: System, store: MetricStore, panel: Panel, over: Span) -> Iterator[tuple[str, Floats]]:
    for name in panel.signals:
        yield name, observe.computed(system, store, Name(name), over.start, over.end, over.period)


def _burns(system: System, store: MetricStore, panel: Panel, over: Span) -> Iterator[tuple[str, Floats]]:
    for label, objective in _objectives(system, panel):
        yield (
            label,
            observe.burn(system, store, objective, over.start, over.end, over.period, BURN_WINDOW),
        )


def _objectives(system: System, panel: Panel) -> Iterator[tuple[str, Objective]]:
    for slo in system.slos:
        for objective in slo.objectives if slo.name in panel.slos else ():
            yield (f"{slo.name}/{objective.name}" if len(slo.objectives) > 1 else slo.name), objective
