"""The arithmetic of an SLO, step by step with its numbers, so that anyone can check it by hand."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Context, Decimal
from fractions import Fraction
from typing import Final

from sereno.language.model import Slo
from sereno.report import show
from sereno.report.json import finite, number
from sereno.report.model import Burn, Incident, Report, SloReport
from sereno.report.outlook import to_come

_CUT: Final = Context(prec=12, rounding=ROUND_DOWN)
_LONGEST: Final = 40  # of a fraction shown in full
_WHAT: Final = {
    "Occurrences": "Every event counts alike: attainment is good / total.",
    "Timeslices": "Time counts: a slice is bad when less than its target of it was good.",
    "RatioTimeslices": "Time counts: attainment is the average of the slices' good / total.",
}


def render(report: Report, slo: str) -> str:
    """Every line of this SLO; empty when there is none of the name."""
    return "\n".join(f"{_line(line)}\n" for line in report.slos if line.name == slo)


def _line(line: SloReport) -> str:
    head = f"{line.label}: {show.verdict(line)}"
    if line.attainment is None:
        return f"{head}\n" + "\n".join(f"  {w}" for w in line.warnings)
    return "\n".join((head, "", *(f"  {step}" for step in (*_window(line), *_budget(line), *_rest(line)))))


def _window(line: SloReport) -> Sequence[str]:
    tally, unit = line.tally, line.unit
    return (
        f"window      {_at(line, line.period.start)} up to {_at(line, line.period.end)}"
        f" ({show.window(line.period)})",
        f"method      {line.budgeting}. {_method(line.slo, line)}",
        f"total       {exact(tally.total)} {unit}",
        f"bad         {exact(tally.bad)} {unit}",
        f"attainment  1 - {exact(tally.bad)} / {exact(tally.total)} = {exact(line.attainment)}",
    )


def _at(line: SloReport, seconds: int) -> str:
    return show.moment(seconds, line.period.zone)


def _method(slo: Slo, line: SloReport) -> str:
    if line.unit == "share":
        return "Composite: the objectives' burn rates, averaged by weight; bad is that times (1 - target)."
    text = _WHAT[line.budgeting]
    if line.unit == "minutes" and line.budgeting == "Occurrences":
        text = "Each interval weighs its length in minutes."
    one = slo.objectives[0]
    return f"{text} Slices of {show.duration(one.slice_seconds)}." if one.slice_seconds else text


def _budget(line: SloReport) -> Sequence[str]:
    total, spent, left = line.budget_total, line.budget_spent, line.budget_left_ratio
    return (
        f"target      {exact(line.target)}, so {exact(1 - line.target)} may be bad",
        f"budget      {_counted(line)} x {exact(1 - line.target)} = {exact(total)} {line.unit}",
        f"spent       {exact(spent)} {line.unit}",
        f"left        1 - {exact(spent)} / {exact(total)} = {exact(left)}",
        f"state       {show.WORDS[line.state]}: {_state(line)}",
    )


def _counted(line: SloReport) -> str:
    """Of what the budget is a share: what was counted, and in a calendar window of time what is to come."""
    more = to_come(line.unit, line.period)
    return f"({exact(line.tally.total)} + {exact(more)} to come)" if more else exact(line.tally.total)


def _state(line: SloReport) -> str:
    match line.state:
        case "breached" if line.by_whole_window:
            return f"the budget of the whole {show.window(line.period)} is overspent"
        case "breached":
            return "attainment is below the target"
        case "at_risk" if line.by_whole_window:
            return f"a quarter of the budget of the whole {show.window(line.period)} or less is left"
        case "at_risk":
            return "the target is met, but a quarter of the budget or less is left"
        case _ if line.by_whole_window:
            return f"more than a quarter of the budget of the whole {show.window(line.period)} is left"
        case _:
            return "the target is met, and more than a quarter of the budget is left"


def _rest(line: SloReport) -> Sequence[str]:
    incidents = (_incident(n, one, line) for n, one in enumerate(line.incidents, 1))
    return (
        *(_burn(b, line) for b in line.burns),
        *incidents,
        f"background  {exact(line.background)} {line.unit} outside incidents; with them it is what was spent",
        f"coverage    {exact(line.coverage)} of the window has data ({show.percent(line.coverage, 2)})",
        *(f"know that   {w}" for w in line.warnings),
    )


def _burn(burn: Burn, line: SloReport) -> str:
    over, tally = show.duration(burn.seconds), burn.tally
    if burn.rate is None:
        return f"burn {over:<6} {show.NONE} of the last {over}"
    share = f"({exact(tally.bad)} / {exact(tally.total)} of the last {over})"
    return f"burn {over:<6} {share} / {exact(1 - line.target)} = {exact(burn.rate)}"


def _incident(n: int, one: Incident, line: SloReport) -> str:
    share = show.percent_spent(one.spent_share)
    ends = min(one.end or line.period.end, line.period.end)
    times = f"from {_at(line, one.onset)} up to {_at(line, ends)}"
    return f"incident {n}  {times}: {exact(one.spent)} {line.unit} = {share} of the budget"


def exact(value: Fraction | None) -> str:
    """A finite decimal, or the fraction and its first digits: cut, never rounded up to a target it missed."""
    if value is None:
        return show.NONE
    if finite(value):
        return number(value) or ""
    digits = f"{_CUT.divide(Decimal(value.numerator), Decimal(value.denominator)):f}..."
    return f"{value} = {digits}" if len(str(value)) <= _LONGEST else digits
