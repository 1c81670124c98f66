"""The gate: what the budget policies say, by exact figures, and in which words."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from sereno.language.model import (
    DAY,
    HOUR,
    BudgetAdjustment,
    BudgetOverride,
    BudgetPolicy,
    BudgetRule,
    GateAction,
)
from sereno.report.figures import report_series
from sereno.report.model import Gate, Report
from sereno.report.series import Series
from sereno.vendors.backend import Unavailable
from tests.report.world import AT, counts, slo, system

SPENT = BudgetRule(action="freeze", left=Decimal(0))
QUARTER = BudgetRule(action="warn", left=Decimal("0.25"))
FAST = BudgetRule(action="warn", burn=Decimal(6), over=12 * HOUR)
HERE = AT - DAY


def policy(*rules: BudgetRule, **changes: object) -> BudgetPolicy:
    return BudgetPolicy(name="release", description="", rules=rules or (SPENT,), **changes)  # type: ignore[arg-type]


def spent(bad: int, at: int = HERE) -> Series:
    """A million requests a day ago, of which a thousand may fail."""
    return counts(lambda t: 1_000_000 * (t == at), lambda t: bad * (t == at))


def report(series: Series | Unavailable, *policies: BudgetPolicy, **changes: object) -> Report:
    world = system(slo(policies=(), **changes), budget_policies=policies)  # type: ignore[arg-type]
    return report_series(world, {("checkout", ""): series}, (), at=AT)


def gate(series: Series | Unavailable, *policies: BudgetPolicy, **changes: object) -> Gate:
    return report(series, *policies, **changes).gate


@pytest.mark.parametrize(
    ("bad", "action", "sentence"),
    [
        pytest.param(999, "warn", "0.1 % of the budget is left, the limit is 25 %", id="a failure is left"),
        pytest.param(1000, "freeze", "the budget is spent", id="nothing is left"),
        pytest.param(1001, "freeze", "the budget is overspent by 0.1 %", id="overspent"),
        pytest.param(750, "warn", "25 % of the budget is left, the limit is 25 %", id="at the limit"),
    ],
)
def test_rules_hold_at_exact_numbers_and_the_strictest_speaks(
    bad: int, action: GateAction, sentence: str
) -> None:
    found = gate(spent(bad), policy(QUARTER, SPENT))
    assert (action, f"{action} for checkout ({sentence}), says policy release") == (
        found.action,
        found.sentence,
    )


def test_a_burn_just_above_its_limit_is_not_told_as_the_limit() -> None:
    """Of a million requests at 99.9 % 6,001 bad are a burn of 6.001."""
    found = gate(
        counts(lambda t: 1_000_000 * (t == AT - HOUR), lambda t: 6001 * (t == AT - HOUR)), policy(FAST)
    )
    assert "it burns 6.01x over 12 h, more than 6x" in found.sentence


def test_a_healthy_budget_lets_releases_through() -> None:
    found = gate(spent(749), policy(QUARTER, SPENT))
    assert (found.action, found.sentence) == ("allow", "allow, as no rule of the budget policy holds")


def test_without_a_policy_a_spent_budget_freezes() -> None:
    assert ((found := gate(spent(1000))).action, found.verdicts[0].policy) == ("freeze", "default")


@pytest.mark.parametrize(("bad", "action"), [(6_000, "allow"), (6_001, "warn")])
def test_a_burn_rule_holds_strictly_above_its_rate_over_its_own_time(bad: int, action: GateAction) -> None:
    """In the last 12 h a million requests at 99.9 %: 6,000 bad are a burn of exactly 6."""
    assert action == gate(spent(bad, at=AT - 12 * HOUR), policy(FAST)).action


@pytest.mark.parametrize("action", ["allow", "warn", "freeze"])
def test_no_data_is_judged_by_its_own_rule_and_said_loudly(action: GateAction) -> None:
    found = gate(Unavailable("throttled"), policy(no_data=action))
    assert action == found.action
    assert found.sentence.endswith("(1 SLO has no data)")


@pytest.mark.parametrize(
    ("match", "exempt", "action"),
    [
        pytest.param({}, {}, "freeze", id="a policy without match is for every SLO"),
        pytest.param({"tier": "gold"}, {}, "freeze", id="a label that is the SLO's"),
        pytest.param({"service": "shop"}, {}, "freeze", id="its service"),
        pytest.param({}, {"tier": "gold"}, "allow", id="exempt"),
        pytest.param({}, {"tier": "gold", "service": "other"}, "freeze", id="not exempt by half"),
    ],
)
def test_which_slos_a_policy_is_for(
    match: dict[str, str], exempt: dict[str, str], action: GateAction
) -> None:
    found = gate(spent(1000), policy(match=match, exempt=exempt), labels={"tier": "gold"})
    assert action == found.action


@pytest.mark.parametrize(
    "match",
    [
        pytest.param({"service": "shpo"}, id="a slip in the service"),
        pytest.param({"slo": "zzz"}, id="an SLO that is gone"),
        pytest.param({"tier": "gold", "service": "other"}, id="every label must be the SLO's"),
    ],
)
def test_an_slo_that_no_policy_matches_is_judged_as_if_there_were_none(match: dict[str, str]) -> None:
    found = gate(spent(1000), policy(match=match), labels={"tier": "gold"})
    assert found.sentence == "freeze for checkout (the budget is spent), says policy default"


def test_an_exempt_slo_is_not_judged_by_the_default_either() -> None:
    found = gate(spent(1000), policy(exempt={"service": "shop"}))
    assert (found.action, found.sentence) == ("allow", "allow, as every SLO is exempt")


@pytest.mark.parametrize(
    ("slo_name", "until", "action"),
    [
        pytest.param("checkout", AT + 1, "warn", id="until a second from now"),
        pytest.param("checkout", AT, "freeze", id="it ended now"),
        pytest.param("other", AT + DAY, "freeze", id="another SLO's"),
    ],
)
def test_an_override_lets_through_with_a_name_until_its_end(
    slo_name: str, until: int, action: GateAction
) -> None:
    taken = BudgetOverride(slo=slo_name, by="Ada", reason="the fix itself", until=until)
    found = gate(spent(1000), policy(overrides=(taken,)))
    assert action == found.action
    assert ("Ada lets it through" in found.sentence) == (action == "warn")


def test_declared_maintenance_spends_nothing_and_is_reported() -> None:
    declared = BudgetAdjustment(slos=("checkout",), start=HERE, end=HERE + HOUR, reason="PostgreSQL 17")
    made = report(spent(1000), policy(adjustments=(declared,)))
    assert ("allow", Fraction(0)) == (made.gate.action, made.slos[0].budget_spent)
    assert (
        "maintenance 2026-02-28 00:00 UTC to 2026-02-28 01:00 UTC (PostgreSQL 17): "
        "1,000 events not counted as bad" in made.slos[0].warnings
    )


def test_maintenance_of_another_slo_or_time_changes_nothing() -> None:
    other = BudgetAdjustment(slos=("other",), start=HERE, end=HERE + HOUR, reason="x")
    later = BudgetAdjustment(slos=("checkout",), start=HERE + 1, end=AT, reason="x")
    made = report(spent(1000), policy(adjustments=(other, later)))
    assert (Fraction(1000), ()) == (made.slos[0].budget_spent, made.slos[0].warnings[1:])


def test_the_sentence_counts_the_others() -> None:
    slos = [slo(n, policies=()) for n in ("a", "b", "c")]
    readings = {(n, ""): spent(1000) for n in ("a", "b", "c")}
    made = report_series(system(*slos, budget_policies=[policy()]), readings, (), at=AT)
    assert made.gate.sentence == "freeze for a (the budget is spent) and 2 more, says policy release"


def test_the_sentence_names_the_worst_first_whatever_the_order_in_yaml() -> None:
    slos = [slo(n, policies=()) for n in ("a", "b")]
    readings = {("a", ""): spent(1_000), ("b", ""): spent(5_000)}
    made = report_series(system(*slos, budget_policies=[policy()]), readings, (), at=AT)
    assert made.gate.sentence == (
        "freeze for b (the budget is overspent by 400 %) and 1 more, says policy release"
    )
