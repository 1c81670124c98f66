"""What a plan costs: by the metrics an alarm reads, not by the alarm. Each sum is done by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from sereno.language.model import CloudWatchMetric
from sereno.vendors.backend import Change, Resource
from sereno.vendors.cloudwatch import canaries
from sereno.vendors.cloudwatch.client import Calls, Pace
from sereno.vendors.cloudwatch.cost import Prices, counted, custom_metrics, monthly, prices, summary
from sereno.vendors.cloudwatch.fake import Fake
from sereno.vendors.cloudwatch.live import CloudWatch
from tests.vendors.systems import SHOP, SIGNALS, signal

ROOT = Path(__file__).parents[2]
PRIMES = ("1", "2", "3", "5", "7", "11", "13", "17", "19", "23", "29", "31")
AT = Prices("d", "r", *map(Decimal, PRIMES))


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
        pytest.param(alarm(Metrics=[{"Expression": "SELECT 1"}]), 1, id="a query"),
        pytest.param(Resource("composite-alarm", "c", {"AlarmName": "c"}), 5, id="a composite"),
        pytest.param(Resource("dashboard", "d", {"DashboardName": "d"}), 7, id="a dashboard"),
        pytest.param(Resource("mute-rule", "m", {"Name": "m"}), 0, id="a mute rule"),
    ],
)
def test_the_price_of_one_resource(resource: Resource, expected: int) -> None:
    assert expected == monthly(counted([resource]), AT)


def test_metrics_of_aws_are_no_custom_metrics_but_for_those_of_a_route_and_two_statistics_are_one() -> None:
    metric = CloudWatchMetric(namespace="Shop", metric="Failed")
    ours = [signal(stat, replace(metric, stat=stat)) for stat in ("Sum", "p99")]
    route = (("ApiId", "a"), ("Method", "GET"), ("Resource", "/users"), ("Stage", "live"))
    of_a_route = CloudWatchMetric(namespace="AWS/ApiGateway", metric="Count", dimensions=route)

    assert custom_metrics(SHOP) == 0
    assert custom_metrics(replace(SHOP, signals={**SIGNALS, **{s.name: s for s in ours}})) == 1
    assert custom_metrics(replace(SHOP, signals={**SIGNALS, "route": signal("route", of_a_route)})) == 1


def test_a_plan_says_what_is_there_and_what_it_makes_of_it() -> None:
    """Now 1 + 2 metrics: 3 x 0.10. After: 2 of them gone, 1 + 3 fast ones: 4 x 0.30 + 0.50, 1.40 more."""
    composite = Resource("composite-alarm", "c", {"AlarmName": "c", "AlarmRule": "TRUE"})
    live = [alarm("a", Metrics=stats(60, 60)), alarm("b", Period=60)]
    changes = [
        Change("delete", live[0]),
        Change("create", composite),
        Change("create", alarm("d", Metrics=stats(20, 20, 20))),
        Change("update", alarm("b", Period=10)),
    ]

    assert summary(SHOP, live, changes) == (
        "cost a month: $0.30 now (3 alarm metrics 0.30)\n"
        "              $1.70 after this, +1.40 (4 fast alarm metrics 1.20, 1 composite alarm 0.50)\n"
        "beside it: 0 custom metrics that the signals read, $0.00\n"
        "(list prices of us-east-1, 2026-06, for 30 days; the free tier is not taken off: 10 alarm metrics,"
        " 3 dashboards, 10 custom metrics, 100 Synthetics runs, and of Lambda a million requests and 400,000"
        " GB-seconds)\n"
    )


def test_what_is_billed_by_its_use_is_named_and_not_counted() -> None:
    there = [
        alarm("q", Metrics=[{"Id": "q1", "Expression": "SELECT SUM(Failed) FROM Shop", "Period": 60}]),
        alarm("p", EvaluationCriteria={"PromQLCriteria": {"Query": "up"}}),
        Resource("slo", "s", {"Name": "s"}),
    ]
    said = summary(SHOP, there, [])

    assert "not counted: 2 alarms on a query, which costs by each metric found; here it is one\n" in said
    assert "not counted: 1 native SLO, which Application Signals bills by its own use\n" in said


def test_the_prices_are_dated() -> None:
    assert (prices().date, prices().region, prices().composite_alarm) == (
        "2026-06",
        "us-east-1",
        Decimal("0.50"),
    )


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(1 minute)", 43_200),
        ("rate(5 minutes)", 8_640),
        ("rate(1 hour)", 720),
        ("rate(2 days)", 15),
        ("rate(0 minute)", 0),
        ("cron(0 2 * * ? *)", 0),
        ("", 0),
    ],
)
def test_runs_in_thirty_days(expression: str, expected: int) -> None:
    assert expected == canaries.runs(expression)


def test_the_canary_of_this_repository() -> None:
    """43,200 runs of 256 MB on arm64, which poll each 0.5 s and for 30 s at most, and ask twice beside that.

    At 2 s: 43,200 x 2 x 0.25 = 21,600 GB-s x 0.0000133334 = 0.28800144; requests 43,200 x 0.0000002 =
    0.00864; schedule 43,200 x 0.000001 = 0.0432; API 43,200 x (2 + 2 / 0.5) = 259,200 x 0.000001 = 0.2592.
    Sum 0.59904144. At 50 s: 540,000 GB-s = 7.200036; 0.00864; 0.0432; API 43,200 x (2 + 30 / 0.5) = 2.6784.
    Sum 9.930276.
    """
    (canary,) = canaries.scheduled(yaml.safe_load((ROOT / "infra" / "pipeline.yaml").read_text()))

    assert canaries.monthly(canary, Decimal(2), prices()) == Decimal("0.59904144")
    assert canaries.monthly(canary, Decimal(50), prices()) == Decimal("9.930276")
    assert canaries.line(replace(canary, name="c"), prices()) == (
        "canary c: 43,200 runs, $0.60 at 2 s each, $9.93 if each took its 50 s (Lambda, schedule and API"
        " requests)\n"
    )


@pytest.mark.parametrize(
    "pipeline",
    [None, [], {"functions": 5}, {"functions": {"a": 5}}, {"functions": {"a": {"schedule": ["x"]}}}],
    ids=["nothing", "a list", "no functions", "a function that is none", "a schedule that is none"],
)
def test_a_pipeline_of_another_form_has_no_canaries(pipeline: Any) -> None:
    assert canaries.summary(pipeline) == ""


class WithCanaries(Fake):
    """CloudWatch Synthetics beside it."""

    def describe_canaries(self, **arguments: Any) -> Mapping[str, Any]:
        states = {"a": "RUNNING", "b": "STOPPED"}
        return {
            "Canaries": [
                {"Name": n, "Status": {"State": states[n]}, "Schedule": {"Expression": "rate(5 minutes)"}}
                for n in arguments["Names"]
            ]
        }


def test_canaries_of_synthetics_are_priced_by_their_runs() -> None:
    """One of two runs: 8,640 x 0.0012 = 10.368."""
    fake = WithCanaries()
    for name in "ab":
        fake.tags[f"arn:aws:synthetics:eu-west-1:123456789012:canary:{name}"] = {"sereno:project": "shop"}
    said = CloudWatch(Calls(fake), Pace(0), "eu-west-1").cost(SHOP, [], [])

    assert said.endswith("Synthetics canaries: 1 of 2 run, 8,640 runs, $10.37\n")
