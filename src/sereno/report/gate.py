"""The gate: what the error-budget policies say about a release, from exact figures only.

A rule on `budgetLeft` holds at or below it, one on `burn` strictly above it. Of several rules and
policies the strictest speaks. "No data" is judged by the policy's own `noData`, never as spent or
as fine. An override turns a freeze of its SLO into a warning, with the name of who took it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from sereno.language.covering import applies, matches
from sereno.language.model import BudgetPolicy, BudgetRule, GateAction
from sereno.report.model import Gate, SloReport, Verdict
from sereno.report.show import budget, day, duration, percent, rate
from sereno.report.words import plain

# For SLOs that no BudgetPolicy matches: releases stop when a budget is spent.
DEFAULT: Final = BudgetPolicy(
    name="default",
    description="Releases stop while an error budget is spent.",
    rules=(BudgetRule(action="freeze", left=Decimal(0)),),
)
_STRICT: Final[dict[GateAction, int]] = {"allow": 0, "warn": 1, "freeze": 2}


def decide(lines: Sequence[SloReport], policies: Sequence[BudgetPolicy], at: int) -> Gate:
    """The strictest verdict of all policies over all SLOs they match, and its reason as a sentence.

    Of verdicts alike the first is told, so that the SLO most at risk comes first in `lines`.
    An SLO that no policy matches is judged by `DEFAULT`: a slip in `match` must not open the gate.
    """
    judged = [_verdict(line, policy, at) for line in lines for policy in _policies(line, policies)]
    if not judged:
        return Gate("allow", "allow, as every SLO is exempt" if lines else "allow, as there is no SLO", ())
    worst = max(judged, key=lambda v: _STRICT[v.action])
    silent = sum(line.budget_left_ratio is None for line in lines)
    return Gate(worst.action, _sentence(worst, judged, silent), tuple(judged))


def _policies(line: SloReport, policies: Sequence[BudgetPolicy]) -> Sequence[BudgetPolicy]:
    if not any(matches(policy, line.slo) for policy in policies):
        return (DEFAULT,)
    return [policy for policy in policies if applies(policy, line.slo)]


def windows(policies: Iterable[BudgetPolicy]) -> tuple[int, ...]:
    """The burn windows, in seconds, that the rules ask for."""
    return tuple(dict.fromkeys(r.over for p in policies for r in p.rules if r.over is not None))


def _verdict(line: SloReport, policy: BudgetPolicy, at: int) -> Verdict:
    action, reason = _judge(line, policy)
    if action != "freeze":
        return Verdict(label=line.label, policy=policy.name, action=action, reason=reason)
    override = next((o for o in policy.overrides if o.slo == line.name and at < o.until), None)
    if override is None:
        return Verdict(label=line.label, policy=policy.name, action=action, reason=reason)
    taken = plain(f"{reason}; {override.by} lets it through until {day(override.until)}: {override.reason}")
    return Verdict(label=line.label, policy=policy.name, action="warn", reason=taken, overridden=action)


def _judge(line: SloReport, policy: BudgetPolicy) -> tuple[GateAction, str]:
    if line.budget_left_ratio is None:
        return policy.no_data, line.unavailable or "no data, so nothing can be said of its budget"
    holding = [
        (rule.action, why) for rule in policy.rules if (why := _holds(rule, line, line.budget_left_ratio))
    ]
    if not holding:
        return "allow", budget(line.budget_left_ratio)
    return max(holding, key=lambda found: _STRICT[found[0]])


def _holds(rule: BudgetRule, line: SloReport, left: Fraction) -> str:
    """Why the rule holds, or an empty text."""
    if rule.left is not None:
        limit = f", the limit is {percent(Fraction(rule.left))}" if left > 0 else ""
        return f"{budget(left)}{limit}" if left <= rule.left else ""
    burn = next((b.rate for b in line.burns if b.seconds == rule.over), None)
    if burn is None or rule.burn is None or rule.over is None or burn <= rule.burn:
        return ""
    return f"it burns {rate(burn)} over {duration(rule.over)}, more than {rule.burn.normalize():f}x"


def _sentence(worst: Verdict, judged: Sequence[Verdict], silent: int) -> str:
    alike = list(dict.fromkeys(v.label for v in judged if v.action == worst.action))
    loud = f" ({silent} {'SLO has' if silent == 1 else 'SLOs have'} no data)" if silent else ""
    if worst.action == "allow":
        return f"allow, as no rule of the budget policy holds{loud}"
    more = f" and {len(alike) - 1} more" if len(alike) > 1 else ""
    return f"{worst.action} for {worst.label} ({worst.reason}){more}, says policy {worst.policy}{loud}"
