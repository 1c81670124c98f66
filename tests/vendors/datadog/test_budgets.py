"""Somebody is told when so much of an error budget is left."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from sereno.language.model import (
    AlertTest,
    BudgetRule,
    ExpectedState,
    InputSeries,
    System,
)
from sereno.proof.judge import judge
from sereno.vendors import cloudwatch
from sereno.vendors.datadog import compile as compiled
from tests.vendors.datadog.conftest import Account
from tests.vendors.datadog.systems import BUDGETS, SHOP
from tests.vendors.systems import LATENCY

QUARTER = "slo/orders-latency/budget-25"
TOLD = replace(SHOP, budget_policies=(BUDGETS,))


def rules(*given: BudgetRule, **changes: Any) -> System:
    return replace(SHOP, budget_policies=(replace(BUDGETS, rules=given, **changes),))


def left(share: str, notify: Any = "ticket") -> BudgetRule:
    return BudgetRule(action="warn", left=Decimal(share), notify=notify)


def made(system: System) -> dict[str, dict[str, Any]]:
    return {r.address: dict(r.body) for r in compiled(system)[0] if "/budget-" in r.address}


def test_a_monitor_of_each_slo_for_each_share_that_somebody_is_told_of() -> None:
    assert {address: body["query"] for address, body in made(TOLD).items()} == {
        f"slo/{slo}/budget-{left}": f'error_budget("${{slo/{slo}}}").over("30d") >= {spent}'
        for slo in ("orders-availability", "orders-latency")
        for left, spent in (("25", "75"), ("0", "100"))
    }


def test_the_body_says_what_to_do_and_whom_it_tells() -> None:
    body = made(TOLD)[QUARTER]

    assert body["name"] == "Orders latency: 25 % of the error budget left"
    assert body["options"]["thresholds"] == {"critical": 75.0}
    assert body["priority"] == 4
    assert body["message"].splitlines()[0] == (
        "25 % or less of the error budget of Orders latency is left over 30d: warn, says releases."
        " Mends before features."
    )
    assert body["message"].splitlines()[-1] == "{{#is_alert}}@slack-shop-tickets{{/is_alert}}"
    assert {"severity:ticket", "slo:orders-latency", "team:team-shop", "service:shop"} <= set(body["tags"])


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        (rules(left("0.125")), {"budget-12.5"}),
        (rules(left("0.25", None)), set()),
        (rules(BudgetRule(action="warn", burn=Decimal(6), over=3_600)), set()),
        (rules(left("0.25"), match={"service": "other"}), set()),
        (rules(left("0.25"), exempt={"team": "shop"}), set()),
        (rules(left("0.25"), left("0.250", "page")), {"budget-25"}),
    ],
    ids=[
        "an eighth",
        "a rule that tells nobody",
        "a rule on a burn rate",
        "a policy of other SLOs",
        "SLOs that are exempt",
        "a share that is named twice is told as named first",
    ],
)
def test_which_rules_tell(system: System, expected: set[str]) -> None:
    assert {address.rpartition("/")[2] for address in made(system)} == expected


def test_an_objective_each() -> None:
    two = tuple(replace(LATENCY.objectives[0], name=name, target=target) for name, target in TARGETS)
    system = replace(TOLD, slos=(replace(LATENCY, objectives=two),), alerts=(), dashboards=())

    assert {a for a in made(system) if a.endswith("25")} == {
        "slo/orders-latency/most/budget-25",
        "slo/orders-latency/nearly-all/budget-25",
    }
    assert all("(most)" in b["name"] for a, b in made(system).items() if "/most/" in a)


TARGETS = (("most", Decimal("0.96")), ("nearly-all", Decimal("0.99")))


def test_a_share_of_all_is_refused_before_datadog_does() -> None:
    found = [p.help for p in compiled(rules(left("1")))[1] if p.code == "dd-budget-spent"]

    assert found == ["tell of a budget below 1"] * 2


def test_cloudwatch_says_that_it_tells_nobody() -> None:
    aws = replace(TOLD, environment=replace(TOLD.environment, backend="cloudwatch"))

    assert [p.code for p in cloudwatch.compile(aws)[1] if "budget" in p.code] == ["cw-no-budget-alarm"]
    assert [p for p in cloudwatch.compile(rules(left("0.25", None)))[1] if "budget" in p.code] == []
    assert all("/budget-" not in resource.address for resource in cloudwatch.compile(aws)[0])


def test_round_trip(account: Account) -> None:
    assert account.applied(TOLD, TOLD) == []
    assert account.steps(TOLD, TOLD) == ()
    less = rules(left("0.2"))
    assert {
        (c.verb, c.resource.address) for c in account.steps(TOLD, less) if "latency" in c.resource.address
    } == {
        ("create", "slo/orders-latency/budget-20"),
        ("delete", "slo/orders-latency/budget-25"),
        ("delete", "slo/orders-latency/budget-0"),
    }
    assert account.applied(TOLD, SHOP) == []
    assert all("error_budget" not in monitor["query"] for monitor in account.fake.monitors.values())


def test_a_mute_of_the_routes_holds_for_it_and_a_dashboard_shows_it() -> None:
    (dashboard,) = [r.body for r in compiled(TOLD)[0] if r.kind == "dashboard"]

    assert "sereno_mute:nights" in made(TOLD)[QUARTER]["tags"]
    assert f'tag:\\"sereno_address:{QUARTER}\\"' in str(dashboard).replace('"', '\\"')


def test_nobody_to_tell_is_said_at_the_policy() -> None:
    (slo,) = [p for p in compiled(replace(TOLD, routes=None))[1] if p.where == BUDGETS.where]

    assert slo.code == "dd-nobody"


def expected(minute: int, state: Any) -> ExpectedState:
    at = minute * 60
    return ExpectedState(at=at, alert=QUARTER, state=state, backends=("datadog",), receivers=None)


def test_an_alert_test_over_the_whole_window() -> None:
    """4 % may be bad: half of a day's events are 1/60 of the month, 41.7 % of the budget a day."""
    series = (
        InputSeries(values="100x43199 100x4319", signal="orders-answered"),
        InputSeries(values="100x43199 50x4319", signal="orders-fast"),
    )
    test = AlertTest(
        name="month",
        description="",
        interval=60,
        series=series,
        expected=(expected(45_791, "OK"), expected(45_792, "ALARM"), expected(47_520, "ALARM")),
    )
    found, problems = judge(TOLD, "datadog")[0].run([test])

    assert problems == ()
    assert [outcome.wrong for run in found for outcome in run.outcomes] == [(), (), ()]
