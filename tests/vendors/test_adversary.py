"""What goes wrong between a plan and its end: each a sentence, and the next run does the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from sereno.errors import Found, SerenoError, Unable
from sereno.language.model import System
from sereno.vendors.backend import Change
from sereno.vendors.cloudwatch import compile as compiled
from sereno.vendors.cloudwatch.client import Calls, Pace, Place, refusal
from sereno.vendors.cloudwatch.fake import Fake
from sereno.vendors.cloudwatch.forms import TERMS
from sereno.vendors.cloudwatch.live import CloudWatch
from sereno.vendors.plan import plan
from sereno.vendors.session import Session
from tests.vendors.systems import DASHBOARD, DLQ, SHOP, SLOW
from tests.vendors.test_paging import MUTED

SLOW_ALONE = replace(SLOW, inhibited_by=())
WAITING = replace(DLQ, name="waiting", inhibited_by=("orders-slow",))
THIRD = replace(DLQ, name="third")
WANTED = compiled(SHOP)[0]
Before = Callable[[str, Mapping[str, Any]], None]


def backend(fake: Fake) -> CloudWatch:
    return CloudWatch(Calls(fake), Pace(0), fake.region)


def steps(fake: Fake) -> tuple[Change, ...]:
    return plan(WANTED, backend(fake).read(SHOP), TERMS)


def applied(fake: Fake) -> list[str]:
    """The errors of applying everything."""
    return [outcome.error for outcome in backend(fake).apply(steps(fake)) if outcome.error]


def session(fake: Fake) -> Session:
    cloudwatch = backend(fake)
    return Session(SHOP, cloudwatch, TERMS, cloudwatch.live(SHOP))


def test_five_thousand_alarms_of_others_are_read_by_the_page_and_never_touched() -> None:
    fake = Fake(updated=datetime(2020, 5, 17, tzinfo=UTC))
    for n in range(5_000):
        fake.put_metric_alarm(
            AlarmName=f"shop-test-alert-theirs-{n:04}",
            EvaluationPeriods=1,
            Tags=[{"Key": "team", "Value": "x"}],
        )
    theirs = dict(fake.metric)
    fake.calls.clear()
    begin = time.monotonic()
    changes = steps(fake)

    assert time.monotonic() - begin < 10
    assert len(changes) == len(WANTED)
    assert fake.calls.count("describe_alarms") == 50
    assert fake.calls.count("get_resources") == 2
    assert fake.calls.count("list_tags_for_resource") == 0
    assert applied(fake) == []
    fake.calls.clear()
    assert [o.error for o in backend(fake).apply(plan((), backend(fake).read(SHOP), TERMS)) if o.error] == []
    assert fake.metric == theirs
    assert fake.tags[fake.arn("shop-test-alert-theirs-0007")] == {"team": "x"}


def test_an_alarm_that_has_not_a_name_of_ours_is_not_asked_whose_it_is() -> None:
    fake = Fake()
    for name in ("shop-test-theirs", "shop-test-alert-theirs"):
        fake.put_metric_alarm(AlarmName=name, EvaluationPeriods=1)
    fake.calls.clear()
    live = backend(fake).live(SHOP)

    assert fake.calls.count("list_tags_for_resource") == 1
    assert live.foreign == {"alarm:shop-test-theirs", "alarm:shop-test-alert-theirs"}


def every(n: int, code: str, message: str, only: str = "") -> Before:
    """Refuses every nth call, of one operation or of all."""
    count = 0

    def before(operation: str, arguments: Mapping[str, Any]) -> None:
        nonlocal count
        count += not only or operation == only
        if (not only or operation == only) and count % n == 0:
            raise refusal(operation, code, message)

    return before


READS = ("describe_alarms", "list_dashboards", "get_dashboard", "get_resources", "list_alarm_mute_rules")
WRITES = ("put_metric_alarm", "put_composite_alarm", "put_dashboard", "delete_alarms")


@pytest.mark.parametrize("operation", [*READS, *WRITES])
def test_a_storm_of_throttling_ends_with_a_sentence_and_the_next_run_does_the_rest(operation: str) -> None:
    fake = Fake(page=5)
    applied(fake)
    fake.delete_dashboards(DashboardNames=["shop-test-dashboard-shop"])
    fake.metric["shop-test-alert-dlq-not-empty"]["Threshold"] = 9.0
    old = {**fake.metric["shop-test-alert-dlq-not-empty"], "AlarmName": "shop-test-alert-old"}
    fake.metric["shop-test-alert-old"] = old
    fake.tags[fake.arn("shop-test-alert-old")] = dict(fake.tags[fake.arn("shop-test-alert-dlq-not-empty")])
    del fake.composite["shop-test-slo-orders-availability-page"]
    fake.put_dashboard(DashboardName="shop-test-dashboard-old", DashboardBody="{}")
    fake.before = every(1, "ThrottlingException", "Rate exceeded", operation)

    with pytest.raises(Unable, match=r"AWS takes no more calls for now, .*Rate exceeded.*run it again"):
        applied(fake)
    fake.before = None
    applied(fake)
    assert steps(fake) == ()


def test_the_sdk_repeats_what_aws_throttles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of three answers are a no; none is seen."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    monkeypatch.setattr("botocore.retries.bucket.TokenBucket.acquire", lambda *_, **__: True)
    client = Place("eu-west-1").client("sns")
    assert client.meta.config.retries["mode"] == "adaptive"
    assert client.meta.config.retries["total_max_attempts"] == 10
    answers = iter(["no", "no", "yes"] * 3)

    def answer(request: Any, **_: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        if next(answers) == "yes":
            return AWSResponse(
                request.url, 200, {}, Raw(b"<PublishResponse><PublishResult/></PublishResponse>")
            )
        no = b"<Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error>"
        return AWSResponse(request.url, 400, {}, Raw(b"<ErrorResponse>" + no + b"</ErrorResponse>"))

    client.meta.events.register("before-send.sns.*", answer)
    calls = Calls(Always(client))
    for _ in range(3):
        calls.call("publish", service="sns", TopicArn="arn", Message="m")
    assert next(answers, None) is None


class Raw:
    """A body as the SDK reads it."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.body


