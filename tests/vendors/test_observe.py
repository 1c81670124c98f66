"""What was measured: read at the finest period still kept, and told apart from what cannot be asked."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from sereno.language.model import CloudWatchMetric, DatadogMetric
from sereno.vendors.backend import Event, Points, Unavailable
from sereno.vendors.cloudwatch.client import Calls, connect, refusal
from sereno.vendors.cloudwatch.observer import events, observe, parts
from tests.vendors.systems import SHOP

DAY, HOUR = 86_400, 3_600
NOW = 1_700_000_000  # 800 s past a full hour
BAD = CloudWatchMetric(namespace="Shop", metric="Bad", dimensions=(("service", "api"),))
TOTAL = CloudWatchMetric(namespace="Shop", metric="Total", stat="SampleCount")
ELSEWHERE = CloudWatchMetric(namespace="Shop", metric="Bad", region="us-east-1", account="210987654321")


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        pytest.param(NOW - DAY, [(NOW - DAY, NOW, 60)], id="a day is kept by the minute"),
        pytest.param(
            NOW - 30 * DAY,
            [(NOW - 30 * DAY, 1_698_706_800, 300), (1_698_706_800, NOW, 60)],
            id="a month is cut at the hour 15 days ago",
        ),
        pytest.param(
            NOW - 500 * DAY,
            [
                (1_660_690_800, 1_694_559_600, 3_600),
                (1_694_559_600, 1_698_706_800, 300),
                (1_698_706_800, NOW, 60),
            ],
            id="what is older than 455 days is not there",
        ),
    ],
)
def test_a_window_is_cut_where_the_data_becomes_coarser(
    start: int, expected: list[tuple[int, int, int]]
) -> None:
    assert expected == parts(start, NOW, NOW)


class Answers:
    """Gives GetMetricData's answers page by page, and keeps what it was asked."""

    def __init__(self, *pages: dict[str, Any] | Exception) -> None:
        self.pages, self.asked, self.regions = list(pages), list[Mapping[str, Any]](), list[str | None]()

    def client(self, service: str, region: str | None = None) -> Answers:
        self.regions.append(region)
        return self

    def get_metric_data(self, **arguments: Any) -> dict[str, Any]:
        self.asked.append(arguments)
        page = self.pages.pop(0)
        if isinstance(page, Exception):
            raise page
        return page

    describe_alarm_history = get_metric_data


def result(identity: str, *points: tuple[int, float], status: str = "Complete") -> dict[str, Any]:
    return {
        "Id": identity,
        "Timestamps": [datetime.fromtimestamp(at, UTC) for at, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": status,
    }


def shown(answer: Points | Unavailable) -> object:
    if isinstance(answer, Unavailable):
        return answer.reason
    return list(zip(answer.times.tolist(), answer.seconds.tolist(), answer.values.tolist(), strict=True))


def test_pages_and_parts_are_put_together_in_time() -> None:
    answers = Answers(
        {"MetricDataResults": [result("m0", (NOW - 20 * DAY, 3.0)), result("m1")]},
        {
            "MetricDataResults": [result("m0", (NOW - 60, 5.0)), result("m1", (NOW - 120, 7.0))],
            "NextToken": "x",
        },
        {"MetricDataResults": [result("m0", (NOW - 180, 2.0))]},
    )
    found = observe(Calls(answers), "eu-west-1", [BAD, TOTAL], NOW - 30 * DAY, NOW, NOW)

    assert shown(found[BAD]) == [(NOW - 20 * DAY, 300, 3.0), (NOW - 180, 60, 2.0), (NOW - 60, 60, 5.0)]
    assert shown(found[TOTAL]) == [(NOW - 120, 60, 7.0)]
    assert answers.asked[0]["MetricDataQueries"][1]["MetricStat"]["Stat"] == "SampleCount"


def test_a_metric_of_another_region_and_account_is_asked_for_there() -> None:
    answers = Answers({"MetricDataResults": [result("m0")]}, {"MetricDataResults": [result("m0")]})
    observe(Calls(answers), "eu-west-1", [BAD, ELSEWHERE], NOW - DAY, NOW, NOW)

    assert answers.regions == [None, "us-east-1"]
    assert answers.asked[1]["MetricDataQueries"][0]["AccountId"] == "210987654321"


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param(
            refusal("GetMetricData", "AccessDenied", "not authorized"),
            "GetMetricData: not authorized (AccessDenied)",
            id="a refused call",
        ),
        pytest.param(
            {"MetricDataResults": [result("m0", (NOW - 60, 5.0), status="Forbidden")]},
            "Forbidden",
            id="a forbidden account",
        ),
        pytest.param({"MetricDataResults": [result("m0")]}, [], id="no data is an answer"),
    ],
)
def test_a_refusal_is_not_the_same_as_no_data(page: Any, expected: object) -> None:
    found = observe(Calls(Answers(page)), "eu-west-1", [BAD], NOW - DAY, NOW, NOW)

    assert shown(found[BAD]) == expected


def test_a_datadog_query_is_no_cloudwatch_metric() -> None:
    query = DatadogMetric(query="sum:x{*}")

    assert shown(observe(Calls(Answers()), "eu-west-1", [query], NOW - DAY, NOW, NOW)[query]) == (
        "this is no CloudWatch metric"
    )


def history(at: int, state: str, reason: str = "because") -> dict[str, Any]:
    data = f'{{"newState": {{"stateValue": "{state}", "stateReason": "{reason}"}}}}'
    return {"Timestamp": datetime.fromtimestamp(at, UTC), "HistoryData": data}


def test_events_are_in_order_and_within_the_window() -> None:
    answers = Answers(
        {"AlarmHistoryItems": [history(100, "ALARM"), history(700, "OK")], "NextToken": "x"},
        {"AlarmHistoryItems": [history(900, "ALARM")]},
        {"AlarmHistoryItems": [history(600, "INSUFFICIENT_DATA", "no data")]},
    )

    assert events(Calls(answers), ["b", "a"], 200, 900) == [
        Event("a", 600.0, "INSUFFICIENT_DATA", "no data"),
        Event("b", 700.0, "OK", "because"),
    ]


def test_a_history_that_is_refused_is_unavailable() -> None:
    answers = Answers(refusal("DescribeAlarmHistory", "AccessDenied", "not authorized"))

    assert events(Calls(answers), ["a"], 0, 1) == Unavailable(
        "DescribeAlarmHistory: not authorized (AccessDenied)"
    )


@pytest.mark.parametrize("emulator", ["moto", "ministack"])
def test_an_emulator_gives_back_what_was_put(emulator: str, request: pytest.FixtureRequest) -> None:
    cloudwatch = connect(SHOP, request.getfixturevalue(emulator))
    minute = int(time.time()) // 60 * 60 - 300
    cloudwatch.calls.call(
        "put_metric_data",
        Namespace="Shop",
        MetricData=[
            {
                "MetricName": "Bad",
                "Dimensions": [{"Name": "service", "Value": "api"}],
                "Timestamp": datetime.fromtimestamp(minute + 5, UTC),
                "Value": value,
            }
            for value in (3.0, 4.0)
        ],
    )
    found = cloudwatch.observe([BAD, TOTAL], minute - 600, minute + 600)

    assert shown(found[BAD]) == [(minute, 60, 7.0)]
    assert shown(found[TOTAL]) == []
