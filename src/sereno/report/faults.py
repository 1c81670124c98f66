"""What the report finds: one function a code.

Its docstring is what `sereno explain` shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sereno.language.problem import Problem, Span

if TYPE_CHECKING:
    from sereno.report.model import SloReport


def report_series(file: str, line: int, wrong: str, instead: str) -> Problem:
    """A file of `--series` is CSV of one of the known forms, and counts what can be.

    `SLO.csv` has `timestamp,good,total`, `timestamp,bad,total` or `timestamp,value`, a line an interval;
    `_alarms.csv` has `timestamp,alarm,state`, a line a change. An SLO whose file has problems has no
    figures, the others are reported all the same.

    Breaks: `2026-03-01T00:00:00Z,1001,1000` under `timestamp,good,total`: more good than all
    Keeps: `2026-03-01T00:00:00Z,1000,1000`
    """
    return Problem(Span(file, line), "report-series", wrong, instead)


def slo_breached(line: SloReport, words: str) -> Problem:
    """An SLO's budget is overspent: its attainment is below its target.

    `sereno report --explain SLO` shows the arithmetic.

    Breaks: 1,001 failures in a million requests at a target of 99.9 %
    Keeps: 1,000, though nothing is left
    """
    return Problem(line.slo.where, "slo-breached", words, _runbook(line))


def slo_at_risk(line: SloReport, words: str) -> Problem:
    """An SLO is met, but a quarter of its budget or less is left.

    Breaks: 750 failures in a million requests at a target of 99.9 %
    Keeps: 749
    """
    return Problem(line.slo.where, "slo-at-risk", words, _runbook(line), "warning")


def slo_without_data(line: SloReport, words: str) -> Problem:
    """Nothing can be said of an SLO: there was no data, or the back end did not answer.

    Silence is never health: a metric that was renamed looks the same.

    Breaks: a signal nobody sends any more
    Keeps: a canary, so that there is always traffic
    """
    return Problem(line.slo.where, "slo-without-data", words, _runbook(line), "warning")


def _runbook(line: SloReport) -> str:
    return f"runbook: {line.runbook_url}" if line.runbook_url else ""
