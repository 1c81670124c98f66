"""A System as CloudWatch's resources: what each alarm asks, of what, and whom it tells."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from sereno.language.model import (
    Alert,
    Anomaly,
    BudgetPolicy,
    BudgetRule,
    BurnPair,
    CloudWatchMetric,
    Direction,
    Objective,
    Panel,
    Ratio,
    RawRatio,
    Receiver,
    Route,
    Slo,
    System,
    Threshold,
)
from sereno.language.problem import Span
from sereno.vendors.cloudwatch import compile as compiled
from sereno.vendors.subjects import shown_on
from tests.golden_files import check_golden
from tests.vendors.systems import (
    AVAILABILITY,
    DASHBOARD,
    DLQ,
    FAILED,
    LATENCY,
    ON_CALL,
    PAGE_FAST,
    PAGE_SLOW,
    SHOP,
    SIGNALS,
    SLOW,
    TICKET,
    TICKETS,
    signal,
)


def bodies(system: System) -> dict[str, Any]:
    return {resource.address: resource.body for resource in compiled(system)[0]}


def codes(system: System) -> list[str]:
    return [problem.code for problem in compiled(system)[1]]


def with_slo(slo: Slo) -> System:
    return replace(SHOP, slos=(slo,), alerts=(), dashboards=())


def test_golden_the_whole_shop() -> None:
    resources, problems = compiled(SHOP)
    document = [{"kind": r.kind, "address": r.address, "body": r.body} for r in resources]

    assert problems == ()
    check_golden("cloudwatch/shop.json", json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def test_the_same_system_gives_the_same_bytes() -> None:
    again = replace(SHOP, signals=dict(reversed(SIGNALS.items())))

    assert json.dumps([r.body for r in compiled(SHOP)[0]]) == json.dumps([r.body for r in compiled(again)[0]])


def test_every_resource_points_at_its_yaml() -> None:
    assert {(r.where.file, r.where.line) for r in compiled(SHOP)[0]} == {
        ("slo/orders.yaml", 3),
        ("slo/orders.yaml", 40),
        ("alerts/shop.yaml", 7),
        ("alerts/shop.yaml", 21),
        ("alerts/shop.yaml", 33),
        ("dashboards/shop.yaml", 1),
    }


def expression(body: dict[str, Any]) -> str:
    return next(str(q["Expression"]) for q in body["Metrics"] if q["ReturnData"])


def periods(body: dict[str, Any]) -> set[int]:
    return {q["MetricStat"]["Period"] for q in body["Metrics"] if "MetricStat" in q}


@pytest.mark.parametrize(
    ("address", "period", "threshold"),
    [
        ("slo/orders-availability/page/1h-5m/long", 3_600, 0.0393),
        ("slo/orders-availability/page/1h-5m/short", 300, 0.0393),
        ("slo/orders-availability/page/6h-30m/long", 21_600, 0.0159),
        ("slo/orders-availability/page/6h-30m/short", 1_800, 0.0159),
        ("slo/orders-availability/ticket/24h-2h/long", 86_400, 0.0087),
        ("slo/orders-availability/ticket/24h-2h/short", 7_200, 0.0087),
        ("slo/orders-latency/page/1h-5m/long", 3_600, 0.524),
    ],
)
def test_a_window_is_one_datapoint_against_burn_rate_times_budget(
    address: str, period: int, threshold: float
) -> None:
    body = bodies(SHOP)[address]

    assert periods(body) == {period}
    assert (body["Threshold"], body["EvaluationPeriods"]) == (threshold, 1)
    assert body["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize(
    ("indicator", "expected"),
    [
        pytest.param(
            Ratio(total="orders", bad="orders-failed"),
            "IF(orders_failed >= 2, orders_failed / orders, 0)",
            id="bad over total",
        ),
        pytest.param(
            Ratio(total="orders-answered", good="orders-fast"),
            "IF(orders_answered - orders_fast >= 2, (orders_answered - orders_fast) / orders_answered, 0)",
            id="total less good over total, which is exact where 1 - good / total is not",
        ),
        pytest.param(RawRatio(raw="latency", success=False), "latency", id="a share of bad as it is"),
        pytest.param(RawRatio(raw="latency", success=True), "1 - latency", id="a share of good turned round"),
    ],
)
def test_the_share_of_bad_events(indicator: Ratio | RawRatio, expected: str) -> None:
    slo = replace(AVAILABILITY, objectives=(Objective(name="", target=Decimal("0.97"), indicator=indicator),))

    assert expression(bodies(with_slo(slo))["slo/orders-availability/page/1h-5m/long"]) == expected


def test_without_a_floor_the_share_is_not_guarded() -> None:
    slo = replace(AVAILABILITY, policies=(replace(PAGE_FAST, minimum_bad=1),))

    assert (
        expression(bodies(with_slo(slo))["slo/orders-availability/page/1h-5m/long"])
        == "orders_failed / orders"
    )


def test_gte_is_kept_as_written() -> None:
    slo = replace(AVAILABILITY, policies=(replace(PAGE_FAST, inclusive=True),))
    body = bodies(with_slo(slo))["slo/orders-availability/page/1h-5m/long"]

    assert body["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"


def test_a_pair_wants_both_windows() -> None:
    assert bodies(SHOP)["slo/orders-availability/page/6h-30m"]["AlarmRule"] == (
        'ALARM("shop-test-slo-orders-availability-page-6h-30m-long")'
        ' AND ALARM("shop-test-slo-orders-availability-page-6h-30m-short")'
    )


def test_a_severity_speaks_for_all_its_pairs() -> None:
    body = bodies(SHOP)["slo/orders-availability/page"]

    assert body["AlarmRule"] == (
        'ALARM("shop-test-slo-orders-availability-page-1h-5m")'
        ' OR ALARM("shop-test-slo-orders-availability-page-6h-30m")'
    )
    assert body["AlarmActions"] == [ON_CALL]
    assert "OKActions" not in body
    assert "ActionsSuppressor" not in body


def test_the_slower_severity_waits_for_the_faster() -> None:
    body = bodies(SHOP)["slo/orders-availability/ticket"]

    assert body["AlarmActions"] == [TICKETS]
    assert body["ActionsSuppressor"] == "shop-test-slo-orders-availability-page"
    assert (body["ActionsSuppressorWaitPeriod"], body["ActionsSuppressorExtensionPeriod"]) == (120, 180)


def test_only_what_speaks_has_actions() -> None:
    silent = [a for a, body in bodies(SHOP).items() if "AlarmActions" not in body]

    assert silent == [
        "alert/orders-slow/threshold",
        "slo/orders-availability/page/1h-5m/long",
        "slo/orders-availability/page/1h-5m/short",
        "slo/orders-availability/page/6h-30m/long",
        "slo/orders-availability/page/6h-30m/short",
        "slo/orders-availability/ticket/24h-2h/long",
        "slo/orders-availability/ticket/24h-2h/short",
        "slo/orders-latency/page/1h-5m/long",
        "slo/orders-latency/page/1h-5m/short",
        "slo/orders-latency/ticket/24h-2h/long",
        "slo/orders-latency/ticket/24h-2h/short",
        "alert/orders-slow/inhibitors",
        "slo/orders-availability/page/1h-5m",
        "slo/orders-availability/page/6h-30m",
        "slo/orders-availability/ticket/24h-2h",
        "slo/orders-latency/page/1h-5m",
        "slo/orders-latency/ticket/24h-2h",
        "dashboard/shop",
    ]


def test_named_receivers_add_to_the_tree() -> None:
    policies = (replace(PAGE_FAST, receivers=("tickets",)), replace(PAGE_SLOW, receivers=("tickets",)))
    body = bodies(with_slo(replace(AVAILABILITY, policies=policies)))["slo/orders-availability/page"]

    assert body["AlarmActions"] == [ON_CALL, TICKETS]


def test_a_policy_that_does_not_ask_the_tree_tells_only_whom_it_names() -> None:
    alone = replace(PAGE_FAST, receivers=("tickets",), routed=False, when_resolved=True)
    body = bodies(with_slo(replace(AVAILABILITY, policies=(alone,))))["slo/orders-availability/page"]

    assert (body["AlarmActions"], body["OKActions"]) == ([TICKETS], [TICKETS])


def test_receivers_of_one_severity_that_differ_are_united_and_said() -> None:
    policies = (replace(PAGE_FAST, receivers=("tickets",)), PAGE_SLOW)

    assert codes(with_slo(replace(AVAILABILITY, policies=policies))) == ["cw-receivers-united"]


def test_silence_of_one_signal_is_an_alert() -> None:
    body = bodies(SHOP)["slo/orders-availability/no-data"]

    assert (body["MetricName"], body["Statistic"]) == ("Count", "SampleCount")
    assert (body["ComparisonOperator"], body["Threshold"]) == ("LessThanThreshold", 1.0)
    assert body["TreatMissingData"] == "breaching"
    assert (body["AlarmActions"], "OKActions" in body) == ([TICKETS], False)
    assert body["AlarmDescription"].startswith("orders stopped sending data")


def test_that_data_come_again_is_told_where_a_ticket_of_the_slo_tells_its_end() -> None:
    asked = replace(AVAILABILITY, policies=(PAGE_FAST, replace(TICKET, when_resolved=True)))
    body = bodies(with_slo(asked))["slo/orders-availability/no-data"]

    assert (body["AlarmActions"], body["OKActions"]) == ([TICKETS], [TICKETS])


@pytest.mark.parametrize(
    "address", [pytest.param(a, id=a) for a in ("slo/orders-availability/page", "alert/dlq-not-empty")]
)
def test_what_is_sent_on_ok_too_says_that_it_speaks_of_the_alarm(address: str) -> None:
    resolved = replace(
        SHOP,
        slos=(replace(AVAILABILITY, policies=(replace(PAGE_FAST, when_resolved=True),)),),
        alerts=(replace(DLQ, when_resolved=True, inhibited_by=()),),
        dashboards=(),
    )
    body = bodies(resolved)[address]

    assert (body["OKActions"], body["AlarmDescription"][:13]) == ([ON_CALL], "ALARM means: ")


def test_two_statistics_of_one_metric_fall_silent_together() -> None:
    assert bodies(SHOP)["slo/orders-latency/no-data"]["MetricName"] == "Latency"


def test_silence_of_any_of_several_signals_is_an_alert() -> None:
    signals = {**SIGNALS, "orders-failed": replace(SIGNALS["orders-failed"], always=True)}
    body = bodies(replace(SHOP, signals=signals))["slo/orders-availability/no-data"]

    assert expression(body) == "orders_failed * orders"
    assert {q["MetricStat"]["Stat"] for q in body["Metrics"][1:]} == {"SampleCount"}


def test_an_slo_whose_signals_may_be_quiet_has_no_silence_alert() -> None:
    signals = {name: replace(s, always=False) for name, s in SIGNALS.items()}

    assert [a for a in bodies(replace(SHOP, signals=signals)) if a.endswith("no-data")] == []


SLICED = replace(
    AVAILABILITY,
    budgeting="Timeslices",
    objectives=(
        Objective(
            name="",
            target=Decimal("0.97"),
            indicator=Ratio(total="orders", bad="orders-failed"),
            slice_seconds=300,
            slice_target=Decimal("0.88"),
        ),
    ),
)


@pytest.mark.parametrize(
    ("pair", "window", "expected"),
    [
        # 12 slices, 5 x 0.03 = 0.15 of them is 1.8: two bad slices exceed it.
        pytest.param(
            replace(PAGE_FAST, burn=Decimal(5)), "1h-5m/long", (12, 2, 0.12), id="more than 1.8 of 12"
        ),
        # 0.25 of 12 is 3 exactly: strictly more is 4, `gte` is 3.
        pytest.param(
            replace(PAGE_FAST, burn=Decimal("8.3333333333333333333333333")),
            "1h-5m/long",
            (12, 3, 0.12),
            id="more than just below 3 of 12",
        ),
        pytest.param(
            replace(PAGE_FAST, burn=Decimal(25)), "1h-5m/long", (12, 10, 0.12), id="more than 9 of 12"
        ),
        pytest.param(
            replace(PAGE_FAST, burn=Decimal(25), inclusive=True),
            "1h-5m/long",
            (12, 9, 0.12),
            id="9 of 12 or more",
        ),
        pytest.param(replace(PAGE_FAST, burn=Decimal(5)), "1h-5m/short", (1, 1, 0.12), id="one slice"),
    ],
)
def test_a_timeslices_pair_is_m_of_n_slices(
    pair: BurnPair, window: str, expected: tuple[int, int, float]
) -> None:
    body = bodies(with_slo(replace(SLICED, policies=(pair,))))[f"slo/orders-availability/page/{window}"]

    assert expected == (body["EvaluationPeriods"], body["DatapointsToAlarm"], body["Threshold"])
    assert periods(body) == {300}
    assert expression(body) == "orders_failed / orders"


def test_a_threshold_indicator_is_bad_on_the_other_side() -> None:
    good_under = Threshold(signal="latency", op="lt", value=Decimal(640))
    slo = replace(
        AVAILABILITY,
        objectives=(Objective(name="", target=Decimal("0.9"), indicator=good_under),),
        policies=(replace(PAGE_FAST, burn=Decimal(2)),),
    )
    body = bodies(with_slo(slo))["slo/orders-availability/page/1h-5m/long"]

    assert (body["ComparisonOperator"], body["Threshold"]) == ("GreaterThanOrEqualToThreshold", 640.0)
    assert (body["EvaluationPeriods"], body["DatapointsToAlarm"], periods(body)) == (60, 13, {60})


def test_every_objective_of_several_has_its_own_pairs() -> None:
    two = (
        replace(AVAILABILITY.objectives[0], name="gold"),
        replace(AVAILABILITY.objectives[0], name="iron", target=Decimal("0.9")),
    )
    found = bodies(with_slo(replace(AVAILABILITY, objectives=two, policies=(PAGE_FAST,))))

    assert found["slo/orders-availability/page"]["AlarmRule"] == (
        'ALARM("shop-test-slo-orders-availability-gold-page-1h-5m")'
        ' OR ALARM("shop-test-slo-orders-availability-iron-page-1h-5m")'
    )
    assert found["slo/orders-availability/iron/page/1h-5m/long"]["Threshold"] == 1.31


def test_an_alert_on_one_metric_has_no_math() -> None:
    body = bodies(SHOP)["alert/dlq-not-empty"]

    assert "Metrics" not in body
    assert (body["MetricName"], body["Statistic"], body["Period"]) == (
        "ApproximateNumberOfMessagesVisible",
        "Maximum",
        60,
    )
    assert body["Dimensions"] == [{"Name": "QueueName", "Value": "shop-dlq"}]


def banded(alert: Alert, direction: Direction = "above") -> dict[str, Any]:
    band = Anomaly(deviations=Decimal("2.5"), direction=direction)
    return bodies(replace(SHOP, alerts=(replace(alert, guard=None, anomaly=band),)))[f"alert/{alert.name}"]


@pytest.mark.parametrize(
    ("direction", "operator"),
    [
        ("above", "GreaterThanUpperThreshold"),
        ("below", "LessThanLowerThreshold"),
        ("outside", "LessThanLowerOrGreaterThanUpperThreshold"),
    ],
)
def test_an_anomaly_is_a_metric_beside_its_band(direction: Direction, operator: str) -> None:
    body = banded(DLQ, direction)

    assert "Threshold" not in body
    assert (body["ComparisonOperator"], body["ThresholdMetricId"]) == (operator, "theBand")
    assert [(q["Id"], q.get("Expression"), q["ReturnData"]) for q in body["Metrics"]] == [
        ("theBand", "ANOMALY_DETECTION_BAND(waiting, 2.5)", True),
        ("waiting", None, True),
    ]
    assert f"waiting {direction} its band of 2.5 deviations" in body["AlarmDescription"]


def test_an_anomaly_of_an_expression_is_the_expression_beside_its_band() -> None:
    assert [(q["Id"], q.get("Expression"), q["ReturnData"]) for q in banded(FAILED)["Metrics"]] == [
        ("theBand", "ANOMALY_DETECTION_BAND(value, 2.5)", True),
        ("value", "100 * (orders_failed / orders)", True),
        ("orders_failed", None, False),
        ("orders", None, False),
    ]


def test_an_anomaly_by_less_than_a_minute_is_refused() -> None:
    band = Anomaly(deviations=Decimal(2), direction="above")
    fast = replace(SHOP, alerts=(replace(DLQ, period=30, anomaly=band),))

    assert "cw-anomaly-period" in codes(fast)


def test_an_alert_on_an_expression_is_guarded_against_quiet_hours() -> None:
    body = bodies(SHOP)["alert/orders-failing"]

    assert expression(body) == "IF(orders >= 23, 100 * (orders_failed / orders), 0)"
    assert (body["DatapointsToAlarm"], body["EvaluationPeriods"], body["TreatMissingData"]) == (
        3,
        5,
        "ignore",
    )
    assert body["OKActions"] == [TICKETS]


@pytest.mark.parametrize(
    ("op", "threshold", "quiet"),
    [
        ("gt", "4.5", "0"),
        ("gt", "0", "0"),
        ("gt", "-2", "(0 - 2)"),
        ("gte", "3", "0"),
        ("gte", "0", "(0 - 1)"),
        ("lt", "7", "7"),
        ("lt", "-1", "0"),
        ("lte", "8", "9"),
        ("lte", "-1", "0"),
    ],
)
def test_a_quiet_period_reads_as_a_value_that_does_not_breach(op: Any, threshold: str, quiet: str) -> None:
    alert = replace(FAILED, op=op, threshold=Decimal(threshold))
    body = bodies(replace(SHOP, alerts=(alert,)))["alert/orders-failing"]

    assert expression(body).rpartition(", ")[2] == f"{quiet})"


def test_an_inhibited_alert_speaks_through_a_composite() -> None:
    found = bodies(SHOP)

    assert found["alert/orders-slow/threshold"]["ExtendedStatistic"] == "p97"
    assert found["alert/orders-slow"]["AlarmRule"] == 'ALARM("shop-test-alert-orders-slow-threshold")'
    assert found["alert/orders-slow"]["ActionsSuppressor"] == "shop-test-alert-orders-slow-inhibitors"
    assert found["alert/orders-slow/inhibitors"]["AlarmRule"] == (
        'ALARM("shop-test-alert-dlq-not-empty")'
        ' OR ALARM("shop-test-slo-orders-availability-page")'
        ' OR ALARM("shop-test-slo-orders-availability-ticket")'
    )


def test_a_single_inhibitor_suppresses_directly() -> None:
    system = replace(SHOP, alerts=(DLQ, replace(SLOW, inhibited_by=("dlq-not-empty",))))
    found = bodies(system)

    assert found["alert/orders-slow"]["ActionsSuppressor"] == "shop-test-alert-dlq-not-empty"
    assert "alert/orders-slow/inhibitors" not in found


def test_a_description_is_cut_at_a_word_and_keeps_its_links() -> None:
    alert = replace(DLQ, description="Something long to say. " * 90)
    text = bodies(replace(SHOP, alerts=(alert,)))["alert/dlq-not-empty"]["AlarmDescription"]

    assert len(text) <= 1_024
    assert "say. Something … \n" not in text
    assert text.splitlines()[0].endswith((" …",))
    assert "\nRunbook: https://run.example/dlq-not-empty\n" in text
    assert text.endswith("#dashboards/dashboard/shop-test-dashboard-shop")


def test_labels_become_tags_beside_ours() -> None:
    assert bodies(SHOP)["slo/orders-latency/page"]["Tags"] == [
        {"Key": "sereno:address", "Value": "slo/orders-latency/page"},
        {"Key": "sereno:environment", "Value": "test"},
        {"Key": "sereno:project", "Value": "shop"},
        {"Key": "team", "Value": "shop"},
    ]


FOREIGN = signal("orders", CloudWatchMetric(namespace="N", metric="M", region="us-east-1"))
AVERAGED = signal("orders", CloudWatchMetric(namespace="N", metric="M", stat="Average"))
ELSEWHERE = replace(SIGNALS["orders"], cloudwatch=None)


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        pytest.param(
            with_slo(replace(AVAILABILITY, budgeting="RatioTimeslices")),
            ["cw-no-alarm"],
            id="an average of slices' ratios has no alarm",
        ),
        pytest.param(
            with_slo(replace(AVAILABILITY, composite=True)),
            ["cw-no-alarm"],
            id="a weighted budget has no alarm",
        ),
        pytest.param(
            replace(SHOP, slos=(), dashboards=(), alerts=(FAILED,), signals={**SIGNALS, "orders": ELSEWHERE}),
            ["cw-signal"],
            id="a signal only Datadog knows",
        ),
        pytest.param(
            replace(with_slo(AVAILABILITY), signals={**SIGNALS, "orders": FOREIGN}),
            ["cw-region"],
            id="a metric of another region",
        ),
        pytest.param(
            replace(with_slo(AVAILABILITY), signals={**SIGNALS, "orders": AVERAGED}),
            ["cw-no-count"],
            id="an average is no count",
        ),
        pytest.param(
            with_slo(replace(AVAILABILITY, policies=(replace(TICKET, long=259_200, short=21_600),))),
            ["cw-window-over-a-day"],
            id="three days are evaluated hourly, if at all",
        ),
        pytest.param(
            with_slo(replace(SLICED, policies=(replace(PAGE_FAST, burn=Decimal(40)),))),
            ["cw-never"],
            id="more than every slice can never be bad",
        ),
        pytest.param(
            replace(
                SHOP,
                slos=(),
                dashboards=(),
                alerts=(DLQ,),
                routes=Route(receiver="d", match={}),
                receivers={"d": Receiver(name="d", description="d", datadog=("@x",))},
            ),
            ["cw-receiver"],
            id="a receiver only Datadog reaches",
        ),
        pytest.param(
            replace(SHOP, slos=(), dashboards=(), alerts=(DLQ,), routes=None),
            ["cw-nobody"],
            id="nobody is told",
        ),
        pytest.param(
            replace(
                with_slo(AVAILABILITY),
                dashboards=(
                    replace(
                        DASHBOARD, rows=((Panel(kind="alerts", title="", width=2, height=2, alerts=()),),)
                    ),
                ),
                receivers={
                    "on-call": replace(SHOP.receivers["on-call"], cloudwatch=("arn:aws:sns:x",)),
                    "tickets": replace(SHOP.receivers["tickets"], cloudwatch=("arn:aws:sns:y",)),
                },
            ),
            ["cw-account", "cw-action-service"],
            id="an alarm widget of an unknown account",
        ),
        pytest.param(
            with_slo(replace(AVAILABILITY, policies=(PAGE_FAST, replace(PAGE_FAST, burn=Decimal(3))))),
            ["cw-name-twice"],
            id="two pairs of one severity and the same windows",
        ),
    ],
)
def test_what_cannot_be_said_is_a_problem(system: System, expected: list[str]) -> None:
    assert expected == sorted(set(codes(system)))


def test_a_window_over_a_day_is_said_in_the_description() -> None:
    slo = replace(AVAILABILITY, policies=(replace(TICKET, long=259_200, short=21_600),))

    text = bodies(with_slo(slo))["slo/orders-availability/ticket/3d-6h/long"]["AlarmDescription"]

    assert "once an hour" in text


def widgets(system: System) -> list[dict[str, Any]]:
    return list(bodies(system)["dashboard/shop"]["DashboardBody"]["widgets"])


def test_panels_stand_side_by_side_and_rows_below_each_other() -> None:
    assert [(w["x"], w["y"], w["width"], w["height"]) for w in widgets(SHOP)] == [
        (0, 0, 24, 2),
        (0, 2, 7, 5),
        (7, 2, 9, 6),
        (16, 2, 8, 4),
        (0, 8, 16, 6),
        (16, 8, 8, 3),
    ]


def test_the_budget_left_is_taken_over_the_whole_window() -> None:
    properties = widgets(SHOP)[1]["properties"]

    assert (properties["start"], properties["setPeriodToTimeRange"]) == ("-P30D", True)
    assert [line[0]["expression"] for line in properties["metrics"] if len(line) == 1] == [
        "100 * (1 - orders_failed / orders / 0.003)",
        "100 * (1 - (orders_answered - orders_fast) / orders_answered / 0.04)",
    ]


def test_the_burn_rate_is_drawn_with_the_lines_at_which_it_fires() -> None:
    properties = widgets(SHOP)[2]["properties"]

    assert [line["value"] for line in properties["annotations"]["horizontal"]] == [13.1, 5.3, 2.9]
    assert [line[0]["label"] for line in properties["metrics"] if len(line) == 1] == [
        "orders-availability over 5m",
        "orders-availability over 30m",
        "orders-availability over 2h",
    ]


def test_the_alarm_widget_lists_what_speaks() -> None:
    arn = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:shop-test-"

    assert widgets(SHOP)[3]["properties"]["alarms"] == [
        f"{arn}alert-dlq-not-empty",
        f"{arn}slo-orders-latency-page",
        f"{arn}slo-orders-latency-ticket",
        f"{arn}slo-orders-latency-no-data",
    ]


def alarms_of_a_panel(system: System, *alerts: str, slos: tuple[str, ...] = ()) -> list[str]:
    """The alarms a panel shows, without what every ARN begins with."""
    shown = Panel(kind="alerts", title="On call", width=24, height=4, alerts=alerts, slos=slos)
    (widget,) = widgets(replace(system, dashboards=(replace(DASHBOARD, rows=((shown,),)),)))
    return [arn.partition(":alarm:shop-test-")[2] for arn in widget["properties"]["alarms"]]


@pytest.mark.parametrize(
    ("alert", "alarm"),
    [
        pytest.param("dlq-not-empty", "alert-dlq-not-empty", id="a threshold alert"),
        pytest.param("orders-latency/page", "slo-orders-latency-page", id="the page of an SLO"),
        pytest.param("orders-latency/ticket", "slo-orders-latency-ticket", id="its ticket"),
        pytest.param("orders-latency/no-data", "slo-orders-latency-no-data", id="its silence"),
        pytest.param("orders-latency/page/1h-5m", "slo-orders-latency-page-1h-5m", id="one pair of it"),
    ],
)
def test_a_panel_shows_the_alarm_of_an_alert_as_tests_name_it(alert: str, alarm: str) -> None:
    assert [alarm] == alarms_of_a_panel(SHOP, alert)
    assert f"shop-test-{alarm}" in {body.get("AlarmName") for body in bodies(SHOP).values()}


def test_a_panel_shows_an_alarm_once_however_it_was_named() -> None:
    assert alarms_of_a_panel(SHOP, "orders-latency/page", slos=("orders-latency",)) == [
        "slo-orders-latency-page",
        "slo-orders-latency-ticket",
        "slo-orders-latency-no-data",
    ]


QUARTER = BudgetPolicy(
    name="releases",
    description="Mends before features.",
    rules=(BudgetRule(action="warn", left=Decimal("0.25"), notify="ticket"),),
    where=Span("slo/budget.yaml", 4, 1, 5),
)


def test_a_panel_leaves_out_the_budget_alert_that_cloudwatch_has_none_for_and_says_so() -> None:
    told = replace(SHOP, budget_policies=(QUARTER,))
    shown = Panel(
        kind="alerts", title="Left", width=9, height=4, alerts=("dlq-not-empty", "orders-latency/budget-25")
    )
    system = replace(told, dashboards=(replace(DASHBOARD, rows=((shown,),)),))

    assert alarms_of_a_panel(told, *shown.alerts) == ["alert-dlq-not-empty"]
    assert [(p.severity, p.message) for p in compiled(system)[1] if p.code == "cw-panel-alert"] == [
        (
            "warning",
            "panel `Left` of dashboard `shop` names `orders-latency/budget-25`, which is no alarm here",
        )
    ]


def test_an_alarm_links_the_first_dashboard_that_shows_its_slo_or_an_alert_of_it() -> None:
    page = Panel(kind="alerts", title="", width=9, height=4, alerts=("orders-latency/page",))
    budget = Panel(kind="slo", title="", width=9, height=4, slos=("orders-availability",))
    boards = tuple(
        replace(DASHBOARD, name=name, rows=((panel,),)) for name, panel in (("left", budget), ("pages", page))
    )
    system = replace(SHOP, dashboards=boards)

    assert shown_on(system, slo="orders-latency") == "pages"
    assert shown_on(system, slo="orders-availability") == "left"


def test_the_metrics_behind_an_expression_are_hidden_unless_they_are_asked_for() -> None:
    lines = widgets(SHOP)[4]["properties"]["metrics"]

    assert [(line[-1]["label"], line[-1].get("visible", True)) for line in lines] == [
        ("failed-percent", True),
        ("orders", True),
        ("orders-failed", False),
    ]


def test_latency_alone_compiles() -> None:
    assert [r.kind for r in compiled(with_slo(LATENCY))[0]].count("composite-alarm") == 4
