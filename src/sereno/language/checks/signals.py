"""Signals that nobody reads, or that nobody emits."""

from __future__ import annotations

from collections.abc import Iterator

from sereno.language import expr
from sereno.language.checks.whole import Whole
from sereno.language.model import Ratio, RawRatio, Slo, System
from sereno.language.problem import Problem


def unused_signal(whole: Whole) -> Iterator[Problem]:
    """A signal that no SLO, alert, panel or other signal reads is forgotten, or misspelt where it is meant.

    Breaks: `queue-age` declared, `queue-oldest` alerted on
    Keeps: one of the two
    """
    used = set(_read(whole.system))
    for signal in whole.system.signals.values():
        if signal.name not in used and "/" not in signal.name:
            words = f"nothing reads the signal `{signal.name}`"
            yield Problem(
                signal.where, "unused-signal", words, "show it, alert on it, or remove it", "warning"
            )


def _read(system: System) -> Iterator[str]:
    for slo in system.slos:
        yield from _of_slo(slo)
    for alert in system.alerts:
        yield alert.signal
        if alert.guard:
            yield alert.guard[0]
    for dashboard in system.dashboards:
        for row in dashboard.rows:
            for panel in row:
                yield from panel.signals
    for signal in system.signals.values():
        if signal.expr is not None:
            yield from expr.names(signal.expr)


def _of_slo(slo: Slo) -> Iterator[str]:
    for objective in slo.objectives:
        match objective.indicator:
            case Ratio(total=total, good=good, bad=bad):
                yield from (name for name in (total, good, bad) if name)
            case RawRatio(raw=raw):
                yield raw
            case threshold:
                yield threshold.signal


def never_emitted(whole: Whole) -> Iterator[Problem]:
    """What `emittedBy` names must hold the metric's name in its code.

    Without code that emits it, the signal is silent for ever, and an SLO over silence is always met.
    `emittedBy` is a folder of the project, or `aws`, which is taken at its word.

    Breaks: `emittedBy: functions/api, cloudwatch: {metric: GetAnswerd, ...}`
    Keeps: `metric: GetAnswered`, as in the code
    """
    for signal in whole.system.signals.values():
        if signal.emitted_by not in whole.emitters or signal.cloudwatch is None:
            continue
        words = whole.emitters[signal.emitted_by]
        metric = signal.cloudwatch.metric
        if words is None:
            said = f"`{signal.emitted_by}`, which should emit `{metric}`, is no folder here"
        elif metric not in words:
            said = f"nothing in `{signal.emitted_by}` or beside it emits `{metric}`"
        else:
            continue
        yield Problem(
            signal.where, "never-emitted", said, "mend the metric's name, or `emittedBy`", "warning"
        )
