"""What the report says: figures only, frozen and exact. Renderers read it and decide nothing.

Counts are `Fraction` in the SLO's unit: events (Occurrences of counts), minutes (Timeslices,
RatioTimeslices, thresholds, raw shares), or shares of the whole budget (a composite counted by
Occurrences). `None` stands for "no data", which is never 0 and never 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from sereno.language.model import DAY, Budgeting, GateAction, Severity, Slo

State = Literal["met", "at_risk", "breached", "no_data"]
Unit = Literal["events", "minutes", "share"]
Source = Literal["alarm history", "computed from the data"]

# Those without slots travel between processes (`halves.py`), where a `__dict__` is pickled much faster.

# At or below this share of the budget left, an SLO that is still met is at risk.
AT_RISK = Fraction(1, 4)


@dataclass(frozen=True, slots=True)
class Period:
    """[start, end) in epoch seconds, and its name: `30d`, `1M`, `month`.

    A calendar window `closes` at its own end, of which [start, end) is what has passed; None: it rolls.
    """

    start: int
    end: int
    text: str
    zone: str = "UTC"
    closes: int | None = None

    @property
    def seconds(self) -> int:
        return self.end - self.start

    @property
    def remaining(self) -> int:
        """Seconds of a calendar window that are still to come."""
        return 0 if self.closes is None else max(self.closes - self.end, 0)


@dataclass(frozen=True)
class Tally:
    """What was bad, of how much: `units / scale` in the SLO's unit, made a `Fraction` where it is read."""

    bad_units: int | Fraction
    total_units: int | Fraction
    scale: int = 1

    @property
    def bad(self) -> Fraction:
        return Fraction(self.bad_units, self.scale)

    @property
    def total(self) -> Fraction:
        return Fraction(self.total_units, self.scale)

    @property
    def attainment(self) -> Fraction | None:
        """The share that was good, from 0 to 1; None when nothing was counted.

        The mean burn of a composite's objectives can spend more than all that there is.
        """
        if not self.total_units:
            return None
        return min(max(1 - Fraction(self.bad_units, self.total_units), Fraction(0)), Fraction(1))


@dataclass(frozen=True)
class Bin:
    """A day or an hour: what was counted in it, and what of that spent the window's budget."""

    start: int
    end: int
    tally: Tally
    units: int | Fraction
    unit_share: Fraction  # of the whole budget, that one unit spends

    @property
    def spent_share(self) -> Fraction:
        """The share of the window's whole budget it spent."""
        return self.units * self.unit_share


@dataclass(frozen=True)
class Bins:
    """Neighbouring bins, one column a figure: a bin is made where it is read."""

    edges: Sequence[int]  # one more than there are bins
    bads: Sequence[int | Fraction]
    totals: Sequence[int | Fraction]
    scale: int
    units: Sequence[int | Fraction]
    unit_share: Fraction

    @property
    def counted(self) -> bool:
        """Whether bad and total are whole numbers of events, as they stand."""
        return self.scale == 1 and all(type(bad) is int for bad in self.bads)

    def __len__(self) -> int:
        return len(self.bads)

    def __iter__(self) -> Iterator[Bin]:
        return map(self.at, range(len(self)))

    def at(self, i: int) -> Bin:
        tally = Tally(self.bads[i], self.totals[i], self.scale)
        return Bin(self.edges[i], self.edges[i + 1], tally, self.units[i], self.unit_share)


@dataclass(frozen=True)
class Burn:
    """Budget speed over the last `seconds`: 1 spends exactly the budget in exactly the window."""

    seconds: int
    rate: Fraction | None
    tally: Tally