class Always:
    """The place of one client."""

    def __init__(self, one: Any) -> None:
        self.one = one

    def client(self, service: str, region: str | None = None) -> Any:
        del service, region
        return self.one


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Place("eu west"), "region_name 'eu west' doesn't match a supported format"),
        (Place(""), "Invalid endpoint"),
        (Place("eu-west-1", "localhost"), "Invalid endpoint: localhost"),
    ],
    ids=["a region with a space", "no region", "an endpoint that is no URL"],
)
def test_a_place_that_is_none_is_a_sentence(place: Place, expected: str) -> None:
    with pytest.raises(Unable, match=f"AWS cannot be asked: .*{expected}"):
        Calls(place).call("describe_alarms")


@pytest.mark.parametrize("n", [2, 3, 5, 11])
@pytest.mark.parametrize("operation", [*READS, *WRITES, "list_tags_for_resource", ""])
def test_a_permission_that_is_missing_now_and_then_leaves_exactly_the_rest(operation: str, n: int) -> None:
    fake = Fake(page=5, before=every(n, "AccessDenied", "not authorized to perform it", operation))
    with suppress(SerenoError):
        applied(fake)
    fake.before = None

    assert applied(fake) == []
    assert steps(fake) == ()


@pytest.mark.parametrize("k", range(0, 27, 3))
def test_a_token_that_expires_after_k_writes_ends_the_run_and_the_next_finishes_it(k: int) -> None:
    fake = Fake()
    cloudwatch, changes, left = backend(fake), steps(fake), k

    def before(operation: str, arguments: Mapping[str, Any]) -> None:
        nonlocal left
        left -= operation.startswith("put")
        if left < 0:
            raise refusal(operation, "ExpiredToken", "The security token included in the request is expired")

    fake.before = before
    with pytest.raises(Unable, match="the AWS session token has expired: sign in again"):
        list(cloudwatch.apply(changes))
    fake.before = None
    assert len(steps(fake)) == len(WANTED) - k
    assert applied(fake) == []


