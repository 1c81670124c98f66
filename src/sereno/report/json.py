"""The report as JSON: the interface other programs read. Its schema is `schema.json` beside this.

Exact numbers are strings: a finite decimal where there is one, otherwise 40 digits of it, with the
exact fraction under `exact`. `null` is "no data", which is never 0. Times are RFC 3339 in UTC.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import ROUND_DOWN, ROUND_UP, Context, Decimal
from fractions import Fraction
from functools import cache
from typing import Any, Final

from sereno.language.names import window
from sereno.report.halves import in_halves
from sereno.report.model import AlarmCount, Bin, Bins, Gate, Incident, Period, Report, SloReport

_DOWN, _UP = Context(prec=40, rounding=ROUND_DOWN), Context(prec=40, rounding=ROUND_UP)
VERSION: Final = 1


def render(report: Report) -> str:
    """The whole report, a line an SLO, ending in a newline."""
    head = _dump(_head(report))
    lines = ",\n".join(in_halves(_lines, report.slos))
    return f'{head[:-1]}, "slos": [\n{lines}\n]}}\n'


def _lines(slos: Sequence[SloReport]) -> str:
    return ",\n".join(_dump(_slo(line)) for line in slos)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def document(report: Report) -> dict[str, Any]:
    return {**_head(report), "slos": [_slo(line) for line in report.slos]}


def _head(report: Report) -> dict[str, Any]:
    """All but the SLOs."""
    return {
        "version": VERSION,
        "project": report.project,
        "environment": report.environment,
        "at": instant(report.at),
        "summary": {s: report.count(s) for s in ("met", "at_risk", "breached", "no_data")},
        "pages": report.pages,
        "tickets": report.tickets,
        "watched_seconds": report.watched,
        "pages_per_week": number(report.per_week(report.pages)),
        "tickets_per_week": number(report.per_week(report.tickets)),
        "gate": _gate(report.gate),
        "alarms": [_alarm(a, report) for a in report.alarms],
        "warnings": list(report.warnings),
    }


def _gate(gate: Gate) -> dict[str, Any]:
    return {
        "action": gate.action,
        "sentence": gate.sentence,
        "verdicts": [
            {
                "slo": v.label,
                "policy": v.policy,
                "action": v.action,
                "reason": v.reason,
                "overridden": v.overridden,
            }
            for v in gate.verdicts
        ],
    }


def _slo(line: SloReport) -> dict[str, Any]:
    return {
        "name": line.name,
        "objective": line.objective,
        "display_name": line.slo.display_name,
        "service": line.slo.service,
        "owner": line.slo.owner,
        "runbook": line.runbook_url,
        "budgeting": line.budgeting,
        "window": _period(line.period),
        "unit": line.unit,
        "target": number(line.target),
        "attainment": number(line.attainment),
        "previous_attainment": number(line.previous),
        "total": number(line.tally.total),
        "budget_total": number(line.budget_total),
        "budget_spent": number(line.budget_spent, up=True),
        "budget_left_ratio": number(line.budget_left_ratio),
        "budget_spent_of_full_window": number(line.spent_of_full_window, up=True),
        "exhausts_in_seconds": line.exhausts_in,
        "state": line.state,
        "coverage": number(line.coverage),
        "burn_rates": {window(b.seconds): number(b.rate, up=True) for b in line.burns},
        "incidents": [_incident(i, line) for i in line.incidents],
        "spent_outside_incidents": number(line.background, up=True),
        "missed": _bins(line.misses),
        "worst_days": _bins(line.worst_days),
        "worst_hours": _bins(line.worst_hours),
        "days": _days(line.days),
        "warnings": list(line.warnings),
        "unavailable": line.unavailable,
        "exact": _exact(line),
    }


def _exact(line: SloReport) -> dict[str, str]:
    """Those of the main figures that no finite decimal says, as fractions."""
    figures = {
        "attainment": line.attainment,
        "budget_total": line.budget_total,
        "budget_spent": line.budget_spent,
        "budget_left_ratio": line.budget_left_ratio,
        "budget_spent_of_full_window": line.spent_of_full_window,
        "coverage": line.coverage,
    }
    return {name: str(value) for name, value in figures.items() if value is not None and not finite(value)}


def _period(period: Period) -> dict[str, str | None]:
    return {
        "text": period.text,
        "start": instant(period.start),
        "end": instant(period.end),
        "closes": _instant_or_none(period.closes),
        "zone": period.zone,
    }


def _incident(one: Incident, line: SloReport) -> dict[str, Any]:
    return {
        "onset": instant(one.onset),
        "start": instant(one.start),
        "end": _instant_or_none(one.end),
        "severity": one.severity,
        "fired": [
            {"severity": f.severity, "start": instant(f.start), "end": _instant_or_none(f.end)}
            for f in one.fired
        ],
        "alarms": list(one.alarms),
        "spent": number(one.spent, up=True),
        "spent_ratio": number(one.spent_share, up=True),
        "source": one.source,
        "runbook": line.runbook_url,
    }


def _days(days: Bins) -> list[dict[str, Any]]:
    if not days.counted:
        return [_day(b) for b in days]
    columns = zip(days.edges, days.bads, days.totals, strict=False)  # the last edge begins nothing
    return [{"start": instant(s), "bad": str(b), "total": str(t)} for s, b, t in columns]


def _bins(bins: Sequence[Bin]) -> list[dict[str, Any]]:
    return [{**_day(b), "end": instant(b.end), "spent_ratio": number(b.spent_share, up=True)} for b in bins]


def _day(one: Bin) -> dict[str, Any]:
    tally = one.tally
    return {"start": instant(one.start), "bad": number(tally.bad, up=True), "total": number(tally.total)}


def _alarm(one: AlarmCount, report: Report) -> dict[str, Any]:
    return {
        "name": one.name,
        "severity": one.severity,
        "fired": one.fired,
        "per_week": number(report.per_week(one.fired)),
        "without_loss": one.without_loss,
        "held_back": one.held,
    }


@cache
def instant(seconds: int) -> str:
    """RFC 3339, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _instant_or_none(seconds: int | None) -> str | None:
    return None if seconds is None else instant(seconds)


def finite(value: Fraction) -> bool:
    """Whether a decimal can say it: the denominator has no prime factor but 2 and 5."""
    rest = value.denominator
    while rest % 10 == 0:
        rest //= 10
    while rest % 2 == 0:
        rest //= 2
    while rest % 5 == 0:
        rest //= 5
    return rest == 1


def number(value: Fraction | None, *, up: bool = False) -> str | None:
    """A decimal as exact as 40 digits allow, cut toward zero; `up` away from it."""
    if value is None:
        return None
    if value.denominator == 1:
        return str(value.numerator)
    context = _UP if up else _DOWN
    return format(context.divide(Decimal(value.numerator), Decimal(value.denominator)), "f")
