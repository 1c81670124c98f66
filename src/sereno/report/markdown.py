"""The report for a job summary, a pull request or a terminal's pager."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sereno.report import show
from sereno.report.model import Curve, Incident, Report, SloReport, State

MARKS: dict[State, str] = {"met": "🟢", "at_risk": "🟡", "breached": "🔴", "no_data": "⚪"}
_BARS = "▁▂▃▄▅▆▇█"


def render(report: Report) -> str:
    """One table, then what each SLO needs said, then the alarms."""
    parts = [
        f"# SLO report: {_text(report.project)}, {_text(report.environment)}",
        f"{show.moment(report.at, report.zone)} · {headline(report)}",
        f"**Releases** {_text(report.gate.sentence)}.",
        _overview(report),
        *(_slo(line) for line in report.slos if _worth_telling(line)),
        _alarms(report),
        _list("Warnings", report.warnings),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def headline(report: Report) -> str:
    """`5 SLOs: 1 breached, 4 met`."""
    states: tuple[State, ...] = ("breached", "at_risk", "no_data", "met")
    counted = [f"{n} {show.WORDS[s]}" for s in states if (n := report.count(s))]
    noun = "SLO" if len(report.slos) == 1 else "SLOs"
    return f"{len(report.slos)} {noun}: {', '.join(counted) or 'nothing declared'}"


def _overview(report: Report) -> str:
    """A row an SLO; how each stood before only where any has a window before."""
    last = None if show.compared(report) else -1
    head = ("", "SLO", "Attainment", "Target", "Budget left", "Burn 1 h", "Trend")
    return _table(head[:last], (_row(line)[:last] for line in report.slos))


def _row(line: SloReport) -> tuple[str, ...]:
    return (
        MARKS[line.state],
        _text(line.label),
        show.attainment(line),
        show.target(line),
        show.percent(line.budget_left_ratio),
        show.rate(line.burns[0].rate),
        show.trend(line),
    )


def _worth_telling(line: SloReport) -> bool:
    return line.state != "met" or bool(line.incidents or line.misses or line.warnings)


def _slo(line: SloReport) -> str:
    facts = [
        f"- {name}: {value}"
        for name, value in (
            ("Window", f"{show.window(line.period)}, {show.percent(line.coverage)} of it with data"),
            ("Budget", show.balance(line)),
            ("Whole window", show.full_window(line)),
            ("Runs out", show.exhaustion(line)),
            ("Burn", _burns(line)),
            ("Budget left over time", _spark(line.curve)),
            ("Spent outside incidents", show.amount(line.background, line.unit)),
            ("Worst days", show.worst_days(line)),
            ("Worst hours", show.worst_hours(line)),
            ("Runbook", line.runbook_url),
        )
        if value and line.state != "no_data"
    ]
    return "\n\n".join(
        part
        for part in (
            f"## {MARKS[line.state]} {_title(line)}",
            f"{_text(show.verdict(line))}.",
            "\n".join(facts),
            _incidents(line),
            _list("Spent without an alarm", _missed(line)),
            _list("Know that", line.warnings),
        )
        if part
    )


def _title(line: SloReport) -> str:
    """The name a reader knows, and the one that files, alarms and the gate use."""
    name, label = _text(line.slo.display_name), f"`{line.label}`"
    return label if line.slo.display_name == line.label else f"{name} ({label})"


def _burns(line: SloReport) -> str:
    return ", ".join(f"{show.rate(b.rate)} over {show.duration(b.seconds)}" for b in line.burns)


def _incidents(line: SloReport) -> str:
    if not line.incidents:
        return ""
    head = ("Severity", "Began", "Fired", "Budget spent", "Alarm")
    rows = [_incident(one, line) for one in line.incidents]
    origin = {"alarm history": "from the alarm history", "computed from the data": "computed from the data"}
    return f"{_table(head, rows)}\n\nIncidents {origin[line.incidents[0].source]}."


def _incident(one: Incident, line: SloReport) -> tuple[str, ...]:
    return (
        one.severity,
        show.moment(one.start, line.period.zone),
        "; ".join(show.fired(f, line.period.zone) for f in one.fired),
        f"{show.amount(one.spent, line.unit)} ({show.percent_spent(one.spent_share)})",
        ", ".join(f"`{name}`" for name in one.alarms),
    )


def _missed(line: SloReport) -> list[str]:
    shown = [
        f"the hour from {show.moment(b.start, line.period.zone)}: "
        f"{show.percent_spent(b.spent_share)} of the budget"
        for b in line.misses[: show.MISSES]
    ]
    more = len(line.misses) - len(shown)
    return [*shown, *([f"and {more} more"] if more else [])]


def _spark(curve: Curve | None) -> str:
    """Budget left from the first data to now, in at most 30 signs; full height is all of it."""
    if curve is None:
        return ""
    step = -(-len(curve.left) // 30)
    shown = curve.left[step - 1 :: step] or curve.left[-1:]
    return "".join(_BARS[min(max(int(v * len(_BARS)), 0), len(_BARS) - 1)] for v in shown)


def _alarms(report: Report) -> str:
    if not (told := show.told(report)):
        return ""
    rows = [(f"`{a.name}`", a.severity, show.firings(a), str(a.without_loss)) for a in report.alarms]
    table = _table(("Alarm", "Severity", "Fired", "Without budget loss"), rows) if rows else ""
    return "\n\n".join(part for part in ("## Alarms", f"{told}.", table) if part)


def _list(title: str, items: Sequence[str]) -> str:
    return "\n".join([f"**{title}**", "", *(f"- {_text(item)}" for item in items)]) if items else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _text(text: str) -> str:
    """Words of a person's, which may hold signs that Markdown or HTML read; `@here` calls nobody."""
    text = text.replace("&", "&amp;").replace("@", "@\u200b")
    for sign in "\\`*_[]<>|~":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
