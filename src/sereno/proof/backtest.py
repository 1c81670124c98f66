"""An alert policy against a history: rules side by side, and the ones a search would suggest."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from sereno.engine.burn import Pair
from sereno.language.budget import spent_at_alert
from sereno.language.durations import seconds
from sereno.language.model import MINUTE, Alert, Slo
from sereno.language.names import window as short
from sereno.proof.history import Bools, Budget, History
from sereno.proof.rules import BurnRule, Rule, RuleFault, Severity, StaticRule, candidates, firing
from sereno.proof.scoring import Incident, Score, median, score

SIGNIFICANT: Final[Mapping[Severity, Fraction]] = {"page": Fraction(2, 100), "ticket": Fraction(10, 100)}
STATIC: Final = ">1% 2of3 5m"  # what is written where nobody thought of a budget
BEST: Final = 5  # suggestions shown


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One rule and how it did; `fires` is a yes or no a minute."""

    rule: Rule
    score: Score
    fires: Bools


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """`significance`: the share of the budget from which an incident counts, by severity."""

    subject: str
    history: History
    incidents: tuple[Incident, ...]
    budget: Budget | None
    significance: Mapping[Severity, Fraction]
    lines: tuple[Line, ...]
    wanted: str = ""  # what suggestions were searched for; empty: nothing
    suggested: tuple[Line, ...] = ()


def backtest(
    subject: str,
    history: History,
    rules: Sequence[Rule],
    *,
    budget: Budget | None,
    incidents: Sequence[Incident] = (),
    significance: Mapping[Severity, Fraction] = SIGNIFICANT,
    wanted: str = "",
) -> Backtest:
    """Every rule scored. `wanted` searches for burn rates: see `suggest`. Raises `RuleFault`."""
    score_ = _scorer(history, incidents, budget, significance)
    lines = tuple(score_(rule) for rule in rules)
    found = suggest(wanted, score_) if wanted else ()
    return Backtest(subject, history, tuple(incidents), budget, significance, lines, wanted, found)


def _scorer(
    history: History,
    incidents: Sequence[Incident],
    budget: Budget | None,
    significance: Mapping[Severity, Fraction],
) -> Callable[[Rule], Line]:
    def line(rule: Rule) -> Line:
        fires = firing(rule, history, budget.target if budget else Fraction(0))
        least = significance[rule.severity]
        return Line(rule, score(fires, history, incidents, budget, least, _lookback(rule)), fires)

    return line


def _lookback(rule: Rule) -> int:
    """The minutes before a firing that it has seen."""
    if isinstance(rule, StaticRule):
        return rule.period * rule.n
    return max(pair.long_window for pair in rule.pairs)


def declared(slo: Slo) -> tuple[Rule, ...]:
    """The SLO's own policies, a rule a severity."""
    return _by_severity("declared", slo)


def _by_severity(name: str, slo: Slo) -> tuple[Rule, ...]:
    severities = dict.fromkeys(pair.severity for pair in slo.policies)
    return tuple(
        BurnRule(
            f"{name} {severity}",
            tuple(
                Pair(
                    p.long // MINUTE,
                    p.short // MINUTE,
                    p.burn,
                    inclusive=p.inclusive,
                    minimum_bad=p.minimum_bad,
                )
                for p in slo.policies
                if p.severity == severity
            ),
            severity,
        )
        for severity in severities
    )


def declared_alert(alert: Alert) -> Rule:
    """A threshold alert's own condition, over the value it watches."""
    return StaticRule(
        "declared",
        alert.op,
        alert.threshold,
        max(1, alert.period // MINUTE),
        alert.datapoints,
        alert.evaluation_periods,
        alert.severity,
        alert.missing,
    )


def significance_of(slo: Slo) -> dict[Severity, Fraction]:
    """What an incident must spend to count: what the severity's most sensitive pair promises to see."""
    found = dict(SIGNIFICANT)
    for severity in SIGNIFICANT:
        shares = [
            spent_at_alert(p.burn, p.long, slo.window.seconds) for p in slo.policies if p.severity == severity
        ]
        found[severity] = min(shares, default=SIGNIFICANT[severity])
    return found


_WISH: Final = re.compile(r"\s*(precision|recall|detection|reset|pages)\s*(>=|<=)\s*(\S+)\s*")


def suggest(wanted: str, score_: Callable[[Rule], Line]) -> tuple[Line, ...]:
    """The best burn-rate pairs that meet `precision >= 0.9, detection <= 30m`: most recall, then soonest.

    `detection` and `reset` are medians, `pages` is per week. Raises `RuleFault` for another wish.
    """
    wishes = [_wish(part) for part in wanted.split(",")]
    lines = [line for line in map(score_, candidates()) if all(wish(line.score) for wish in wishes)]
    return tuple(sorted(lines, key=lambda line: _worth(line.score))[:BEST])


def _worth(score_: Score) -> tuple[Fraction, Fraction, Fraction]:
    detection = median(score_.detection)
    return (
        -(score_.recall or Fraction(0)),
        Fraction(10**9) if detection is None else detection,
        score_.pages_a_week,
    )


def _wish(text: str) -> Callable[[Score], bool]:
    found = _WISH.fullmatch(text)
    if found is None:
        raise RuleFault(
            f"`{text.strip()}` is no wish: write precision >= 0.9, recall >= 0.8 or detection <= 30m"
        )
    what, op, limit = found[1], found[2], _limit(text, found[3])

    def holds(score_: Score) -> bool:
        figure = _figure(score_, what)
        return figure is not None and (figure >= limit if op == ">=" else figure <= limit)

    return holds


def _limit(text: str, word: str) -> Fraction:
    if (length := seconds(word)) is not None:
        return Fraction(length, MINUTE)
    try:
        return Fraction(word.removesuffix("%")) / (100 if word.endswith("%") else 1)
    except (ValueError, ZeroDivisionError):
        raise RuleFault(f"`{text.strip()}`: `{word}` is no number and no time such as 30m") from None


def _figure(score_: Score, what: str) -> Fraction | None:
    figures = {
        "precision": score_.precision,
        "recall": score_.recall,
        "detection": median(score_.detection),
        "reset": median(score_.reset),
        "pages": score_.pages_a_week,
    }
    return figures[what]


def span(minutes: int) -> str:
    """`1h30m`, `6m`: minutes for a person."""
    hours, rest = divmod(minutes, 60)
    return short(minutes * 60) if not hours or not rest else f"{hours}h{rest}m"
