"""What a plan costs: by the metrics an alarm reads, not by the alarm."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from sereno.language.model import CloudWatchMetric
from sereno.vendors.backend import Change, Resource
from sereno.vendors.cloudwatch.cost import Prices, custom_metrics, monthly, prices, summary
from tests.vendors.systems import SHOP, SIGNALS, signal

AT = Prices("d", "r", *(Decimal(n) for n in ("1", "2", "3", "5", "7", "11")))


def alarm(name: str = "a", **body: Any) -> Resource:
    return Resource("metric-alarm", name, {"AlarmName": name, **body})


def stats(*periods: int) -> list[dict[str, Any]]:
    return [{"Id": "e"}, *({"Id": f"m{n}", "MetricStat": {"Period": p}} for n, p in enumerate(periods))]


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        pytest.param(alarm(Period=60), 1, id="one metric"),
        pytest.param(alarm(Period=20), 2, id="one metric, fast"),
        pytest.param(alarm(Metrics=stats(300, 300, 300)), 3, id="three metrics"),
        pytest.param(alarm(Metrics=stats(10, 10)), 4, id="two metrics, fast"),
        pytest.param(alarm(Metrics=stats(60), ThresholdMetricId="t"), 3, id="a band"),
        pytest.param(Resource("composite-alarm", "c", {"AlarmName": "c"}), 5, id="a composite"),
        pytest.param(Resource("dashboard", "d", {"DashboardName": "d"}), 7, id="a dashboard"),
        pytest.param(Resource("mute-rule", "m", {"Name": "m"}), 0, id="a mute rule"),
    ],
)
def test_the_price_of_one_resource(resource: Resource, expected: int) -> None:
    assert expected == monthly(resource, AT)


def test_metrics_of_aws_are_no_custom_metrics_and_two_statistics_are_one() -> None:
    metric = CloudWatchMetric(namespace="Shop", metric="Failed")
    ours = [signal(stat, replace(metric, stat=stat)) for stat in ("Sum", "p99")]

    assert custom_metrics(SHOP) == 0
    assert custom_metrics(replace(SHOP, signals={**SIGNALS, **{s.name: s for s in ours}})) == 1


def test_a_plan_says_what_is_there_and_what_it_makes_of_it() -> None:
    composite = Resource("composite-alarm", "c", {"AlarmName": "c", "AlarmRule": "TRUE"})
    live = [alarm("a", Period=60), alarm("b", Period=60)]
    changes = [
        Change("delete", live[0]),
        Change("create", composite),
        Change("update", alarm("b", Period=10)),
    ]

    assert summary(SHOP, live, changes).splitlines()[0] == (
        "$0.20 a month now, $0.80 after this (+0.60); beside it 0 custom metrics, $0.00"
    )


def test_the_prices_are_dated() -> None:
    assert (prices().date, prices().region, prices().composite_alarm) == (
        "2026-06",
        "us-east-1",
        Decimal("0.50"),
    )
