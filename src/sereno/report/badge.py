"""A badge for a README: the worst state of all, or of one SLO."""

from __future__ import annotations

from typing import Final

from markupsafe import escape

from sereno.report import show
from sereno.report.model import Report, State

_COLOURS: Final[dict[State, str]] = {
    "met": "#2f7a5a",
    "at_risk": "#a06a00",
    "breached": "#b23a2f",
    "no_data": "#666b73",
}
_WORST_FIRST: Final[tuple[State, ...]] = ("breached", "at_risk", "no_data", "met")
_LETTER: Final = 6.6  # width of one at 11 px, on average


def render(report: Report) -> str:
    """`SLOs | 1 breached`: how many are in the worst state there is."""
    state: State = next((s for s in _WORST_FIRST if report.count(s)), "no_data")
    number = report.count(state)
    words = show.WORDS[state]
    return draw("SLOs", words if number == len(report.slos) else f"{number} {words}", _COLOURS[state])


def draw(left: str, right: str, colour: str) -> str:
    """Two words side by side, white on grey and on the colour (contrast at least 4.5 to 1)."""
    a, b = (round(len(text) * _LETTER) + 14 for text in (left, right))
    title = escape(f"{left}: {right}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{a + b}" height="20" role="img" '
        f'aria-label="{title}"><title>{title}</title>'
        f'<rect width="{a + b}" height="20" rx="3" fill="{colour}"/>'
        f'<path d="M3,0h{a - 3}v20h-{a - 3}a3,3 0 0 1 -3,-3v-14a3,3 0 0 1 3,-3" fill="#454a52"/>'
        f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{a / 2}" y="14">{escape(left)}</text><text x="{a + b / 2}" y="14">{escape(right)}</text>'
        "</g></svg>\n"
    )
