"""Which SLOs an error-budget policy is about, and what of them it tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sereno.language.model import BudgetPolicy, GateAction, Severity, Slo


def matches(policy: BudgetPolicy, slo: Slo) -> bool:
    """Whether the SLO has every label of `match`: the policy speaks of it, if only to exempt it."""
    return _within(policy.match, _labels(slo))


def applies(policy: BudgetPolicy, slo: Slo) -> bool:
    """Whether the SLO has every label of `match`, and not every one of a non-empty `exempt`."""
    exempt = policy.exempt and _within(policy.exempt, _labels(slo))
    return matches(policy, slo) and not exempt


def _labels(slo: Slo) -> Mapping[str, str]:
    return {"service": slo.service, "slo": slo.name, "owner": slo.owner, **slo.labels}


def _within(wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return all(labels.get(name) == value for name, value in wanted.items())


@dataclass(frozen=True, slots=True)
class Telling:
    """Somebody is told, by the routes of a severity, when at most this share of a budget is left."""

    policy: BudgetPolicy
    action: GateAction
    left: Decimal
    severity: Severity


def told(policies: Sequence[BudgetPolicy], slo: Slo) -> Iterator[Telling]:
    """Of an SLO, each share once: of the first policy that says it."""
    seen: set[Decimal] = set()
    for policy in policies:
        for rule in policy.rules if applies(policy, slo) else ():
            if rule.notify and rule.left is not None and rule.left not in seen:
                seen.add(rule.left)
                yield Telling(policy, rule.action, rule.left, rule.notify)
