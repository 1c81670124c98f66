"""A target that changed inside its window: the whole window is judged by today's, and that is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from sereno.report.model import Report, SloReport
from sereno.report.show import day, percent, places

# By label: the target that was seen before, and when it was last seen; then today's.
Seen = Mapping[str, Mapping[str, str]]


def compare(report: Report, seen: Seen) -> tuple[Report, dict[str, dict[str, str]]]:
    """The report, warning where an earlier one had another target in this window; and what to remember."""
    lines, known = [], {}
    for line in report.slos:
        before = dict(seen.get(line.label, {}))
        last = max(report.at, int(before.get(str(line.target), 0)))
        known[line.label] = before | {str(line.target): str(last)}
        lines.append(_warned(line, before))
    return replace(report, slos=tuple(lines)), {**{k: dict(v) for k, v in seen.items()}, **known}


def _warned(line: SloReport, before: Mapping[str, str]) -> SloReport:
    changed = [
        f"the target was {_shown(Fraction(text))} until {day(int(last), line.period.zone)}: "
        f"the whole window is judged by {_shown(line.target)}"
        for text, last in before.items()
        if Fraction(text) != line.target and line.period.start <= int(last) < line.period.end
    ]
    return replace(line, warnings=(*line.warnings, *changed))


def _shown(target: Fraction) -> str:
    return percent(target, places(target))
