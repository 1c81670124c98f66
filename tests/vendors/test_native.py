"""SLOs as Application Signals' own: by its API's model, by CloudFormation's schema, planned like the rest."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from sereno.language.expr import Binary, Name
from sereno.language.model import Ratio, Slo, System, Window
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import compile as compiled
from sereno.vendors.cloudwatch.client import Calls, Pace
from sereno.vendors.cloudwatch.fake import Fake
from sereno.vendors.cloudwatch.forms import TERMS
from sereno.vendors.cloudwatch.live import CloudWatch
from sereno.vendors.plan import plan
from tests.vendors.systems import AVAILABILITY, LATENCY, SHOP, SIGNALS, computed


def system(*slos: Slo) -> System:
    return replace(SHOP, slos=slos, alerts=(), dashboards=())


def native(slo: Slo) -> Resource:
    (found,) = (r for r in compiled(system(replace(slo, native=True)))[0] if r.kind == "slo")
    return found


def test_a_ratio_becomes_counts_of_requests_and_burn_rate_windows() -> None:
    body = native(AVAILABILITY).body
    counted = body["RequestBasedSliConfig"]["RequestBasedSliMetricConfig"]

    assert body["Name"] == "shop-test-slo-orders-availability-native"
    assert body["Goal"] == {
        "Interval": {"RollingInterval": {"DurationUnit": "DAY", "Duration": 30}},
        "AttainmentGoal": 99.7,
        "WarningThreshold": 50.0,
    }
    assert [entry["LookBackWindowMinutes"] for entry in body["BurnRateConfigurations"]] == [
        5,
        30,
        60,
        120,
        360,
        1_440,
    ]
    assert counted["TotalRequestCountMetric"][0]["MetricStat"]["Metric"]["MetricName"] == "Count"
    assert counted["MonitoredRequestCountMetric"]["BadCountMetric"][0]["ReturnData"] is True


def test_good_events_under_a_value_are_counted_by_their_statistic() -> None:
    counted = native(LATENCY).body["RequestBasedSliConfig"]["RequestBasedSliMetricConfig"]

    assert counted["MonitoredRequestCountMetric"]["GoodCountMetric"][0]["MetricStat"]["Stat"] == "TC(:270)"


def test_a_sum_of_signals_is_an_expression() -> None:
    both = computed("both", Binary("+", Name("orders"), Name("orders-failed")))
    objective = replace(AVAILABILITY.objectives[0], indicator=Ratio(total="both", bad="orders-failed"))
    slo = replace(AVAILABILITY, native=True, objectives=(objective,), policies=())
    shop = replace(system(slo), signals={**SIGNALS, "both": both})
    (found,) = (r for r in compiled(shop)[0] if r.kind == "slo")
    total = found.body["RequestBasedSliConfig"]["RequestBasedSliMetricConfig"]["TotalRequestCountMetric"]

    assert [query["Expression"] for query in total if query["ReturnData"]] == ["orders + orders_failed"]


@pytest.mark.parametrize(
    "slo",
    [
        replace(AVAILABILITY, budgeting="Timeslices"),
        replace(AVAILABILITY, window=Window(seconds=30 * 86_400, text="1M", rolling=False)),
        replace(AVAILABILITY, objectives=AVAILABILITY.objectives * 2),
    ],
    ids=["slices", "a calendar month", "two objectives"],
)
def test_what_it_cannot_count_is_a_problem(slo: Slo) -> None:
    assert "cw-no-native-slo" in {p.code for p in compiled(system(replace(slo, native=True)))[1]}


def test_the_api_s_model_takes_it() -> None:
    model = get_session().get_service_model("application-signals")
    shape = model.operation_model("CreateServiceLevelObjective").input_shape

    assert ParamValidator().validate(dict(native(AVAILABILITY).body), shape).generate_report() == ""


def test_cloudformation_s_schema_takes_it() -> None:
    from cfnlint.api import lint_all

    body = dict(native(AVAILABILITY).body)
    metric = body.pop("RequestBasedSliConfig")["RequestBasedSliMetricConfig"]
    resource = {
        "Type": "AWS::ApplicationSignals::ServiceLevelObjective",
        "Properties": {**body, "RequestBasedSli": {"RequestBasedSliMetric": metric}},
    }
    template = json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"S": resource}})

    assert [f"{m.rule.id} {m.message}" for m in lint_all(template) if m.rule.id[0] != "I"] == []


def test_it_is_created_changed_and_deleted_like_the_rest() -> None:
    fake = Fake()
    cloudwatch = CloudWatch(Calls(fake), Pace(0), "eu-west-1")
    slos = [replace(AVAILABILITY, native=True), replace(LATENCY, native=True)]
    before, after = system(*slos), system(replace(slos[0], description="Changed."))

    for wanted in (before, after):
        changes = plan(compiled(wanted)[0], cloudwatch.read(wanted), TERMS)
        assert [o.error for o in cloudwatch.apply(changes) if o.error] == []
        assert plan(compiled(wanted)[0], cloudwatch.read(wanted), TERMS) == ()
    assert list(fake.slos) == ["shop-test-slo-orders-availability-native"]
    assert fake.slos["shop-test-slo-orders-availability-native"]["Description"].startswith("Changed.")


def live_after(fake: Fake, *wanted: System) -> CloudWatch:
    """After each was applied in turn."""
    cloudwatch = CloudWatch(Calls(fake), Pace(0), "eu-west-1")
    for each in wanted:
        changes = plan(compiled(each)[0], cloudwatch.read(each), TERMS)
        assert [o.error for o in cloudwatch.apply(changes) if o.error] == []
        assert plan(compiled(each)[0], cloudwatch.read(each), TERMS) == ()
    return cloudwatch


def test_the_last_one_goes_with_its_annotation() -> None:
    fake = Fake()
    live_after(fake, system(replace(AVAILABILITY, native=True)), system(AVAILABILITY))

    assert fake.slos == {}


@pytest.mark.parametrize("target", [Decimal("0.99"), None], ids=["to be changed", "to be deleted"])
def test_one_that_somebody_deleted_meanwhile_ends_as_it_is_wanted(target: Decimal | None) -> None:
    fake = Fake()
    cloudwatch = CloudWatch(Calls(fake), Pace(0), "eu-west-1")
    before = system(replace(AVAILABILITY, native=True))
    list(cloudwatch.apply(plan(compiled(before)[0], cloudwatch.read(before), TERMS)))
    (objective,) = AVAILABILITY.objectives
    changed = replace(
        AVAILABILITY, native=True, objectives=(replace(objective, target=target or objective.target),)
    )
    after = system(*([changed] if target else []))
    changes = plan(compiled(after)[0], cloudwatch.read(after), TERMS)
    fake.slos.clear()

    assert [outcome.error for outcome in cloudwatch.apply(changes) if outcome.error] == []
    assert plan(compiled(after)[0], cloudwatch.read(after), TERMS) == ()
