"""What each construct becomes on Datadog, and what cannot be said there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from sereno.language.expr import Binary, Name, Number
from sereno.language.model import (
    AlarmState,
    Alert,
    Anomaly,
    DatadogMetric,
    Objective,
    Panel,
    Ratio,
    RawRatio,
    Signal,
    Slo,
    System,
    Threshold,
    Window,
)
from sereno.language.problem import Problem
from sereno.vendors.datadog import compile as compiled
from sereno.vendors.datadog import messages
from tests.vendors.datadog.systems import BUDGETS, SHOP, SIGNALS
from tests.vendors.systems import AVAILABILITY, DASHBOARD, DLQ, FAILED, LATENCY, PAGE_FAST, SLOW, TICKET


def made(system: System, address: str) -> Mapping[str, Any]:
    """The body under an address."""
    return next(r.body for r in compiled(system)[0] if r.address == address)


def of_slo(slo: Slo) -> System:
    return replace(SHOP, slos=(slo,), alerts=(), dashboards=())


def of_alert(alert: Alert, **signals: Signal) -> System:
    return replace(SHOP, slos=(), alerts=(alert,), dashboards=(), signals={**SIGNALS, **signals})


def said(system: System, code: str) -> list[str]:
    return [problem.message for problem in compiled(system)[1] if problem.code == code]


def counting(op: str, threshold: float, m: int, n: int, period: int = 60, **more: Any) -> Alert:
    """An alert on a count."""
    return replace(
        DLQ,
        signal="orders",
        op=op,
        threshold=Decimal(str(threshold)),
        datapoints=m,
        evaluation_periods=n,
        period=period,
        **more,
    )


ORDERS = "sum:shop.orders{service:shop,env:test}.as_count()"
WAITING = "max:aws.sqs.approximate_number_of_messages_visible{queuename:shop-dlq}.rollup(max, 60).fill(null)"
MINUTES = "sum:shop.orders{service:shop,env:test}.rollup(sum, 60)"


@pytest.mark.parametrize(
    ("alert", "query"),
    [
        (counting("gt", 7, 1, 1), f"sum(last_1m):{ORDERS} > 7"),
        (counting("gte", 7, 1, 1, period=300), f"sum(last_5m):{ORDERS} >= 7"),
        (counting("gt", 7, 3, 3), f"min(last_3m):default_zero({ORDERS}) > 7"),
        (counting("lt", 7, 3, 3, missing="ignore"), f"max(last_3m):{ORDERS} < 7"),
        (counting("lt", 7, 3, 3), f"sum(last_3m):clamp_max(clamp_min(7 - {MINUTES}, 0), 1) >= 3"),
        (counting("gt", 7, 1, 5), f"max(last_5m):{ORDERS} > 7"),
        (counting("lte", 7, 1, 5), f"min(last_5m):{ORDERS} <= 7"),
        (counting("gt", 0, 3, 15), f"sum(last_15m):clamp_max(clamp_min({MINUTES}, 0), 1) >= 3"),
        (counting("gt", 7, 2, 5), f"sum(last_5m):clamp_max(clamp_min({MINUTES} - 7, 0), 1) >= 2"),
        (counting("gte", 7, 2, 5), f"sum(last_5m):clamp_max(clamp_min({MINUTES} - 6, 0), 1) >= 2"),
        (counting("gt", 0.5, 2, 5), f"sum(last_5m):clamp_max(clamp_min({MINUTES}, 0), 1) >= 2"),
        (counting("lt", 7, 2, 5), f"sum(last_5m):clamp_max(clamp_min(7 - {MINUTES}, 0), 1) >= 2"),
        (counting("gte", 0, 3, 15), f"sum(last_15m):clamp_max(clamp_min({MINUTES} + 1, 0), 1) >= 3"),
        (
            counting("gt", 7, 2, 5, missing="breaching"),
            f"sum(last_5m):clamp_max(clamp_min(8 - {MINUTES}, 0), 1) <= 3",
        ),
        (
            replace(DLQ, threshold=Decimal("4.5"), op="gte", datapoints=3, evaluation_periods=5),
            f"sum(last_5m):clamp_max(clamp_min(({WAITING} - 4.5) * 1000000000 + 1, 0), 1) > 2",
        ),
        (
            replace(DLQ, threshold=Decimal(4), datapoints=3, evaluation_periods=3),
            f"sum(last_3m):clamp_max(clamp_min(({WAITING} - 4) * 1000000000, 0), 1) >= 3",
        ),
        (
            replace(DLQ, datapoints=1, evaluation_periods=3, missing="breaching"),
            f"sum(last_3m):clamp_max(clamp_min((0 - {WAITING}) * 1000000000 + 1, 0), 1) <= 2",
        ),
        (
            replace(SLOW, name=DLQ.name, inhibited_by=(), datapoints=2, evaluation_periods=3),
            "min(last_10m):p97:shop.latency{service:shop,env:test} >= 850",
        ),
        (counting("gt", 7, 2, 2, period=300), f"min(last_10m):default_zero({ORDERS}.rollup(sum, 300)) > 7"),
        (counting("gt", 7, 24, 24, period=3_600), f"min(last_1d):default_zero({ORDERS}) > 7"),
    ],
    ids=[
        "1 of 1 is the sum over the period",
        "a period of five minutes",
        "N of N above: the least of them, 0 of a gap",
        "N of N below: the greatest of them",
        "N of N below, where a gap is health and 0 is not: how many are",
        "1 of N above: the greatest of them",
        "1 of N below: the least of them",
        "M of N counts above 0: each is 1",
        "M of N counts above 7",
        "M of N counts of at least 7",
        "M of N counts above a fraction",
        "M of N counts below",
        "M of N counts of at least 0, which 0 is and a gap is not",
        "M of N where a gap breaches: not more than N - M that do not",
        "M of N of a gauge, at least",
        "N of N of a gauge, where a gap is health",
        "1 of N of a gauge, where a gap breaches",
        "M of N of a percentile over periods that are not Datadog's own: M in a row",
        "periods that are not Datadog's own are rolled up",
        "hours in a day are Datadog's own",
    ],
)
def test_datapoints_to_alarm(alert: Alert, query: str) -> None:
    assert query == made(of_alert(alert), "alert/dlq-not-empty")["query"]


@pytest.mark.parametrize(
    ("datadog", "query"),
    [
        ("avg:shop.load{env:test}", "avg(last_1m):avg:shop.load{env:test} > 0"),
        ("min:shop.load{env:test}", "min(last_1m):min:shop.load{env:test} > 0"),
        ("p93:shop.time{env:test}", "percentile(last_1m):p93:shop.time{env:test} > 0"),
        ("sum:shop.load{env:test}", "avg(last_1m):sum:shop.load{env:test} > 0"),
    ],
    ids=["an average", "a minimum", "a percentile", "a sum over hosts that is no count"],
)
def test_the_statistic_over_one_period(datadog: str, query: str) -> None:
    load = replace(SIGNALS["orders"], name="load", datadog=DatadogMetric(query=datadog))

    assert query == made(of_alert(replace(DLQ, signal="load"), load=load), "alert/dlq-not-empty")["query"]


@pytest.mark.parametrize(
    ("alert", "expected"),
    [
        (counting("gt", 7, 3, 3, missing="notBreaching"), ("default", False)),
        (counting("lt", 7, 3, 3, missing="notBreaching"), ("resolve", False)),
        (counting("gt", 7, 1, 1, missing="notBreaching"), ("resolve", False)),
        (counting("gt", 7, 3, 3, missing="missing"), ("show_no_data", False)),
        (counting("gt", 7, 3, 3, missing="ignore"), ("default", False)),
        (counting("gt", 7, 3, 3, missing="breaching"), ("show_and_notify_no_data", False)),
        (counting("lt", 7, 3, 3, missing="breaching"), ("default", False)),
    ],
)
def test_missing_data(alert: Alert, expected: tuple[str, bool]) -> None:
    options = made(of_alert(alert), "alert/dlq-not-empty")["options"]

    assert expected == (options["on_missing_data"], options["require_full_window"])


def test_silence_of_a_count_that_must_not_be_low_is_read_as_zero() -> None:
    alert = counting("lt", 1, 5, 5, missing="breaching")

    assert made(of_alert(alert), "alert/dlq-not-empty")["query"] == f"max(last_5m):default_zero({ORDERS}) < 1"
    assert said(of_alert(alert), "dd-missing-data") == []


@pytest.mark.parametrize(
    ("variables", "delay"),
    [({}, 900), ({"datadog_aws_delay": "120"}, 120), ({"datadog_aws_delay": "soon"}, 900)],
    ids=["polled", "by a metric stream", "what is no number is not taken"],
)
def test_metrics_of_aws_are_waited_for(variables: dict[str, str], delay: int) -> None:
    system = of_alert(DLQ)
    system = replace(system, environment=replace(system.environment, variables=variables))

    assert made(system, "alert/dlq-not-empty")["options"]["evaluation_delay"] == delay
    assert len(said(system, "dd-late")) == (delay == 900)


@pytest.mark.parametrize(
    ("alert", "delay"),
    [
        (counting("lt", 100, 2, 3, period=300), 300),
        (counting("gt", 7, 24, 24, period=3_600), 3_600),
        (counting("lt", 100, 1, 1, period=300), None),
        (counting("lt", 100, 3, 3), None),
        (replace(SLOW, inhibited_by=()), None),
        (replace(DLQ, period=300, datapoints=2, evaluation_periods=2), 1_200),
        (replace(DLQ, period=86_400, datapoints=2, evaluation_periods=2), 86_400),
    ],
    ids=[
        "points of five minutes",
        "points of an hour, which are Datadog's own",
        "one sum over the whole window has no points",
        "points of a minute",
        "a percentile of ten minutes has points of a minute",
        "points of five minutes that come late",
        "never more than a day",
    ],
)
def test_points_longer_than_a_minute_are_waited_for_until_they_are_over(
    alert: Alert, delay: int | None
) -> None:
    options = made(of_alert(alert), f"alert/{alert.name}")["options"]

    assert options.get("evaluation_delay") == delay


EVERY = replace(FAILED, datapoints=5)
TWO_MINUTES = "{service:shop,env:test}.rollup(sum, 120)"


def test_a_guard_waits_until_its_points_are_over_too() -> None:
    assert made(of_alert(EVERY), "alert/orders-failing/guard")["options"]["evaluation_delay"] == 120
    assert made(of_alert(EVERY), "alert/orders-failing/threshold")["options"]["evaluation_delay"] == 120
    assert made(of_alert(FAILED), "alert/orders-failing")["options"]["evaluation_delay"] == 120


def test_metrics_of_the_functions_are_not_waited_for() -> None:
    assert "evaluation_delay" not in made(of_alert(counting("gt", 7, 1, 1)), "alert/dlq-not-empty")["options"]


def test_a_guard_that_comes_late_is_waited_for() -> None:
    late = replace(SIGNALS["orders"], datadog=DatadogMetric(query="sum:aws.apigateway.count{a:b}.as_count()"))

    body = made(of_alert(FAILED, orders=late), "alert/orders-failing")
    assert body["options"]["evaluation_delay"] == 1_020


def test_points_are_counted_where_there_is_traffic() -> None:
    assert made(of_alert(FAILED), "alert/orders-failing")["query"] == (
        f"sum(last_10m):clamp_max(clamp_min((100 * (sum:shop.orders_failed{TWO_MINUTES}"
        f" / sum:shop.orders{TWO_MINUTES}) - 4.5) * 1000000000, 0), 1)"
        f" * clamp_max(clamp_min(sum:shop.orders{TWO_MINUTES} - 22, 0), 1) >= 3"
    )
    assert said(of_alert(FAILED), "dd-guard") == []


def test_a_guard_of_every_point_is_a_monitor_that_a_composite_asks() -> None:
    system = of_alert(EVERY)

    assert made(system, "alert/orders-failing/guard")["query"] == (
        f"min(last_10m):{ORDERS}.rollup(sum, 120) >= 23"
    )
    assert made(system, "alert/orders-failing")["query"] == (
        "${alert/orders-failing/threshold} && ${alert/orders-failing/guard}"
    )
    assert "@" not in made(system, "alert/orders-failing/threshold")["message"]
    assert "@slack-shop-tickets" in made(system, "alert/orders-failing")["message"]


def test_what_inhibits_is_asked_by_its_own_condition_not_by_a_composite() -> None:
    """A composite of a composite is refused; the condition of the inhibitor is written out."""
    chain = (replace(DLQ, inhibited_by=("orders-failing",)), EVERY)
    system = replace(SHOP, slos=(), alerts=chain, dashboards=())

    assert made(system, "alert/dlq-not-empty")["query"] == (
        "${alert/dlq-not-empty/threshold} && "
        "!(${alert/orders-failing/threshold} && ${alert/orders-failing/guard})"
    )


def test_an_slo_that_inhibits_is_all_of_its_burn_rates() -> None:
    assert made(SHOP, "alert/orders-slow")["query"].endswith(
        "!(${slo/orders-availability/page/1h-5m} || ${slo/orders-availability/page/6h-30m}"
        " || ${slo/orders-availability/ticket/24h-2h})"
    )


@pytest.mark.parametrize(
    ("resolved", "ends"),
    [(True, "\n@slack-shop-tickets"), (False, "\n{{#is_alert}}@slack-shop-tickets{{/is_alert}}")],
    ids=["the end is told too", "only the alert is told"],
)
def test_who_is_told(resolved: bool, ends: str) -> None:
    alert = replace(DLQ, severity="ticket", when_resolved=resolved)

    assert made(of_alert(alert), "alert/dlq-not-empty")["message"].endswith(ends)


@pytest.mark.parametrize(
    ("alert", "told"),
    [
        (replace(DLQ, missing="breaching"), ["@pagerduty-shop", "@pagerduty-shop", ""]),
        (
            replace(DLQ, missing="breaching", when_resolved=True),
            ["@pagerduty-shop", "@pagerduty-shop", "@pagerduty-shop"],
        ),
        (replace(DLQ, missing="missing"), ["@pagerduty-shop", "", ""]),
    ],
    ids=["silence breaches", "silence breaches, and its end is told", "silence is nobody's"],
)
def test_who_hears_of_an_alert_of_silence_and_of_its_end(alert: Alert, told: list[str]) -> None:
    body = made(of_alert(alert), "alert/dlq-not-empty")
    changes: list[tuple[AlarmState, AlarmState]] = [
        ("OK", "ALARM"),
        ("OK", "INSUFFICIENT_DATA"),
        ("INSUFFICIENT_DATA", "OK"),
    ]
    heard = [messages.said(body, *change, {}) for change in changes]

    assert [" ".join(messages.handles(text)) for text in heard] == told


def test_a_monitor_bears_what_a_person_and_a_plan_need() -> None:
    body = made(replace(SHOP, alerts=(replace(DLQ, labels={"Tier": "Gold One"}),)), "alert/dlq-not-empty")

    assert body["tags"] == [
        "alert:dlq-not-empty",
        "env:test",
        "sereno_address:alert/dlq-not-empty",
        "sereno_environment:test",
        "sereno_project:shop",
        "service:shop",
        "severity:page",
        "team:team-shop",
        "tier:gold_one",
    ]
    assert body["assets"] == [
        {"category": "runbook", "name": "dlq-not-empty", "url": "https://run.example/dlq-not-empty"}
    ]
    assert body["priority"] == 2


@pytest.mark.parametrize(
    "url",
    ["runbooks/dlq-not-empty.md", "https://set-me.invalid/runbooks/dlq-not-empty.md"],
    ids=["a path", "what init writes for a person to set"],
)
def test_a_runbook_without_a_url_is_told_in_words_and_is_no_asset(url: str) -> None:
    books = {**SHOP.runbooks, "dlq-not-empty": replace(SHOP.runbooks["dlq-not-empty"], url=url)}
    body = made(replace(SHOP, alerts=(DLQ,), runbooks=books), "alert/dlq-not-empty")

    assert "assets" not in body
    assert f"Runbook: {url}" in body["message"]


BAD = Ratio(total="orders", bad="orders-failed")


def objective(indicator: Any, **more: Any) -> Slo:
    return replace(
        AVAILABILITY,
        objectives=(Objective(name="", target=Decimal("0.997"), indicator=indicator),),
        **more,
    )


def test_bad_of_total_says_both_good_and_bad_and_a_missing_bad_is_none() -> None:
    count = made(of_slo(AVAILABILITY), "slo/orders-availability")["sli_specification"]["count"]

    assert count["good_events_formula"] == {"formula": "orders - default_zero(orders_failed)"}
    assert count["bad_events_formula"] == {"formula": "default_zero(orders_failed)"}
    assert [q["name"] for q in count["queries"]] == ["orders_failed", "orders"]


def test_good_of_total_says_what_is_declared() -> None:
    count = made(of_slo(LATENCY), "slo/orders-latency")["sli_specification"]["count"]

    assert count["good_events_formula"] == {"formula": "orders_fast"}
    assert count["total_events_formula"] == {"formula": "orders_answered"}


def test_a_target_is_in_per_cent_exactly() -> None:
    body = made(of_slo(AVAILABILITY), "slo/orders-availability")

    assert body["thresholds"] == [{"timeframe": "30d", "target": 99.7}]
    assert body["target_threshold"] == 99.7


@pytest.mark.parametrize(
    ("slo", "condition"),
    [
        (
            objective(Threshold(signal="latency", op="lte", value=Decimal(270))),
            ("<=", 270.0, 60, "latency"),
        ),
        (
            replace(
                AVAILABILITY,
                budgeting="Timeslices",
                objectives=(
                    Objective(
                        name="",
                        target=Decimal("0.997"),
                        indicator=BAD,
                        slice_seconds=300,
                        slice_target=Decimal("0.95"),
                    ),
                ),
            ),
            ("<=", 0.05, 300, "orders_failed / orders"),
        ),
    ],
    ids=["a threshold is good in each minute it holds", "a slice is good while few enough are bad"],
)
def test_slices_of_time(slo: Slo, condition: tuple[str, float, int, str]) -> None:
    found = made(of_slo(slo), "slo/orders-availability")["sli_specification"]["time_slice"]

    assert condition == (
        found["comparator"],
        found["threshold"],
        found["query_interval_seconds"],
        found["query"]["formulas"][0]["formula"],
    )


def test_many_targets_are_as_many_slos_each_with_its_burn_rates() -> None:
    both = (
        Objective(name="most", target=Decimal("0.97"), indicator=BAD),
        Objective(name="nearly-all", target=Decimal("0.997"), indicator=BAD),
    )
    slo = replace(AVAILABILITY, objectives=both, policies=(PAGE_FAST,))
    addresses = [r.address for r in compiled(of_slo(slo))[0]]

    assert addresses[:2] == [
        "slo/orders-availability/objective/most",
        "slo/orders-availability/objective/nearly-all",
    ]
    assert (
        '"${slo/orders-availability/objective/most}"'
        in made(of_slo(slo), "slo/orders-availability/most/page/1h-5m")["query"]
    )


def test_one_pair_alone_speaks_for_itself() -> None:
    body = made(of_slo(replace(AVAILABILITY, policies=(TICKET,))), "slo/orders-availability/ticket")

    assert body["query"] == (
        'burn_rate("${slo/orders-availability}").over("30d").long_window("24h").short_window("2h") > 2.9'
    )
    assert "@slack-shop-tickets" in body["message"]


def test_a_slower_severity_is_held_back_by_a_faster_one() -> None:
    assert made(SHOP, "slo/orders-latency/ticket")["query"] == (
        "${slo/orders-latency/ticket/24h-2h} && !${slo/orders-latency/page}"
    )


def test_gte_is_kept_as_written() -> None:
    slo = replace(AVAILABILITY, policies=(replace(TICKET, inclusive=True),))

    assert made(of_slo(slo), "slo/orders-availability/ticket")["query"].endswith(" >= 2.9")


def without(name: str) -> System:
    """A signal that only CloudWatch can be asked for."""
    return replace(SHOP, signals={**SIGNALS, name: replace(SIGNALS[name], datadog=None)})


def read_as(name: str, query: str) -> System:
    signal = replace(SIGNALS[name], datadog=DatadogMetric(query=query))
    return replace(SHOP, signals={**SIGNALS, name: signal})


WEIGHTED = replace(AVAILABILITY, composite=True)


@pytest.mark.parametrize(
    ("system", "code", "message"),
    [
        (
            of_slo(replace(AVAILABILITY, window=Window(seconds=28 * 86_400, text="28d"))),
            "dd-window-unknown",
            "Datadog has no SLO over 28d (SLO `orders-availability`)",
        ),
        (
            of_slo(replace(AVAILABILITY, window=Window(seconds=30 * 86_400, text="1M", rolling=False))),
            "dd-window-unknown",
            "Datadog has no SLO over calendar 1M (SLO `orders-availability`)",
        ),
        (
            of_slo(replace(AVAILABILITY, budgeting="RatioTimeslices")),
            "dd-no-slo",
            "no Datadog SLO says an average of slices' ratios faithfully (SLO `orders-availability`)",
        ),
        (
            of_slo(WEIGHTED),
            "dd-no-slo",
            "no Datadog SLO says a composite SLO's weighted budget faithfully (SLO `orders-availability`)",
        ),
        (
            of_slo(objective(RawRatio(raw="latency", success=True))),
            "dd-no-slo",
            "no Datadog SLO says a share without its counts faithfully (SLO `orders-availability`)",
        ),
        (
            of_slo(
                replace(
                    AVAILABILITY,
                    budgeting="Timeslices",
                    objectives=(replace(AVAILABILITY.objectives[0], slice_seconds=600),),
                )
            ),
            "dd-no-slo",
            "no Datadog SLO says slices of 10m faithfully (SLO `orders-availability`)",
        ),
        (
            read_as("orders", "avg:shop.orders{a:b}"),
            "dd-no-count",
            "`orders` is not read as a count: SLO `orders-availability` cannot add it up",
        ),
        (
            of_slo(replace(AVAILABILITY, policies=(replace(TICKET, long=259_200, short=21_600),))),
            "dd-long-window",
            "Datadog's long window is 1 to 48 hours, not 3d (ticket)",
        ),
        (
            of_slo(replace(AVAILABILITY, policies=(replace(TICKET, burn=Decimal("333.4")),))),
            "dd-never",
            "333.4 times the budget of SLO `orders-availability` is more than a total outage",
        ),
        (
            of_alert(replace(DLQ, period=10)),
            "dd-period",
            "alert `dlq-not-empty` looks back 10s in steps of 10s, which a Datadog metric monitor cannot do",
        ),
        (
            of_alert(replace(DLQ, anomaly=Anomaly(deviations=Decimal(3), direction="below"))),
            "dd-anomaly",
            "alert `dlq-not-empty` compares with a band that CloudWatch learns",
        ),
        (
            without("waiting"),
            "dd-signal",
            "signal `waiting` does not say how Datadog is asked for it",
        ),
        (
            read_as("waiting", "max:a{b:c} by {d}"),
            "dd-query",
            "signal `waiting` is no Datadog metric query for a monitor: it is grouped by tags",
        ),
        (
            read_as("waiting", "max:a{b:c}.rollup(max, 7)"),
            "dd-query",
            "signal `waiting` is no Datadog metric query for a monitor: .rollup() to 7 s: monitors look at "
            "whole minutes, such as .rollup(sum, 60)",
        ),
        (
            read_as("waiting", "max:a{b:c} / max:d{b:c}"),
            "dd-query",
            "signal `waiting` is no Datadog metric query for a monitor: it is not one metric",
        ),
        (
            replace(SHOP, receivers={n: replace(r, datadog=()) for n, r in SHOP.receivers.items()}),
            "dd-receiver",
            "receiver `on-call` does not say how Datadog reaches it",
        ),
        (replace(SHOP, routes=None), "dd-nobody", "nobody is told when this fires"),
        (
            replace(
                SHOP,
                alerts=(
                    replace(DLQ, inhibited_by=("orders-slow",)),
                    replace(SLOW, inhibited_by=("dlq-not-empty",)),
                ),
            ),
            "dd-inhibited-in-a-circle",
            "alert `dlq-not-empty` is inhibited, over others, by itself",
        ),
        (
            replace(SHOP, slos=(replace(WEIGHTED),), alerts=(SLOW, DLQ), dashboards=()),
            "dd-inhibitor-missing",
            "alert `orders-slow` is inhibited by `orders-availability`, which has no monitor on Datadog",
        ),
        (
            of_slo(
                replace(
                    AVAILABILITY, policies=(PAGE_FAST, replace(PAGE_FAST, long=7_200, receivers=("on-call",)))
                )
            ),
            "dd-receivers-united",
            "the page policies of SLO `orders-availability` name different receivers,"
            " and all are told of each",
        ),
        (
            replace(SHOP, slos=(WEIGHTED,), alerts=()),
            "dd-refers-to-nothing",
            "dashboard/shop: it refers to slo/orders-availability, which is not made",
        ),
    ],
)
def test_what_datadog_cannot_say(system: System, code: str, message: str) -> None:
    if code == "dd-refers-to-nothing":
        rows = ((Panel(kind="slo", title="B", width=24, height=4, slos=("orders-availability",)),),)
        system = replace(system, dashboards=(replace(DASHBOARD, rows=rows),))

    assert message in said(system, code)


@pytest.mark.parametrize(
    ("system", "code", "who"),
    [
        (of_alert(replace(SLOW, inhibited_by=())), "dd-m-of-n-row", "orders-slow"),
        (of_alert(replace(SLOW, inhibited_by=())), "dd-percentile-of-minutes", "orders-slow"),
        (of_alert(replace(DLQ, missing="breaching")), "dd-missing-data", "dlq-not-empty"),
        (of_alert(counting("gt", 7, 1, 1, missing="ignore")), "dd-missing-data", "dlq-not-empty"),
        (of_alert(EVERY), "dd-guard", "orders-failing"),
        (of_alert(DLQ), "dd-late", "dlq-not-empty"),
        (
            read_as("orders", "sum:aws.apigateway.count{a:b}.as_count()"),
            "dd-late-events",
            "orders-availability",
        ),
        (of_slo(AVAILABILITY), "dd-few-events", "orders-availability"),
        (
            of_slo(objective(Threshold(signal="latency", op="lte", value=Decimal(270)))),
            "dd-silent-slices",
            "orders-availability",
        ),
        (read_as("latency", "p97:aws.apigateway.latency{a:b}"), "dd-no-distribution", "latency"),
    ],
)
def test_what_means_something_else_is_told_once_of_all_it_concerns(
    system: System, code: str, who: str
) -> None:
    (problem,) = [p for p in compiled(system)[1] if p.code == code]

    assert problem.severity == "warning"
    assert problem.message.endswith(f": {who}")


def test_what_means_the_same_is_not_told() -> None:
    alert = counting("gt", 7, 3, 5)
    slo = replace(LATENCY, policies=(replace(PAGE_FAST, minimum_bad=1),))
    system = replace(SHOP, slos=(slo,), alerts=(alert,), dashboards=())

    assert compiled(system)[1] == ()


def test_more_than_three_are_told_by_three_and_a_number() -> None:
    alerts = tuple(replace(DLQ, name=f"a{n}") for n in range(5))
    (problem,) = [p for p in compiled(replace(SHOP, alerts=alerts))[1] if p.code == "dd-late"]

    assert problem.message.endswith(": a0, a1, a2 and 2 more")


def test_every_problem_has_a_place_and_a_way_out() -> None:
    problems: list[Problem] = []
    for system in (of_slo(WEIGHTED), without("waiting"), of_alert(replace(DLQ, period=10)), SHOP):
        problems += compiled(system)[1]

    assert [p for p in problems if not p.help or p.where.file == "sereno.yaml"] == []


def test_a_computed_signal_is_written_out() -> None:
    expr = Binary("/", Name("orders-failed"), Number(Decimal("2.50")))
    half = Signal(name="half", unit="Count", description="half", emitted_by="aws", expr=expr)
    alert = replace(DLQ, signal="half")

    assert made(of_alert(alert, half=half), "alert/dlq-not-empty")["query"] == (
        "sum(last_1m):sum:shop.orders_failed{service:shop,env:test}.as_count() / 2.5 > 0"
    )


@pytest.mark.parametrize(
    ("widths", "places"),
    [
        ((24,), [(0, 12)]),
        ((8, 8, 8), [(0, 4), (4, 4), (8, 4)]),
        ((7, 9, 8), [(0, 4), (4, 4), (8, 4)]),
        ((1, 23), [(0, 1), (1, 11)]),
        ((3, 3, 18), [(0, 2), (2, 1), (3, 9)]),
    ],
)
def test_24_columns_become_12(widths: tuple[int, ...], places: list[tuple[int, int]]) -> None:
    row = tuple(Panel(kind="text", title="", width=width, height=2, text="x") for width in widths)
    body = made(replace(SHOP, dashboards=(replace(DASHBOARD, rows=(row,)),)), "dashboard/shop")

    assert places == [(w["layout"]["x"], w["layout"]["width"]) for w in body["widgets"]]


def test_a_panel_of_several_numbers_is_a_group_of_them() -> None:
    panel = Panel(kind="number", title="Now", width=12, height=4, signals=("orders", "waiting"), period=300)
    body = made(replace(SHOP, dashboards=(replace(DASHBOARD, rows=((panel,),)),)), "dashboard/shop")
    (group,) = [w["definition"] for w in body["widgets"]]

    assert [w["definition"]["title"] for w in group["widgets"]] == ["orders", "waiting"]
    assert [w["definition"]["requests"][0]["queries"][0]["aggregator"] for w in group["widgets"]] == [
        "sum",
        "max",
    ]
    assert {w["definition"]["time"]["live_span"] for w in group["widgets"]} == {"5m"}


def with_panel(panel: Panel) -> System:
    return replace(SHOP, dashboards=(replace(SHOP.dashboards[0], variables=(), rows=((panel,),)),))


@pytest.mark.parametrize(
    ("period", "span", "told"),
    [
        (60, "1m", ""),
        (120, "1m", "shows 1m on Datadog, not 2m"),
        (86_400, "1d", ""),
        (7 * 86_400, "1w", ""),
        (6 * 86_400, "1w", "shows 7d on Datadog, not 6d"),
        (30 * 86_400, "1mo", ""),
    ],
)
def test_a_number_is_over_the_nearest_span_and_another_one_is_told(period: int, span: str, told: str) -> None:
    panel = Panel(kind="number", title="N", width=24, height=2, signals=("orders",), period=period)
    resources, problems = compiled(with_panel(panel))
    (widget,) = next(r.body["widgets"] for r in resources if r.kind == "dashboard")
    words = [(p.severity, p.message) for p in problems if p.code == "dd-span"]

    assert widget["definition"]["time"] == {"live_span": span}
    assert words == ([("warning", f"panel `N` of dashboard `shop` {told}")] if told else [])


TOLD = replace(SHOP, budget_policies=(BUDGETS,))


def monitors_of_a_panel(system: System, *alerts: str, slos: tuple[str, ...] = ()) -> list[str]:
    """The addresses a panel's query asks for."""
    shown = Panel(kind="alerts", title="On call", width=24, height=4, alerts=alerts, slos=slos)
    board = replace(SHOP.dashboards[0], variables=(), rows=((shown,),))
    (widget,) = made(replace(system, dashboards=(board,)), "dashboard/shop")["widgets"]
    return re.findall(r'"sereno_address:([^"]+)"', widget["definition"]["query"])


