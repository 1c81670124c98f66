"""Observations + System -> Report (figures only) -> Markdown, HTML, JSON and the rest, one file each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sereno.language.model import System, Window
    from sereno.report.model import Report
    from sereno.vendors.backend import Observer

# CloudWatch forgets state changes after 30 days: the DescribeAlarmHistory page of its API reference.
HISTORY: Final = 30 * 86_400

__all__ = ["observe", "save", "write"]


def observe(
    system: System,
    observer: Observer,
    *,
    at: int,
    window: Window | None = None,
    now: int | None = None,
    notes: Sequence[str] = (),
) -> Report:
    """The report from what a back end, or the local stack, has seen up to `at` (epoch seconds).

    `now` is the time there: a report that ends later says so. `notes` are said as its first warnings.
    """
    from sereno.report.alarms import alarm_names
    from sereno.report.figures import needs, report
    from sereno.report.history import Events, History
    from sereno.report.notices import ahead
    from sereno.vendors.backend import Unavailable

    metrics, start, end = needs(system, at, window)
    observed = observer.observe(metrics, start, end)
    events = observer.events(tuple(alarm_names(system)), start, end)
    warnings = (*notes, *((ahead(at),) if now is not None and at > now else ()))
    forgets = system.environment.backend == "cloudwatch" and system.environment.name != "local"
    known: Events = events
    if forgets and not isinstance(events, Unavailable):
        known = History(events, at - HISTORY)
    return report(system, observed, known, at=at, window=window, warnings=warnings)


def save(report: Report, out: Path) -> tuple[Path, Path, Path]:
    """Writes slo-report.md, .html and .json, which say the same, into a folder it makes."""
    from sereno import whole
    from sereno.report import html, json, markdown

    pages = {"md": markdown.render, "html": html.render, "json": json.render}
    paths = {end: out / f"slo-report.{end}" for end in pages}
    for end, render in pages.items():
        whole.write(paths[end], render(report))
    return paths["md"], paths["html"], paths["json"]


def write(system: System, observer: Observer, *, at: int, out: Path, window: Window | None = None) -> Report:
    """Observes, writes the three files, gives back what they say."""
    report = observe(system, observer, at=at, window=window)
    save(report, out)
    return report