@pytest.mark.parametrize(
    ("read", "delete", "gone"),
    [
        (
            "get_dashboard",
            lambda fake: fake.dashboards.clear(),
            "create dashboard/shop",
        ),
        ("get_alarm_mute_rule", lambda fake: fake.mutes.clear(), "create mute/nights"),
    ],
    ids=["a dashboard", "a mute rule"],
)
def test_what_is_deleted_between_the_list_and_its_reading_is_not_there(
    read: str, delete: Callable[[Fake], None], gone: str
) -> None:
    fake = Fake()
    system = replace(MUTED, dashboards=(replace(DASHBOARD, rows=DASHBOARD.rows[:1]),))
    wanted = compiled(system)[0]
    assert [o.error for o in backend(fake).apply(plan(wanted, (), TERMS)) if o.error] == []
    fake.before = lambda operation, _: delete(fake) if operation == read else None
    changes = plan(wanted, backend(fake).read(system), TERMS)

    assert [f"{change.verb} {change.resource.address}" for change in changes] == [gone]


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_tags_of_which_a_page_is_missing_make_nothing_somebody_elses(nth: int) -> None:
    """Half of the tags would make ours foreign: to plan, to apply and to destroy there would be nothing."""
    fake = Fake(page=9, updated=datetime(2020, 5, 17, tzinfo=UTC))
    applied(fake)
    count = iter(range(1, 99))

    def before(operation: str, arguments: Mapping[str, Any]) -> None:
        if operation == "get_resources" and next(count) == nth:
            raise refusal("GetResources", "InternalServiceException", "try again later")

    fake.before = before
    with pytest.raises(Unable, match=r"whose things are cannot be read .*GetResources: try again later"):
        backend(fake).live(SHOP)
    fake.before = None
    assert steps(fake) == ()


def test_what_stands_on_a_thing_that_could_not_be_deleted_keeps_it_and_is_not_asked_for() -> None:
    fake = Fake()
    applied(fake)
    fake.put_composite_alarm(AlarmName="theirs", AlarmRule='ALARM("shop-test-slo-orders-availability-page")')
    fake.calls.clear()
    outcomes = list(backend(fake).apply(plan((), backend(fake).read(SHOP), TERMS)))
    errors = {o.change.resource.address: o.error for o in outcomes if o.error}

    page, live = "slo/orders-availability/page", "alarm:shop-test-slo-orders-availability-page"
    assert "is needed by ['theirs']" in errors.pop(page)
    assert errors == {
        f"{page}/1h-5m": f"not tried: {live} stands on it",
        f"{page}/6h-30m": f"not tried: {live} stands on it",
        **{
            f"{page}/{pair}/{half}": f"not tried: {live}-{pair} stands on it"
            for pair in ("1h-5m", "6h-30m")
            for half in ("long", "short")
        },
    }
    fake.delete_alarms(AlarmNames=["theirs"])
    left = plan((), backend(fake).read(SHOP), TERMS)
    assert sorted(c.resource.address for c in left) == sorted([page, *errors])
    assert [o.error for o in backend(fake).apply(left) if o.error] == []


def test_a_kind_that_cannot_change_for_somebody_elses_composite_leaves_ours_on_it_awake() -> None:
    """What stood on it is deleted first; it comes back on the alarm as it was."""
    fake = Fake()
    free = replace(SHOP, slos=(), alerts=(SLOW_ALONE, WAITING), dashboards=())
    bound = replace(free, alerts=(replace(SLOW_ALONE, inhibited_by=("third",)), WAITING, THIRD))

    def errors(system: System) -> list[str]:
        cloudwatch = backend(fake)
        changes = plan(compiled(system)[0], cloudwatch.read(system), TERMS)
        return [outcome.error for outcome in cloudwatch.apply(changes) if outcome.error]

    assert errors(free) == []
    fake.put_composite_alarm(AlarmName="theirs", AlarmRule='ALARM("shop-test-alert-orders-slow")')
    refused, untried = errors(bound)
    assert "is needed by ['theirs']" in refused
    assert untried == "not tried: the alarm that bears its name could not be deleted"
    assert "shop-test-alert-waiting" in fake.composite
    fake.delete_alarms(AlarmNames=["theirs"])
    assert errors(bound) == []
    assert plan(compiled(bound)[0], backend(fake).read(bound), TERMS) == ()