@dataclass(frozen=True, slots=True)
class Fired:
    """When the alarm of one severity fired in an incident: from its first time to the end of its last."""

    severity: Severity
    start: int
    end: int | None  # None: still firing


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A time in which the SLO's burn alarms fired, and the budget that went with it.

    `onset` is where the burning began that led to the alarm; the budget is counted from there.
    """

    onset: int
    start: int
    end: int | None  # None: one of its alarms is still firing
    severity: Severity  # the worst
    fired: tuple[Fired, ...]  # each severity, pages first
    alarms: tuple[str, ...]  # live names
    spent: Fraction
    spent_share: Fraction
    source: Source


@dataclass(frozen=True)
class Curve:
    """For pictures only (rounded): bin starts, budget left at each bin's end, burn rate in each."""

    start: int
    step: int
    left: tuple[float, ...]
    burn: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class SloReport:
    """One objective of one SLO over its window.

    `budget_total` is of what was counted; in a calendar window of minutes, of those to come as well.
    """

    slo: Slo
    objective: str  # empty when the SLO has one
    target: Fraction
    budgeting: Budgeting
    period: Period
    unit: Unit
    tally: Tally
    attainment: Fraction | None
    budget_total: Fraction | None
    budget_spent: Fraction | None
    budget_left_ratio: Fraction | None
    state: State
    coverage: Fraction
    burns: tuple[Burn, ...]  # 1 h, 6 h, 3 d, then what the budget policies ask for
    exhausts_in: int | None  # seconds at the 6 h rate; None: not at this rate, or not in this calendar window
    previous: Fraction | None  # attainment of the window before
    days: Bins
    worst_days: tuple[Bin, ...]
    worst_hours: tuple[Bin, ...]
    incidents: tuple[Incident, ...]
    background: Fraction | None  # budget spent outside incidents
    misses: tuple[Bin, ...]  # hours that spent much and that no alarm saw
    curve: Curve | None
    warnings: tuple[str, ...]
    unavailable: str  # why the data could not be asked for; empty when it could
    runbook_url: str

    @property
    def name(self) -> str:
        return self.slo.name

    @property
    def label(self) -> str:
        """The SLO's name, with its objective where it has several."""
        return f"{self.slo.name}/{self.objective}" if self.objective else self.slo.name

    @property
    def seen(self) -> Fraction:
        """The share of the whole window that has data; what is still to come of a calendar's has none."""
        return self.coverage * self.period.seconds / ((self.period.seconds + self.period.remaining) or 1)

    @property
    def by_whole_window(self) -> bool:
        """Whether the budget is that of the whole calendar window, a part of which is still to come."""
        return self.unit == "minutes" and self.period.remaining > 0

    @property
    def spent_of_full_window(self) -> Fraction | None:
        """What was spent, as a share of the budget that the whole window would have at the traffic seen.

        None where that is what was spent: the whole window has data, or its budget is known in advance;
        and without data.
        """
        known = self.by_whole_window or self.seen == 1
        if not self.budget_total or self.budget_spent is None or known:
            return None
        return self.budget_spent / self.budget_total * self.seen

    @property
    def trend(self) -> Fraction | None:
        """Attainment now less that of the window before."""
        both = self.attainment is not None and self.previous is not None
        return self.attainment - self.previous if both else None  # type: ignore[operator]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one policy says about one SLO; `overridden` is what it said before an override."""

    label: str
    policy: str
    action: GateAction
    reason: str
    overridden: GateAction | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """What the error-budget policies say about a release now: the strictest of all verdicts, and why."""

    action: GateAction
    sentence: str
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmCount:
    """How often one alarm fired in the report's widest window, and whether budget went with it."""

    name: str  # the live name
    severity: Severity
    fired: int
    without_loss: int  # firings in which no SLO of its service lost budget: noise
    held: int = 0  # firings of which nobody was told, since a faster alarm or an inhibitor fired


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole: SLOs by risk, the most endangered first."""

    project: str
    environment: str
    at: int
    zone: str
    slos: tuple[SloReport, ...]
    alarms: tuple[AlarmCount, ...]
    pages: int | None  # in `watched` seconds; None: the alarm history could not be read
    tickets: int | None
    watched: int  # seconds of the widest window that have data, and of which alarms are known
    gate: Gate
    warnings: tuple[str, ...]

    def per_week(self, fired: int | None) -> Fraction | None:
        """None also when less than a week was watched: from an hour no week can be told."""
        return None if fired is None or self.watched < 7 * DAY else Fraction(fired * 7 * DAY, self.watched)

    def count(self, state: State) -> int:
        return sum(s.state == state for s in self.slos)
