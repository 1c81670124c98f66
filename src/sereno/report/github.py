"""The report as annotations of a GitHub workflow, each on the SLO's own line of YAML."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sereno.language.problem import Problem, render_github
from sereno.report import faults, show
from sereno.report.model import Report, SloReport, State

# A met SLO needs no note.
_NOTES: Final[dict[State, Callable[[SloReport, str], Problem]]] = {
    "breached": faults.slo_breached,
    "at_risk": faults.slo_at_risk,
    "no_data": faults.slo_without_data,
}


def render(report: Report) -> str:
    return render_github(_note(line) for line in report.slos if line.state in _NOTES)


def _note(line: SloReport) -> Problem:
    return _NOTES[line.state](line, f"{line.label}: {show.verdict(line)}")
