"""A backtest as a table for a terminal, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from math import floor

from sereno.proof.backtest import Backtest, Line, span
from sereno.proof.history import WEEK
from sereno.proof.scoring import Score, median, rank

HEADS = (
    "rule",
    "severity",
    "alerts",
    "a week",
    "alarmed",
    "precision",
    "recall",
    "detected in",
    "reset in",
    "spent",
)


def render(test: Backtest) -> str:
    return "\n".join(_lines(test)) + "\n"


def _lines(test: Backtest) -> Iterator[str]:
    ends = " to ".join(
        f"{datetime.fromtimestamp(t, UTC):%Y-%m-%d %H:%M}Z" for t in (test.history.start, test.history.end)
    )
    yield f"{test.subject}: {_length(test.history.minutes)}, {ends}"
    yield from _incidents(test)
    yield ""
    yield from _table([HEADS, *(_row(line) for line in test.lines)])
    yield from _already(test)
    yield from _suggestions(test)


def _length(minutes: int) -> str:
    return f"{minutes / WEEK:.1f} weeks" if minutes >= WEEK else span(minutes)


def _already(test: Backtest) -> Iterator[str]:
    """Why a recall is low although it fired: the label may begin too late."""
    for line in test.lines:
        count, of = line.score.already, line.score.significant
        if count:
            words = f"{count} of {of} already firing at the onset, so not counted as detected"
            yield f"  {line.rule.name}: {words}; does the label begin too late?"


def _suggestions(test: Backtest) -> Iterator[str]:
    if not test.wanted:
        return
    yield ""
    if test.suggested:
        yield f"suggested: {test.wanted}"
        yield from _table([HEADS, *(_row(line) for line in test.suggested)])
        return
    why = "" if test.incidents else ": without labelled incidents only `pages` is known"
    yield f"no pair of windows meets `{test.wanted}`{why}"


def _incidents(test: Backtest) -> Iterator[str]:
    if not test.incidents:
        yield "no labelled incidents: nothing can be said of precision, recall and times"
        yield from _unseen(test)
        return
    yield f"{len(test.incidents)} labelled incidents"
    if test.budget is not None:
        for severity, share in test.significance.items():
            count = sum(1 for i in test.incidents if i.spent is None or i.spent >= share)
            yield f"  significant for a {severity}: {count}, with {percent(share)} of the budget or more"


def _unseen(test: Backtest) -> Iterator[str]:
    for line in test.lines:
        if line.score.unseen is not None:
            yield f"  {line.rule.name}: {percent(line.score.unseen)} of a budget was spent unseen"


def _row(line: Line) -> tuple[str, ...]:
    score = line.score
    return (
        line.rule.name,
        line.rule.severity,
        str(len(score.firings)),
        f"{float(score.pages_a_week):.2f}",
        percent(score.alarmed),
        share(score.precision),
        share(score.recall),
        _times(score.detection),
        _times(score.reset),
        "-" if not score.spent else percent(median(score.spent)),
    )


def _times(values: Sequence[int]) -> str:
    """Median, p90 and worst."""
    middle, late = median(values), rank(values, 90)
    if middle is None or late is None:
        return "-"
    return f"{span(round(middle))} (p90 {span(late)}, worst {span(values[-1])})"


def percent(value: Fraction | None) -> str:
    """Two decimals; never 0 for what is not 0."""
    if value is None:
        return "-"
    shown = f"{float(100 * value):.2f}"
    return "<0.01 %" if value and shown == "0.00" else f"{shown} %"


def share(value: Fraction | None) -> str:
    """`0.66` of two thirds: down, so that no wish is met by rounding; only none is 0.00."""
    if value is None:
        return "-"
    return f"{max(floor(value * 100), 1 if value else 0) / 100:.2f}"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def as_json(test: Backtest) -> str:
    """Figures only, exact fractions as decimals of at most 9 places."""
    return (
        json.dumps(
            {
                "subject": test.subject,
                "start": test.history.start,
                "end": test.history.end,
                "significance": {k: _number(v) for k, v in test.significance.items()},
                "incidents": [
                    {
                        "name": i.name,
                        "start": _at(test, i.first),
                        "end": _at(test, i.last),
                        "spent": _number(i.spent),
                    }
                    for i in test.incidents
                ],
                "rules": [_json(test, line) for line in test.lines],
                "suggested": [_json(test, line) for line in test.suggested],
            },
            indent=2,
        )
        + "\n"
    )


def _json(test: Backtest, line: Line) -> dict[str, object]:
    score: Score = line.score
    return {
        "rule": line.rule.name,
        "severity": line.rule.severity,
        "firings": [{"start": _at(test, f.first + 1), "end": _at(test, f.last + 1)} for f in score.firings],
        "significant": score.significant,
        "detected": score.detected,
        "alreadyFiring": score.already,
        "precision": _number(score.precision),
        "recall": _number(score.recall),
        "detectionMinutes": list(score.detection),
        "resetMinutes": list(score.reset),
        "spent": [_number(s) for s in score.spent],
        "pagesAWeek": _number(score.pages_a_week),
        "alarmed": _number(score.alarmed),
        "unseen": _number(score.unseen),
    }


def _at(test: Backtest, minute: int) -> int:
    return test.history.start + 60 * minute


def _number(value: Fraction | None) -> float | None:
    return None if value is None else round(float(value), 9)
