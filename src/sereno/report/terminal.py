"""The report for a person at a terminal: one table, and where the files are. Plain when piped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sereno.report import show
from sereno.report.markdown import headline
from sereno.report.model import Report, State

_STYLES: Final[dict[State, str]] = {"met": "green", "at_risk": "yellow", "breached": "red", "no_data": "dim"}


def show_report(report: Report, paths: Sequence[Path], console: Console | None = None) -> None:
    """Prints it to standard output, or to this console."""
    to = console or Console()
    to.print(Text(f"{headline(report)}. Releases: {report.gate.sentence}."), soft_wrap=True)
    to.print(table(report))
    for path in paths:
        to.print(Text(str(path)), soft_wrap=True)


def table(report: Report) -> Table:
    """SLOs by risk."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    made.add_column("SLO", overflow="fold")
    made.add_column("state")
    for name in ("attained", "target", "left", "burn 1 h", "data"):
        made.add_column(name, justify="right")
    for line in report.slos:
        made.add_row(
            Text(line.label),
            Text(show.WORDS[line.state], style=_STYLES[line.state]),
            show.attainment(line),
            show.target(line),
            show.percent(line.budget_left_ratio),
            show.rate(line.burns[0].rate),
            show.percent(line.coverage),
        )
    return made