@pytest.mark.parametrize(
    ("alert", "address"),
    [
        pytest.param("dlq-not-empty", "alert/dlq-not-empty", id="a threshold alert"),
        pytest.param("orders-latency/page", "slo/orders-latency/page", id="the page of an SLO"),
        pytest.param("orders-latency/ticket", "slo/orders-latency/ticket", id="its ticket"),
        pytest.param("orders-latency/no-data", "slo/orders-latency/no-data", id="its silence"),
        pytest.param(
            "orders-latency/budget-25", "slo/orders-latency/budget-25", id="what is left of its budget"
        ),
        pytest.param(
            "orders-availability/page/6h-30m", "slo/orders-availability/page/6h-30m", id="one pair of several"
        ),
        pytest.param(
            "orders-latency/page/1h-5m",
            "slo/orders-latency/page",
            id="the only pair, which speaks for itself",
        ),
    ],
)
def test_a_panel_shows_the_monitor_of_an_alert_as_tests_name_it(alert: str, address: str) -> None:
    assert [address] == monitors_of_a_panel(TOLD, alert)
    assert address in {resource.address for resource in compiled(TOLD)[0]}


def test_a_panel_shows_a_monitor_once_however_it_was_named() -> None:
    assert monitors_of_a_panel(SHOP, "orders-latency/page", slos=("orders-latency",)) == [
        "slo/orders-latency/page",
        "slo/orders-latency/ticket",
        "slo/orders-latency/no-data",
    ]


def test_a_panel_of_no_alerts_is_refused() -> None:
    problems = compiled(with_panel(Panel(kind="alerts", title="A", width=24, height=2)))[1]

    assert [p.message for p in problems if p.code == "dd-empty-panel"] == [
        "panel `A` of dashboard `shop` shows no alert"
    ]
