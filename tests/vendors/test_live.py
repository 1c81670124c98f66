"""Reading and changing what is live: on a fake with CloudWatch's rules, and on two emulators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from sereno.errors import Found, Unable
from sereno.language.model import System
from sereno.vendors.backend import Change, Resource
from sereno.vendors.cloudwatch import compile as compiled
from sereno.vendors.cloudwatch.client import Calls, Pace, Refused, connect, loopback, refusal
from sereno.vendors.cloudwatch.fake import Fake
from sereno.vendors.cloudwatch.forms import TERMS
from sereno.vendors.cloudwatch.live import CloudWatch
from sereno.vendors.plan import plan
from sereno.vendors.session import Session
from tests.vendors.systems import AVAILABILITY, DASHBOARD, DLQ, SHOP, SLOW

STAGING = replace(SHOP, environment=replace(SHOP.environment, name="staging"))


def backend(fake: Fake) -> CloudWatch:
    return CloudWatch(Calls(fake), Pace(0), "eu-west-1")


def steps(system: System, cloudwatch: CloudWatch, wanted: System | None = None) -> tuple[Change, ...]:
    resources = compiled(wanted)[0] if wanted else ()
    return plan(resources, cloudwatch.read(system), TERMS)


def applied(fake: Fake, system: System) -> list[str]:
    """The errors of applying everything."""
    cloudwatch = backend(fake)
    return [o.error for o in cloudwatch.apply(steps(system, cloudwatch, system)) if o.error]


def test_apply_and_then_nothing_is_left() -> None:
    fake = Fake(page=4)

    assert applied(fake, SHOP) == []
    assert steps(SHOP, backend(fake), SHOP) == ()
    assert len(fake.metric | fake.composite) == 26


def test_destroy_leaves_nothing_of_ours_and_everything_of_others() -> None:
    fake = Fake(page=4)
    applied(fake, SHOP)
    applied(fake, STAGING)
    fake.put_metric_alarm(AlarmName="shop-test-alert-by-hand", EvaluationPeriods=1)
    cloudwatch = backend(fake)

    assert [o.error for o in cloudwatch.apply(steps(SHOP, cloudwatch)) if o.error] == []
    assert [n for n in fake.metric | fake.composite if not n.startswith("shop-staging-")] == [
        "shop-test-alert-by-hand"
    ]
    assert list(fake.dashboards) == ["shop-staging-dashboard-shop"]


def test_a_hundred_metric_alarms_are_deleted_in_one_call() -> None:
    fake = Fake()
    applied(fake, SHOP)
    fake.calls.clear()
    cloudwatch = backend(fake)
    list(cloudwatch.apply(steps(SHOP, cloudwatch)))

    composites, one_call_for_all_metric_alarms = 11, 1
    assert fake.calls.count("delete_alarms") == composites + one_call_for_all_metric_alarms


def test_when_a_batch_is_refused_the_others_still_go() -> None:
    fake = Fake()
    applied(fake, replace(SHOP, slos=(), alerts=(DLQ, replace(DLQ, name="second")), dashboards=()))
    fake.put_composite_alarm(AlarmName="theirs", AlarmRule='ALARM("shop-test-alert-second")')
    cloudwatch = backend(fake)
    errors = {o.change.resource.address: o.error for o in cloudwatch.apply(steps(SHOP, cloudwatch))}

    assert errors["alert/dlq-not-empty"] == ""
    assert "is needed by ['theirs']" in errors["alert/second"]


def test_a_name_under_our_prefix_without_our_tags_is_foreign() -> None:
    fake = Fake()
    fake.put_metric_alarm(AlarmName="shop-test-alert-dlq-not-empty", EvaluationPeriods=1)
    fake.put_metric_alarm(
        AlarmName="shop-test-alert-other",
        EvaluationPeriods=1,
        Tags=[{"Key": "sereno:project", "Value": "shop"}, {"Key": "sereno:environment", "Value": "prod"}],
    )
    live = backend(fake).live(SHOP)

    assert live.owned == ()
    assert live.foreign == {"alarm:shop-test-alert-dlq-not-empty", "alarm:shop-test-alert-other"}


def test_an_untagged_dashboard_is_ours_by_its_minted_name_where_none_has_tags() -> None:
    fake = Fake()
    fake.put_dashboard(DashboardName="shop-test-dashboard-old", DashboardBody='{"widgets": []}')
    fake.put_dashboard(DashboardName="shop-test-notes", DashboardBody='{"widgets": []}')
    live = replace(backend(fake), emulated=True).live(SHOP)

    assert [r.address for r in live.owned] == ["dashboard-old"]
    assert live.foreign == {"dashboard:shop-test-notes"}


def test_on_aws_a_dashboard_of_our_name_without_our_tags_is_somebody_elses() -> None:
    fake = Fake()
    for name in ("shop", "old"):
        fake.put_dashboard(DashboardName=f"shop-test-dashboard-{name}", DashboardBody='{"widgets": []}')
    cloudwatch = backend(fake)
    live = cloudwatch.live(SHOP)

    assert live.owned == ()
    with pytest.raises(Found, match="1 name is held by others"):
        Session(SHOP, cloudwatch, TERMS, live).changes(compiled(SHOP)[0])
    assert len(fake.dashboards) == 2


def test_a_dashboard_is_asked_for_its_tags_where_the_tagging_api_of_a_region_lists_alarms_alone() -> None:
    class Regional(Fake):
        """Dashboards are of no Region: their ARNs name none."""

        def get_resources(self, **arguments: Any) -> Mapping[str, Any]:
            found = super().get_resources(**arguments)
            alarms = [e for e in found["ResourceTagMappingList"] if ":alarm:" in e["ResourceARN"]]
            return {**found, "ResourceTagMappingList": alarms}

    fake = Regional()
    assert applied(fake, SHOP) == []
    assert steps(SHOP, backend(fake), SHOP) == ()
    assert backend(fake).live(SHOP).foreign == frozenset()


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        (None, False),
        ("https://monitoring.eu-west-1.amazonaws.com", False),
        ("https://vpce-1.monitoring.cn-north-1.vpce.amazonaws.com.cn", False),
        ("http://127.0.0.1:4566", True),
        ("http://emulator:4566", True),
    ],
    ids=["none", "AWS's", "AWS's in China", "on this machine", "on another"],
)
def test_an_endpoint_that_is_not_awss_is_an_emulator(endpoint: str | None, expected: bool) -> None:
    assert connect(SHOP, endpoint).emulated is expected


def test_an_update_keeps_the_tags_true() -> None:
    fake = Fake()
    applied(
        fake, replace(SHOP, slos=(), alerts=(replace(DLQ, labels={"team": "a", "old": "x"}),), dashboards=())
    )
    applied(fake, replace(SHOP, slos=(), alerts=(replace(DLQ, labels={"team": "b"}),), dashboards=()))

    tags = fake.tags[fake.arn("shop-test-alert-dlq-not-empty")]
    assert tags["team"] == "b"
    assert "old" not in tags


def test_an_alarm_that_becomes_inhibited_changes_its_kind() -> None:
    fake = Fake()
    free = replace(SHOP, slos=(), alerts=(DLQ, replace(SLOW, inhibited_by=())), dashboards=())
    bound = replace(free, alerts=(DLQ, replace(SLOW, inhibited_by=("dlq-not-empty",))))

    assert applied(fake, free) == []
    assert applied(fake, bound) == []
    assert list(fake.composite) == ["shop-test-alert-orders-slow"]
    assert applied(fake, free) == []
    assert list(fake.composite) == []


def denied(operation: str) -> Any:
    def before(called: str, arguments: Mapping[str, Any]) -> None:
        if called == operation:
            raise refusal(operation, "AccessDenied", "not authorized to perform it")

    return before


def test_a_permission_missing_in_the_middle_leaves_a_plan_of_exactly_the_rest() -> None:
    fake = Fake(before=denied("put_composite_alarm"))
    errors = applied(fake, SHOP)

    assert sum("not authorized" in error for error in errors) == 5
    assert sum(error.startswith("not tried: it needs") for error in errors) == 6
    fake.before = None
    rest = steps(SHOP, backend(fake), SHOP)
    assert {change.verb for change in rest} == {"create"}
    assert {change.resource.kind for change in rest} == {"composite-alarm"}
    assert len(rest) == 11


def test_a_token_that_expires_ends_the_run_with_a_sentence() -> None:
    def before(called: str, arguments: Mapping[str, Any]) -> None:
        if called.startswith("put"):
            raise refusal(called, "ExpiredToken", "The security token included in the request is expired")

    cloudwatch = backend(Fake(before=before))
    with pytest.raises(Unable, match="the AWS session token has expired: sign in again"):
        list(cloudwatch.apply(steps(SHOP, cloudwatch, SHOP)))


def test_half_the_pages_and_then_an_error_is_no_live_state() -> None:
    fake = Fake(page=5)
    applied(fake, SHOP)
    pages: Iterator[int] = iter(range(9))

    def before(called: str, arguments: Mapping[str, Any]) -> None:
        if called == "describe_alarms" and next(pages) == 2:
            raise refusal(called, "Throttling", "Rate exceeded")

    fake.before = before
    with pytest.raises(Unable, match="describe_alarms: Rate exceeded"):
        backend(fake).live(SHOP)


def test_what_somebody_deleted_meanwhile_is_made_or_deleted_all_the_same() -> None:
    fake = Fake()
    applied(fake, SHOP)
    cloudwatch = backend(fake)
    changed = replace(SHOP, alerts=(replace(DLQ, period=120),), slos=(AVAILABILITY,), dashboards=())
    changes = steps(SHOP, cloudwatch, changed)
    fake.delete_alarms(AlarmNames=["shop-test-slo-orders-latency-no-data"])
    fake.delete_dashboards(DashboardNames=["shop-test-dashboard-shop"])

    assert [o.error for o in cloudwatch.apply(changes) if o.error] == []
    assert steps(SHOP, cloudwatch, changed) == ()


@pytest.mark.parametrize("k", range(28))
def test_an_apply_interrupted_after_k_calls_is_finished_by_the_next(k: int) -> None:
    fake = Fake()
    cloudwatch = backend(fake)
    outcomes = cloudwatch.apply(steps(SHOP, cloudwatch, SHOP))
    for _ in range(k):
        next(outcomes, None)

    assert applied(fake, SHOP) == []
    assert steps(SHOP, cloudwatch, SHOP) == ()


def test_calls_are_paced() -> None:
    pace = Pace(3)
    pace.wait()
    before = pace.due
    pace.wait()

    assert pace.due - before >= 1 / 3


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (None, False),
        ("http://127.0.0.1:4566", True),
        ("http://localhost:4566", True),
        ("http://[::1]:4566", True),
        ("https://monitoring.eu-west-1.amazonaws.com", False),
        ("http://10.0.0.7:4566", False),
    ],
)
def test_what_is_on_this_machine(url: str | None, expected: bool) -> None:
    assert expected == loopback(url)


def test_no_one_listens() -> None:
    with pytest.raises(Unable, match=r"AWS cannot be asked: Could not connect .*: is the region right"):
        connect(SHOP, "http://127.0.0.1:9").live(SHOP)


# The two emulators, of different make. What each of them cannot do is named here, and nowhere else.


ALONE = {"Name": "m", "Rule": {"Schedule": {"Expression": "at(2026-05-10T14:00)", "Duration": "PT1H"}}}
GAPS = (
    pytest.param(
        "moto", "put_composite_alarm", {"AlarmName": "c", "AlarmRule": "TRUE"}, id="composites of moto"
    ),
    pytest.param("moto", "put_alarm_mute_rule", ALONE, id="mute rules of moto"),
    pytest.param("ministack", "put_alarm_mute_rule", ALONE, id="mute rules of ministack"),
)


@pytest.mark.parametrize(("emulator", "operation", "arguments"), GAPS)
def test_a_gap_of_an_emulator_is_still_there(
    emulator: str, operation: str, arguments: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    """One that was filled is taken out here, and what was left out for it is put back in."""
    calls = connect(SHOP, request.getfixturevalue(emulator)).calls

    with pytest.raises(Refused):
        calls.call(operation, **arguments)


@pytest.mark.parametrize("emulator", ["moto", "ministack"])
def test_on_both_emulators_an_alarm_of_others_under_our_prefix_is_left_alone(
    emulator: str, request: pytest.FixtureRequest
) -> None:
    cloudwatch = connect(SHOP, request.getfixturevalue(emulator))
    static = {"Threshold": 5.0, "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 3}
    read = {"Namespace": "Shop", "MetricName": "Failed", "Period": 60, "Statistic": "Sum"}
    cloudwatch.calls.call("put_metric_alarm", AlarmName="shop-test-alert-theirs", **static, **read)
    wanted = tuple(r for r in compiled(SHOP)[0] if r.address.startswith("alert/dlq"))

    assert [o.error for o in cloudwatch.apply(plan(wanted, cloudwatch.read(SHOP), TERMS)) if o.error] == []
    assert cloudwatch.live(SHOP).foreign == {"alarm:shop-test-alert-theirs"}
    assert [o.error for o in cloudwatch.apply(plan((), cloudwatch.read(SHOP), TERMS)) if o.error] == []
    left = cloudwatch.calls.call("describe_alarms", AlarmNamePrefix="shop-test-")["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in left] == ["shop-test-alert-theirs"]
    cloudwatch.calls.call("delete_alarms", AlarmNames=["shop-test-alert-theirs"])


def without_composites(resources: tuple[Resource, ...]) -> tuple[Resource, ...]:
    return tuple(resource for resource in resources if resource.kind != "composite-alarm")


def test_moto_keeps_metric_alarms_and_dashboards_as_sent(moto: str) -> None:
    """Its gaps: PutCompositeAlarm is not implemented, and dashboards have no tags."""
    cloudwatch = connect(SHOP, moto)
    wanted = without_composites(compiled(SHOP)[0])
    errors = [o.error for o in cloudwatch.apply(plan(wanted, cloudwatch.read(SHOP), TERMS)) if o.error]

    assert errors == []
    assert plan(wanted, cloudwatch.read(SHOP), TERMS) == ()
    assert [o.error for o in cloudwatch.apply(plan((), cloudwatch.read(SHOP), TERMS)) if o.error] == []
    assert list(cloudwatch.read(SHOP)) == []


def kept_by_ministack(path: str) -> bool:
    """It drops Metrics and ActionsSuppressor, and makes up Statistic and Period where there are none."""
    dropped = ("Metrics", "Statistic", "Period", "ActionsSuppressor")
    return not path.startswith(dropped)


def test_ministack_keeps_names_rules_thresholds_and_tags(ministack: str) -> None:
    """Its gaps: see `kept_by_ministack`; and its tagging API knows no alarms: each is asked for its tags."""
    cloudwatch = connect(SHOP, ministack)
    wanted = compiled(SHOP)[0]
    errors = [o.error for o in cloudwatch.apply(plan(wanted, cloudwatch.read(SHOP), TERMS)) if o.error]
    rest = plan(wanted, cloudwatch.read(SHOP), TERMS)

    assert errors == []
    assert {change.verb for change in rest} == {"update"}
    assert [path for change in rest for path, _, _ in change.fields if kept_by_ministack(path)] == []
    assert [o.error for o in cloudwatch.apply(plan((), cloudwatch.read(SHOP), TERMS)) if o.error] == []
    assert list(cloudwatch.read(SHOP)) == []


def test_dashboards_are_compared_as_objects_not_as_text() -> None:
    fake = Fake()
    applied(
        fake, replace(SHOP, slos=(), alerts=(), dashboards=(replace(DASHBOARD, rows=DASHBOARD.rows[:1]),))
    )
    name = "shop-test-dashboard-shop"
    fake.dashboards[name] = fake.dashboards[name].replace(": ", " :  ")

    only_text = replace(SHOP, slos=(), alerts=(), dashboards=(replace(DASHBOARD, rows=DASHBOARD.rows[:1]),))
    assert steps(only_text, backend(fake), only_text) == ()
