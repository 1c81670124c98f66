"""Why an alarm is as it is, with what was measured: a composite's own reason only names other alarms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from sereno.language import names
from sereno.language.expr import Expr
from sereno.language.model import MINUTE, BurnPair, Objective, Slo, System
from sereno.local import observe
from sereno.local.metrics import MetricStore
from sereno.report import show
from sereno.vendors.readings import bad_and_total

# What `engine.reasons` says of a metric alarm.
_COUNTED = re.compile(r"(\d+) of the last (\d+) datapoints")
_MISSING = re.compile(r"; (\d+) missing")


def why(system: System, store: MetricStore, alarm: str, reason: str, at: int) -> str:
    """The reason for a state that was judged at the metric time `at`, in words and measured values.

    Of an SLO's burn alarm the burn rates of its windows; of one on silence in how many periods its
    signals were silent; of any other what the judge said.
    """
    for slo in system.slos:
        if alarm == names.live(system, names.silence(slo.name)):
            return _silence(reason)
        for severity in dict.fromkeys(pair.severity for pair in slo.policies):
            if alarm == names.live(system, names.burn(slo.name, severity)):
                found = "; ".join(_pairs(system, store, slo, severity, at - at % MINUTE))
                return f"burn rate: {found}" if found else reason
    return reason


def _silence(reason: str) -> str:
    """The product of its signals' sample counts, whose size says nothing, is below 1 where one is silent."""
    counted, missing = _COUNTED.search(reason), _MISSING.search(reason)
    if counted is None:
        return reason
    silent = int(counted[1]) + (int(missing[1]) if missing else 0)
    if not silent:
        return f"all of its signals sent data in the last {counted[2]} periods"
    if reason.startswith("OK"):
        return f"all of its signals sent data in {int(counted[2]) - silent} of the last {counted[2]} periods"
    return f"one of its signals was silent in {silent} of the last {counted[2]} periods"


def _pairs(system: System, store: MetricStore, slo: Slo, severity: str, at: int) -> Iterator[str]:
    for objective in slo.objectives:
        bad, total = bad_and_total(system, objective)
        if total is None:
            continue  # a share or a threshold has no failures to count
        of = f"{objective.name}: " if len(slo.objectives) > 1 else ""
        for pair in slo.policies:
            if pair.severity == severity:
                sums = [
                    tuple(_sum(system, store, expr, at, seconds) for expr in (bad, total))
                    for seconds in (pair.long, pair.short)
                ]
                yield of + _pair(pair, objective, sums)


def _pair(pair: BurnPair, objective: Objective, sums: Sequence[tuple[Fraction, ...]]) -> str:
    """`75x over 1h (90 of 1,200 failed) and 450x over 5m (45 of 100 failed); page above 14.4x in both`."""
    long, short = (
        _window(names.window(seconds), objective, *each)
        for seconds, each in zip((pair.long, pair.short), sums, strict=True)
    )
    limit = f"{pair.severity} {'at' if pair.inclusive else 'above'} {show.rate(Fraction(pair.burn))} in both"
    return f"{long} and {short}, {limit}"


def _window(over: str, objective: Objective, failed: Fraction, every: Fraction) -> str:
    if not every:
        return f"no data over {over}"
    burn = failed / every / objective.budget
    return f"{show.rate(burn)} over {over} ({show.count(failed)} of {show.count(every)} failed)"


def _sum(system: System, store: MetricStore, expr: Expr, at: int, seconds: int) -> Fraction:
    """Over the window that ends at `at`; 0 without data."""
    value = float(observe.computed(system, store, expr, at - seconds, at, seconds)[0])
    return Fraction(value) if value == value else Fraction(0)
