"""Mutes of the routes, mutes laid by hand, and test pages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sereno.errors import Unable
from sereno.language.model import Mute, Route, System
from sereno.vendors.cloudwatch import compile as compiled
from sereno.vendors.cloudwatch.client import Calls, Pace, refusal
from sereno.vendors.cloudwatch.fake import Fake
from sereno.vendors.cloudwatch.forms import TERMS
from sereno.vendors.cloudwatch.limits import check_resources
from sereno.vendors.cloudwatch.live import CloudWatch
from sereno.vendors.cloudwatch.mutes import ends, lasting, length
from sereno.vendors.cloudwatch.paging import Laid, Step, lift, mute, muted, page
from sereno.vendors.cloudwatch.topics import Alarm, Key, topic_faults
from sereno.vendors.plan import plan
from sereno.vendors.subjects import as_paged
from tests.vendors.systems import AVAILABILITY, DLQ, ON_CALL, SHOP

NIGHT = Mute(name="nights", days=(0, 1, 2, 3, 4), start="22:30", end="06:15", zone="Europe/Berlin")
NOW = datetime(2026, 5, 10, 13, 59, 40, tzinfo=UTC)


def routed(route: Route) -> System:
    return replace(SHOP, routes=route, slos=(AVAILABILITY,), alerts=(DLQ,), dashboards=())


MUTED = routed(
    Route(receiver="tickets", mutes=(NIGHT,), routes=(Route(receiver="on-call", match={"severity": "page"}),))
)


def test_a_muted_route_becomes_a_rule_over_the_alarms_that_speak_through_it() -> None:
    (rule,) = (r for r in compiled(MUTED)[0] if r.kind == "mute-rule")

    assert (rule.address, rule.body["Name"]) == ("mute/nights", "shop-test-mute-nights")
    assert rule.body["Rule"]["Schedule"] == {
        "Expression": "cron(30 22 * * MON,TUE,WED,THU,FRI)",
        "Duration": "PT7H45M",
        "Timezone": "Europe/Berlin",
    }
    assert rule.body["MuteTargets"]["AlarmNames"] == [
        "shop-test-slo-orders-availability-no-data",
        "shop-test-slo-orders-availability-ticket",
    ]


def test_a_mute_that_holds_for_some_of_those_who_are_told_cannot_be_said() -> None:
    route = Route(
        receiver="tickets",
        routes=(
            Route(receiver="on-call", match={"severity": "page"}, proceed=True, mutes=(NIGHT,)),
            Route(receiver="tickets", match={}),
        ),
    )

    assert {p.code for p in compiled(routed(route))[1]} == {"cw-mute-partial"}


def test_more_than_a_hundred_alarms_are_muted_by_several_rules() -> None:
    many = tuple(replace(DLQ, name=f"alert-{n:03}", severity="ticket") for n in range(101))
    rules = [r for r in compiled(replace(MUTED, alerts=many, slos=()))[0] if r.kind == "mute-rule"]

    assert [(r.address, len(r.body["MuteTargets"]["AlarmNames"])) for r in rules] == [
        ("mute/nights", 100),
        ("mute/nights/2", 1),
    ]


@pytest.mark.parametrize(
    ("mute", "expected"),
    [
        (replace(NIGHT, days=(5, 6), start="00:00", end="00:00"), ("cron(0 0 * * SAT,SUN)", "P1D")),
        (replace(NIGHT, days=tuple(range(7)), start="01:05", end="01:20"), ("cron(5 1 * * *)", "PT15M")),
    ],
    ids=["all day", "every day"],
)
def test_schedules(mute: Mute, expected: tuple[str, str]) -> None:
    system = routed(Route(receiver="tickets", mutes=(replace(mute, zone="Asia/Tokyo"),)))
    (rule,) = (r for r in compiled(system)[0] if r.kind == "mute-rule")

    schedule = rule.body["Rule"]["Schedule"]
    assert expected == (schedule["Expression"], schedule["Duration"])


@pytest.mark.parametrize(
    ("seconds", "expected"), [(60, "PT1M"), (5_400, "PT1H30M"), (86_400, "P1D"), (183_600, "P2DT3H")]
)
def test_durations(seconds: int, expected: str) -> None:
    assert expected == length(seconds)
    assert seconds == lasting(expected)


@pytest.mark.parametrize("text", ["two hours", "PT", "P", "PT2", "2h", "PT-1H"])
def test_what_is_no_duration_lasts_no_time(text: str) -> None:
    assert lasting(text) is None


def test_mute_rules_are_planned_like_everything_else() -> None:
    fake = Fake()
    cloudwatch = CloudWatch(Calls(fake), Pace(0), "eu-west-1")
    wanted = compiled(MUTED)[0]

    assert [o.error for o in cloudwatch.apply(plan(wanted, cloudwatch.read(MUTED), TERMS)) if o.error] == []
    assert plan(wanted, cloudwatch.read(MUTED), TERMS) == ()
    awake = compiled(routed(Route(receiver="tickets", match={})))[0]
    changes = plan(awake, cloudwatch.read(MUTED), TERMS)
    assert "delete mute/nights" in [f"{c.verb} {c.resource.address}" for c in changes]
    assert [o.error for o in cloudwatch.apply(changes) if o.error] == []
    assert fake.mutes == {}


def test_a_mute_laid_by_hand_begins_at_once_and_ends_by_itself() -> None:
    fake = Fake()
    mute(Calls(fake), SHOP, "dlq-not-empty", 7_200, "redriving", NOW)

    rule = fake.mutes["shop-test-by-hand-dlq-not-empty"]
    assert rule["Rule"]["Schedule"] == {
        "Expression": "at(2026-05-10T14:00)",
        "Duration": "PT2H",
        "Timezone": "UTC",
    }
    assert ends(rule) == datetime(2026, 5, 10, 16, 0, tzinfo=UTC)
    assert "ExpireDate" not in rule  # CloudWatch refuses it beside `at(...)`
    assert rule["MuteTargets"] == {"AlarmNames": ["shop-test-alert-dlq-not-empty"]}
    assert check_resources({"AlarmMuteRules": [{**rule, "Tags": []}]}, "f") == ()


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("orders-slow", ["shop-test-alert-orders-slow"]),
        ("orders-latency/page", ["shop-test-slo-orders-latency-page"]),
        (
            "orders-latency",
            [
                "shop-test-slo-orders-latency-page",
                "shop-test-slo-orders-latency-ticket",
                "shop-test-slo-orders-latency-no-data",
            ],
        ),
    ],
)
def test_what_a_reference_mutes(reference: str, expected: list[str]) -> None:
    rule = mute(Calls(Fake()), SHOP, reference, 60, "x", NOW)

    assert expected == rule["MuteTargets"]["AlarmNames"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("shop-test-slo-orders-latency-page", "orders-latency/page"),
        ("slo-orders-latency-no-data", "orders-latency/no-data"),
        ("shop-test-alert-dlq-not-empty", "dlq-not-empty"),
        ("orders-latency/page", "orders-latency/page"),
        ("orders-latency", "orders-latency"),
        ("shop-prod-alert-dlq-not-empty", "shop-prod-alert-dlq-not-empty"),
    ],
    ids=[
        "the alarm's name, as the page has it",
        "as the console has it",
        "an alert's",
        "as YAML has it",
        "a whole SLO",
        "another environment's is nobody's here",
    ],
)
def test_a_person_may_name_an_alert_as_its_page_does(said: str, expected: str) -> None:
    assert as_paged(SHOP, said) == expected


def test_an_unknown_alert_is_not_muted() -> None:
    said = "no alert is named `orders-slwo`; did you mean `orders-slow`?"
    with pytest.raises(Unable, match=re.escape(said)):
        mute(Calls(Fake()), SHOP, "orders-slwo", 60, "x", NOW)


def test_mutes_are_listed_and_lifted() -> None:
    fake = Fake()
    calls = Calls(fake)
    mute(calls, SHOP, "orders-latency/page", 3_600, "known noise", NOW)
    mute(calls, replace(SHOP, project="other"), "dlq-not-empty", 3_600, "theirs", NOW)

    laid = Laid(
        "orders-latency/page",
        ("shop-test-slo-orders-latency-page",),
        "2026-05-10T15:00Z",
        "SCHEDULED",
        "known noise",
    )
    assert list(muted(calls, SHOP)) == [laid]
    lift(calls, SHOP, "orders-latency/page")
    assert list(muted(calls, SHOP)) == []
    with pytest.raises(Unable, match="no mute lies on `orders-latency/page`"):
        lift(calls, SHOP, "orders-latency/page")


def test_the_page_of_an_slo_and_an_alert_that_is_called_like_it_are_two_mutes() -> None:
    fake = Fake()
    calls = Calls(fake)
    system = replace(SHOP, alerts=(replace(DLQ, name="orders-latency-page"),))
    mute(calls, system, "orders-latency/page", 60, "a", NOW)
    mute(calls, system, "orders-latency-page", 60, "b", NOW)
    lift(calls, system, "orders-latency/page")

    assert [(laid.name, laid.reason) for laid in muted(calls, system)] == [("orders-latency-page", "b")]


def test_a_mute_that_ends_while_mutes_are_listed_is_left_out() -> None:
    fake = Fake()
    calls = Calls(fake)
    mute(calls, SHOP, "dlq-not-empty", 60, "a", NOW)
    fake.before = lambda operation, _: fake.mutes.clear() if operation == "get_alarm_mute_rule" else None

    assert list(muted(calls, SHOP)) == []


@pytest.mark.parametrize(
    "reason",
    ["x" * 5_000, "a\nb\r\n\tc", "\x1b[31mred\x07", "${jndi:x} `rm`", "\u202eabc", "Größe ☃"],
    ids=[
        "long",
        "of several lines",
        "of terminal codes",
        "that looks like code",
        "turned round",
        "not ASCII",
    ],
)
def test_whatever_the_reason_the_rule_is_one_that_cloudwatch_takes(reason: str) -> None:
    fake = Fake()
    mute(Calls(fake), SHOP, "dlq-not-empty", 60, reason, NOW)
    rule = fake.mutes["shop-test-by-hand-dlq-not-empty"]

    assert check_resources({"AlarmMuteRules": [{**rule, "Tags": []}]}, "f") == ()
    assert rule["Description"].splitlines()[-2:] == ["Alert: dlq-not-empty", "Until: 2026-05-10T14:01Z"]


def test_a_plan_leaves_a_mute_laid_by_hand_alone() -> None:
    fake = Fake()
    cloudwatch = CloudWatch(Calls(fake), Pace(0), "eu-west-1")
    list(cloudwatch.apply(plan(compiled(SHOP)[0], cloudwatch.read(SHOP), TERMS)))
    mute(Calls(fake), SHOP, "dlq-not-empty", 60, "x", NOW)

    assert plan(compiled(SHOP)[0], cloudwatch.read(SHOP), TERMS) == ()
    assert cloudwatch.live(SHOP).foreign == frozenset()


OWNER = {"Owner": "123456789012"}


def policy(principal: Any, action: str = "sns:Publish", effect: str = "Allow") -> str:
    return json.dumps({"Statement": [{"Effect": effect, "Principal": principal, "Action": action}]})


def statements(*every: Mapping[str, Any]) -> str:
    return json.dumps({"Statement": list(every)})


def source(key: str, account: str) -> dict[str, Any]:
    return {"StringEquals": {key: account}}


def of_alarms(pattern: str) -> dict[str, Any]:
    return {"ArnLike": {"aws:SourceArn": [pattern]}}


HERE = Alarm("123456789012", "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:shop-test-test-page-on-call")
ALLOWED = {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish"}
WITHOUT_TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sns:Publish",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
CONFIRMED = {"Protocol": "https", "SubscriptionArn": f"{ON_CALL}:1"}


@pytest.mark.parametrize(
    ("attributes", "subscriptions", "expected"),
    [
        pytest.param({}, [CONFIRMED], [], id="all is well"),
        pytest.param({}, [], ["nobody has subscribed to it"], id="nobody has subscribed"),
        pytest.param(
            {},
            [CONFIRMED, {"Protocol": "email", "SubscriptionArn": "PendingConfirmation"}],
            ["the email subscription is not confirmed, and gets nothing"],
            id="an unconfirmed subscription",
        ),
        pytest.param(
            {"KmsMasterKeyId": "alias/aws/sns"},
            [CONFIRMED],
            ["it is encrypted with alias/aws/sns, which CloudWatch may not use"],
            id="the key of AWS",
        ),
        pytest.param(
            {"Policy": policy({"Service": "events.amazonaws.com"})},
            [CONFIRMED],
            ["its policy does not let cloudwatch.amazonaws.com publish"],
            id="a policy for somebody else",
        ),
        pytest.param(
            {"Policy": policy({"Service": ["cloudwatch.amazonaws.com"]}, "SNS:Publish")},
            [CONFIRMED],
            [],
            id="a policy for CloudWatch",
        ),
        pytest.param({"Policy": policy({"AWS": "*"}, "SNS:*")}, [CONFIRMED], [], id="a policy for all"),
        pytest.param(
            {"Policy": policy("*", effect="Deny")},
            [CONFIRMED],
            ["its policy does not let cloudwatch.amazonaws.com publish"],
            id="a denial",
        ),
        pytest.param(
            {"Policy": statements(ALLOWED, {"Effect": "Deny", "Principal": "*", "Action": "sns:*"})},
            [CONFIRMED],
            ["its policy does not let cloudwatch.amazonaws.com publish"],
            id="a denial beside what allows it",
        ),
        pytest.param(
            {"Policy": statements(ALLOWED, WITHOUT_TLS)},
            [CONFIRMED],
            [],
            id="a denial of what is not encrypted",
        ),
        pytest.param(
            {"Policy": statements({**ALLOWED, "Condition": source("aws:SourceAccount", "123456789012")})},
            [CONFIRMED],
            [],
            id="a policy for this account",
        ),
        pytest.param(
            {"Policy": statements({**ALLOWED, "Condition": source("AWS:SourceOwner", "210987654321")})},
            [CONFIRMED],
            ["its policy does not let cloudwatch.amazonaws.com publish"],
            id="a policy for another account",
        ),
        pytest.param(
            {
                "Policy": statements(
                    {**ALLOWED, "Condition": of_alarms("arn:aws:cloudwatch:*:*:alarm:shop-*")}
                )
            },
            [CONFIRMED],
            [],
            id="a policy for alarms of this name",
        ),
        pytest.param(
            {
                "Policy": statements(
                    {**ALLOWED, "Condition": of_alarms("arn:aws:cloudwatch:*:*:alarm:prod-*")}
                )
            },
            [CONFIRMED],
            ["its policy does not let cloudwatch.amazonaws.com publish"],
            id="a policy for alarms of another name",
        ),
        pytest.param(
            {},
            [{**CONFIRMED, "FilterPolicy": '{"severity": ["page"]}'}],
            ["the https subscription filters by attributes, and an alarm's message has none"],
            id="a filter by attributes",
        ),
        pytest.param(
            {}, [{**CONFIRMED, "FilterPolicy": "{}"}], [], id="a filter that lets everything through"
        ),
        pytest.param(
            {},
            [
                {
                    **CONFIRMED,
                    "FilterPolicy": '{"NewStateValue": ["ALARM"]}',
                    "FilterPolicyScope": "MessageBody",
                }
            ],
            [],
            id="a filter by the message",
        ),
    ],
)
def test_what_would_swallow_a_page(
    attributes: Mapping[str, str], subscriptions: list[dict[str, str]], expected: list[str]
) -> None:
    steps = topic_faults(ON_CALL, {**OWNER, **attributes}, subscriptions, HERE)

    assert expected == [step.said.removeprefix(f"{ON_CALL}: ") for step in steps if not step.well]


MAY_USE = {"Principal": {"Service": "cloudwatch.amazonaws.com"}, "Effect": "Allow"}
OF_THE_KEY = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*"}


@pytest.mark.parametrize(
    ("key", "well", "expected"),
    [
        (Key(), True, "whose policy must allow cloudwatch.amazonaws.com"),
        (Key("Disabled", "{}"), False, "which is Disabled"),
        (Key("PendingDeletion", "{}"), False, "which is PendingDeletion"),
        (
            Key("Enabled", statements(OF_THE_KEY)),
            False,
            "whose policy does not let cloudwatch.amazonaws.com use kms:GenerateDataKey* and kms:Decrypt",
        ),
        (
            Key("Enabled", statements(OF_THE_KEY, {**MAY_USE, "Action": "kms:Decrypt"})),
            False,
            "whose policy does not let cloudwatch.amazonaws.com use kms:GenerateDataKey* and kms:Decrypt",
        ),
        (
            Key("Enabled", statements({**MAY_USE, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"]})),
            True,
            "",
        ),
        (Key("Enabled", statements({**MAY_USE, "Action": "kms:*"})), True, ""),
    ],
    ids=[
        "it may not be read",
        "disabled",
        "to be deleted",
        "for the account alone",
        "half of what is needed",
        "all that is needed",
        "everything",
    ],
)
def test_what_a_key_lets_through(key: Key, well: bool, expected: str) -> None:
    found = list(topic_faults(ON_CALL, {**OWNER, "KmsMasterKeyId": "k-1"}, [CONFIRMED], HERE, key))[:-1]

    said = f"{ON_CALL}: it is encrypted with k-1, {expected}"
    assert found == ([Step(well, said)] if expected else [])


class Topics:
    """CloudWatch that acts at once, and a topic without subscribers."""

    def __init__(self, *, silent: bool = False) -> None:
        self.alarms: dict[str, dict[str, Any]] = {}
        self.reason = ""
        self.silent = silent
        self.filters: dict[str, str] = {}
        self.history: list[dict[str, Any]] = []

    def client(self, service: str, region: str | None = None) -> Topics:
        return self

    def get_topic_attributes(self, TopicArn: str) -> dict[str, Any]:  # noqa: N803
        return {"Attributes": dict(OWNER)}

    def get_caller_identity(self) -> dict[str, Any]:
        return {"Account": "123456789012", "Arn": "arn:aws:sts::123456789012:assumed-role/on-call/ada"}

    def get_subscription_attributes(self, SubscriptionArn: str) -> dict[str, Any]:  # noqa: N803
        return {"Attributes": self.filters}

    def list_subscriptions_by_topic(self, TopicArn: str) -> dict[str, Any]:  # noqa: N803
        return {"Subscriptions": [CONFIRMED]}

    def put_metric_alarm(self, **body: Any) -> dict[str, Any]:
        self.alarms[body["AlarmName"]] = body
        return {}

    def set_alarm_state(self, **arguments: Any) -> dict[str, Any]:
        self.reason = arguments["StateReason"]
        if not self.silent:
            self.history.append(self.item("Failed", "Failed to execute"))
        return {}

    def item(self, state: str, summary: str) -> dict[str, Any]:
        data = {"actionState": state, "notificationResource": ON_CALL, "at": len(self.history)}
        return {"HistoryData": json.dumps(data), "HistorySummary": summary}

    def describe_alarm_history(self, **arguments: Any) -> dict[str, Any]:
        return {"AlarmHistoryItems": list(self.history)}

    def delete_alarms(self, AlarmNames: list[str]) -> dict[str, Any]:  # noqa: N803
        for name in AlarmNames:
            del self.alarms[name]
        return {}


def test_a_test_page_says_what_cloudwatch_did_and_leaves_nothing() -> None:
    topics = Topics()
    steps = list(page(Calls(topics), SHOP, SHOP.receivers["on-call"], lambda _: None))

    assert steps == [
        Step(True, f"{ON_CALL}: the https subscription is confirmed"),
        Step(False, f"{ON_CALL}: CloudWatch says: Failed to execute"),
    ]
    assert topics.reason.startswith("TEST PAGE")
    assert topics.alarms == {}


def test_what_became_of_an_earlier_test_page_is_not_told_of_this_one() -> None:
    """CloudWatch keeps the history of an alarm that is deleted."""
    topics = Topics()
    topics.history.append(topics.item("Succeeded", "Successfully executed"))

    assert paged(topics) == [Step(False, f"{ON_CALL}: CloudWatch says: Failed to execute")]


def test_a_subscription_that_filters_is_told() -> None:
    topics = Topics()
    topics.filters = {"FilterPolicy": '{"severity": ["page"]}', "FilterPolicyScope": "MessageAttributes"}
    first = next(page(Calls(topics), SHOP, SHOP.receivers["on-call"], lambda _: None))

    said = "the https subscription filters by attributes, and an alarm's message has none"
    assert first == Step(False, f"{ON_CALL}: {said}")


def test_a_topic_of_another_region_is_told_and_the_others_are_paged() -> None:
    far = ON_CALL.replace("eu-west-1", "us-east-1")
    topics = Topics()
    first, *others = page(
        Calls(topics), SHOP, replace(SHOP.receivers["on-call"], cloudwatch=(far, ON_CALL)), lambda _: None
    )
    alone = list(
        page(Calls(topics), SHOP, replace(SHOP.receivers["on-call"], cloudwatch=(far,)), lambda _: None)
    )

    assert first == Step(False, f"{far}: an alarm of eu-west-1 notifies topics of eu-west-1 only")
    assert len(others) == 2
    assert alone == [first]


def paged(topics: Topics, heard: Any = None) -> list[Step]:
    steps = list(page(Calls(topics), SHOP, SHOP.receivers["on-call"], lambda _: None, heard))
    assert topics.alarms == {}
    return steps[1:]


def test_a_test_page_that_the_inbox_has_is_said_to_be_there() -> None:
    looks = iter([False, False, True])
    steps = paged(Topics(silent=True), lambda alarm: alarm == "shop-test-test-page-on-call" and next(looks))

    assert steps == [Step(True, "on-call has it: it is in the inbox of the running stack")]


def test_a_test_page_that_the_inbox_never_gets_is_lost() -> None:
    said = "on-call has nothing: it did not reach the inbox in 30 s"

    assert paged(Topics(silent=True), lambda _: False) == [Step(False, said)]


def test_where_nobody_tells_what_became_of_a_page_it_is_said_to_be_handed_over() -> None:
    said = "handed over; the alarm's history did not say in 30 s what became of it"

    assert paged(Topics(silent=True)) == [Step(True, f"{ON_CALL}: {said}")]


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("put_metric_alarm", "put_metric_alarm: not authorized"),
        ("delete_alarms", "shop-test-test-page-on-call, is left and must be deleted"),
    ],
    ids=["made", "removed"],
)
def test_a_test_page_that_cannot_be_made_or_removed_says_so(operation: str, expected: str) -> None:
    def before(called: str, _: Mapping[str, Any]) -> None:
        if called == operation:
            raise refusal(operation, "AccessDenied", "not authorized")

    function = "arn:aws:lambda:eu-west-1:123456789012:function:f"
    receiver = replace(SHOP.receivers["on-call"], cloudwatch=(function,))
    with pytest.raises(Unable, match=expected):
        list(page(Calls(Fake(before=before)), SHOP, receiver, lambda _: None))
