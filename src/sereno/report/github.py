"""The report as annotations of a GitHub workflow, each on the SLO's own line of YAML."""

from __future__ import annotations

from typing import Final

from sereno.language.problem import Problem, Severity, render_github
from sereno.report import show
from sereno.report.model import Report, SloReport, State

# A met SLO needs no note.
_NOTES: Final[dict[State, tuple[str, Severity]]] = {
    "breached": ("slo-breached", "error"),
    "at_risk": ("slo-at-risk", "warning"),
    "no_data": ("slo-without-data", "warning"),
}


def render(report: Report) -> str:
    return render_github(_note(line, *_NOTES[line.state]) for line in report.slos if line.state in _NOTES)


def _note(line: SloReport, code: str, severity: Severity) -> Problem:
    runbook = f"runbook: {line.runbook_url}" if line.runbook_url else ""
    return Problem(line.slo.where, code, f"{line.label}: {show.verdict(line)}", runbook, severity)
