"""A backtest as one HTML page without scripts: the series, the incidents, and a row of firings a rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from math import sqrt

import numpy as np

from sereno.proof.backtest import Backtest, Line
from sereno.proof.backtest_text import render as as_text
from sereno.proof.history import Floats, History

WIDTH, LEFT, CHART, ROW = 1_120, 220, 180, 22  # pixels
NAME = 32  # letters of a rule's name
COLUMNS = 900  # at most so many steps of the curve

_STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem;
       color: #1c2733; background: #fff }
svg { width: 100%; min-width: 48rem; height: auto } .wide { overflow-x: auto }
pre { font-size: 13px; overflow-x: auto; background: #f4f6f8; padding: 1rem }
.curve { fill: none; stroke: #33658a; stroke-width: 1.4 } .incident { fill: #f6ae2d; opacity: .35 }
.page { fill: #c1292e } .ticket { fill: #7d5ba6 } .axis { stroke: #9aa5b1; stroke-width: 1 }
.grid { stroke: #9aa5b1; stroke-width: .5; opacity: .5 }
text { font: 12px system-ui, sans-serif; fill: #1c2733 } .faint { fill: #5b6875 }
@media (prefers-color-scheme: dark) { body { background: #12181f; color: #e4e9ee }
  pre { background: #1d2630 } text { fill: #e4e9ee } .faint { fill: #a9b4bf } .curve { stroke: #86bbd8 } }
"""

_LEGEND = (
    "The curve is the worst minute of each step; of a bad share, on a square-root scale. "
    "Orange: a labelled incident. Red: a page was on. Purple: a ticket was on. Hover for names and times."
)


def render(test: Backtest) -> str:
    title = escape(f"Backtest of {test.subject}")
    text = escape(as_text(test))
    body = f'<h1>{title}</h1>\n<div class="wide">{svg(test)}</div>\n<p>{_LEGEND}</p>\n<pre>{text}</pre>'
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n<body>{body}</body></html>\n"
    )


def svg(test: Backtest) -> str:
    """The picture alone."""
    lines = [*test.lines, *test.suggested]
    height = CHART + 50 + ROW * len(lines)
    parts = [*_incidents(test, height), *_curve(test.history), *_axis(test.history, height)]
    parts += [part for i, line in enumerate(lines) for part in _row(test, line, CHART + 40 + ROW * i)]
    label = escape(f"{test.subject}: {len(test.incidents)} incidents and the firings of {len(lines)} rules")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{label}">'
        f"<style>{_STYLE}</style>{''.join(parts)}</svg>"
    )


def _x(history: History, minute: int) -> float:
    return LEFT + (WIDTH - LEFT - 10) * minute / max(history.minutes, 1)


def _incidents(test: Backtest, height: int) -> Iterator[str]:
    for incident in test.incidents:
        left, right = (_x(test.history, minute) for minute in (incident.first, incident.last))
        yield (
            f'<rect class="incident" x="{left:.1f}" y="10" width="{max(right - left, 1.5):.1f}" '
            f'height="{height - 30}"><title>{escape(incident.name)}</title></rect>'
        )


def _curve(history: History) -> Iterator[str]:
    """The worst of each step: an outage of a minute stays visible in a month."""
    values = _shown(history)
    low, top = _ends(values)
    at = LEFT + (WIDTH - LEFT - 10) * (np.arange(len(values)) + 0.5) / len(values)
    pens = np.where(np.isnan(np.concatenate([[np.nan], values[:-1]])), "M", "L")
    real = ~np.isnan(values)
    heights = [_y(history, float(value), low, top) for value in values[real]]
    points = [f"{p}{x:.1f} {y:.1f}" for p, x, y in zip(pens[real], at[real], heights, strict=True)]
    yield f'<path class="curve" d="{" ".join(points)}"/>'
    for value, words in _ticks(history, low, top):
        y = _y(history, value, low, top)
        yield f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - 10}" y2="{y:.1f}"/>'
        yield f'<text class="faint" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{words}</text>'


def _ends(values: Floats) -> tuple[float, float]:
    """The lowest and the highest of what is shown; 0 is shown always."""
    real = [0.0, *values[~np.isnan(values)].tolist()]
    return min(real), max(real)


def _y(history: History, value: float, low: float, top: float) -> float:
    """Shares by their square root: an outage must not hide an error rate of 1 %."""
    share = (value - low) / ((top - low) or 1.0)
    return CHART - (CHART - 20) * (share if history.values is not None else sqrt(share))


def _ticks(history: History, low: float, top: float) -> list[tuple[float, str]]:
    if history.values is not None:
        return [(value, f"{value:.4g}") for value in sorted({low, 0.0, top})]
    rounds = [share for share in (0.0001, 0.001, 0.01, 0.1) if top / 100 <= share < top / 2]
    return [(0.0, "0 % bad"), *((share, f"{100 * share:.3g} %") for share in (*rounds, top) if share)]


def _shown(history: History) -> Floats:
    """The bad share, or the value, of at most `COLUMNS` steps; NaN where there is nothing."""
    step = max(1, -(-history.minutes // COLUMNS))
    edges = np.arange(0, history.minutes, step)
    if history.values is not None:
        held = np.fmax.reduceat(history.values, edges)
        return np.asarray(held)
    if history.bad is None or history.total is None:
        return np.full(len(edges), np.nan)
    share = np.divide(
        history.bad, history.total, out=np.full(history.minutes, np.nan), where=history.total > 0
    )
    return np.asarray(np.fmax.reduceat(share, edges))


def _axis(history: History, height: int) -> Iterator[str]:
    yield f'<line class="axis" x1="{LEFT}" y1="{CHART}" x2="{WIDTH - 10}" y2="{CHART}"/>'
    for i in range(5):
        minute = history.minutes * i // 4
        when = datetime.fromtimestamp(history.start + 60 * minute, UTC)
        anchor = "start" if i == 0 else "end" if i == 4 else "middle"
        yield (
            f'<text class="faint" x="{_x(history, minute):.1f}" y="{height - 4}" text-anchor="{anchor}">'
            f"{when:%Y-%m-%d %H:%M}Z</text>"
        )


def _short(name: str) -> str:
    """What fits beside the rows; the table below has it whole."""
    return name if len(name) <= NAME else f"{name[: NAME - 1]}…"


def _row(test: Backtest, line: Line, y: int) -> Iterator[str]:
    yield f'<text x="{LEFT - 8}" y="{y}" text-anchor="end">{escape(_short(line.rule.name))}</text>'
    for firing in line.score.firings:
        left, right = (_x(test.history, minute) for minute in (firing.first, firing.last))
        when = datetime.fromtimestamp(test.history.start + 60 * (firing.first + 1), UTC)
        yield (
            f'<rect class="{line.rule.severity}" x="{left:.1f}" y="{y - 11}" '
            f'width="{max(right - left, 1.5):.1f}" height="13"><title>{when:%Y-%m-%d %H:%M}Z, '
            f"{firing.last - firing.first} min</title></rect>"
        )