def test_an_alarm_deleted_between_its_page_and_its_tags_is_not_there() -> None:
    fake = Fake()
    applied(fake)
    gone = fake.arn("shop-test-alert-dlq-not-empty")
    del fake.tags[gone]

    def before(operation: str, arguments: Mapping[str, Any]) -> None:
        if operation == "list_tags_for_resource" and arguments.get("ResourceARN") == gone:
            raise refusal(operation, "ResourceNotFoundException", "Unknown")

    fake.before = before
    live = backend(fake).live(SHOP)
    assert live.foreign == frozenset()
    assert "alert/dlq-not-empty" not in [resource.address for resource in live.owned]


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_whatever_somebody_deletes_during_an_apply_the_next_one_makes(data: st.DataObject) -> None:
    fake = Fake()
    when = data.draw(st.sets(st.integers(0, 30), max_size=4))
    calls = 0

    def before(operation: str, arguments: Mapping[str, Any]) -> None:
        nonlocal calls
        calls += 1
        if calls in when and fake.metric:
            fake.metric.pop(data.draw(st.sampled_from(sorted(fake.metric))))

    fake.before = before
    applied(fake)
    fake.before = None
    assert applied(fake) == []
    assert steps(fake) == ()


@given(turns=st.lists(st.booleans(), max_size=70))
@settings(max_examples=40, deadline=None)
def test_two_applies_at_once_end_where_one_does(turns: list[bool]) -> None:
    fake = Fake()
    fake.put_dashboard(DashboardName="shop-test-dashboard-old", DashboardBody="{}")
    both = [backend(fake).apply(steps(fake)), backend(fake).apply(steps(fake))]
    for first in turns:
        next(iter(both[first]), None)
    errors = [outcome.error for outcomes in both for outcome in outcomes if outcome.error]

    assert errors == []
    assert steps(fake) == ()


def test_a_saved_plan_is_for_one_account_one_region_and_one_live_state() -> None:
    fake = Fake()
    here = session(fake)
    saved = here.saved(here.changes(WANTED))
    elsewhere = session(Fake(region="eu-west-2"))

    assert here.still(saved) == saved.changes
    with pytest.raises(Found, match=r"for account 123456789012 in eu-west-1, and .* in eu-west-2"):
        elsewhere.still(saved)
    with pytest.raises(
        Found, match=r"for shop, environment prod on cloudwatch, and this is shop, .* test on"
    ):
        here.still(replace(saved, environment="prod"))
    with pytest.raises(Found, match=r"for shop, environment test on datadog, and this is .* on cloudwatch"):
        here.still(replace(saved, backend="datadog"))
    applied(fake)
    with pytest.raises(Found, match="what is live has changed since this plan was made"):
        session(fake).still(saved)


def test_a_target_that_is_none_is_said_to_be_so() -> None:
    with pytest.raises(Unable, match="nothing at or below `alert/dlq`; did you mean `alert/dlq-not-empty`"):
        session(Fake()).changes(WANTED, ["alert/dlq"])


def test_a_name_taken_since_a_plan_was_saved_is_not_overwritten() -> None:
    fake = Fake()
    here = session(fake)
    saved = here.saved(here.changes(WANTED))
    fake.put_metric_alarm(AlarmName="shop-test-alert-dlq-not-empty", EvaluationPeriods=7)

    with pytest.raises(Found, match="1 name is held by others; nothing was done"):
        session(fake).still(saved)


def test_a_child_is_made_alone_and_goes_with_what_stands_on_it() -> None:
    fake = Fake()
    child = "slo/orders-availability/page/1h-5m/long"
    made = session(fake).changes(WANTED, [child])
    applied(fake)
    gone = session(fake).changes((), [child])

    assert [f"{c.verb} {c.resource.address}" for c in made] == [f"create {child}"]
    assert [f"{c.verb} {c.resource.address}" for c in gone][-2:] == [
        "delete slo/orders-availability/page/1h-5m",
        f"delete {child}",
    ]
    assert [outcome.error for outcome in backend(fake).apply(gone) if outcome.error] == []
