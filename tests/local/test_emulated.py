"""The emulator keeps alarms as they were given, judges none, and counts what SQS and SNS did."""

from __future__ import annotations

import http.client
import io
import json
import time
import urllib.request
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sereno.local import sdk
from sereno.local.emulated import COUNTS, depth
from sereno.local.emulated_alarms import JUDGED
from sereno.local.emulator import Emulator
from sereno.vendors.cloudwatch.client import Place

Client = Callable[[str], Any]

MATH = {
    "AlarmName": "burn-long",
    "Metrics": [
        {"Id": "bad_share", "Expression": "bad / total", "ReturnData": True},
        {
            "Id": "bad",
            "MetricStat": {"Metric": {"Namespace": "N", "MetricName": "b"}, "Period": 3600, "Stat": "Sum"},
            "ReturnData": False,
        },
        {
            "Id": "total",
            "MetricStat": {"Metric": {"Namespace": "N", "MetricName": "t"}, "Period": 3600, "Stat": "Sum"},
            "ReturnData": False,
        },
    ],
    "EvaluationPeriods": 1,
    "DatapointsToAlarm": 1,
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 0.0144,
    "TreatMissingData": "notBreaching",
}
PLAIN = {
    "Namespace": "AWS/SQS",
    "MetricName": "ApproximateNumberOfMessagesVisible",
    "Dimensions": [{"Name": "QueueName", "Value": "dlq"}],
    "Statistic": "Maximum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 0.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


def _described(cloudwatch: Any, name: str) -> dict[str, Any]:
    answer = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    (alarm,) = answer["MetricAlarms"] + answer["CompositeAlarms"]
    found: dict[str, Any] = alarm
    return found


def _counts(url: str) -> Any:
    with urllib.request.urlopen(url + COUNTS, timeout=5) as answer:
        return json.load(answer)


def _queue(client: Client, name: str, **attributes: str) -> tuple[str, str]:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


def test_a_metric_math_alarm_is_read_back_as_it_was_applied(client: Client) -> None:
    cloudwatch = client("cloudwatch")
    cloudwatch.put_metric_alarm(**MATH)
    alarm = _described(cloudwatch, "burn-long")
    assert {name: alarm[name] for name in MATH} == MATH
    assert {"Statistic", "Period", "MetricName", "Namespace", "Dimensions"}.isdisjoint(alarm)


def test_a_composite_keeps_what_suppresses_it_and_waits_for_its_first_verdict(client: Client) -> None:
    cloudwatch = client("cloudwatch")
    cloudwatch.put_metric_alarm(AlarmName="child", **PLAIN)
    body = {
        "AlarmName": "slow",
        "AlarmRule": 'ALARM("child")',
        "ActionsSuppressor": "child",
        "ActionsSuppressorWaitPeriod": 120,
        "ActionsSuppressorExtensionPeriod": 180,
    }
    cloudwatch.put_composite_alarm(**body)
    alarm = _described(cloudwatch, "slow")
    assert {name: alarm[name] for name in body} == body
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"


def test_neither_data_nor_children_move_a_state(client: Client) -> None:
    cloudwatch = client("cloudwatch")
    cloudwatch.put_metric_alarm(AlarmName="deep", **PLAIN)
    cloudwatch.put_composite_alarm(AlarmName="above", AlarmRule='ALARM("deep")')
    cloudwatch.put_metric_data(
        Namespace=PLAIN["Namespace"],
        MetricData=[{"MetricName": PLAIN["MetricName"], "Dimensions": PLAIN["Dimensions"], "Value": 5.0}],
    )
    cloudwatch.set_alarm_state(AlarmName="deep", StateValue="ALARM", StateReason="by hand")
    states = {name: _described(cloudwatch, name)["StateValue"] for name in ("deep", "above")}
    assert states == {"deep": "ALARM", "above": "INSUFFICIENT_DATA"}


@pytest.mark.parametrize(
    ("data", "suppressed", "told"),
    [
        pytest.param("", False, 1, id="a state set by hand notifies as in AWS"),
        pytest.param(json.dumps({JUDGED: 1}), False, 0, id="the ticker's verdict does not: it tells itself"),
        pytest.param("", True, 0, id="a state set by hand is not told while its suppressor fires"),
    ],
)
def test_who_is_told_of_a_state(client: Client, data: str, suppressed: bool, told: int) -> None:
    cloudwatch, sns, sqs = client("cloudwatch"), client("sns"), client("sqs")
    name = f"hand-{told}-{suppressed}"
    topic = sns.create_topic(Name=name)["TopicArn"]
    url, arn = _queue(client, name)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    cloudwatch.put_metric_alarm(AlarmName=f"{name}-child", **PLAIN)
    if suppressed:
        cloudwatch.set_alarm_state(AlarmName=f"{name}-child", StateValue="ALARM", StateReason="down")
    cloudwatch.put_composite_alarm(
        AlarmName=name,
        AlarmRule=f'ALARM("{name}-child")',
        ActionsSuppressor=f"{name}-child",
        AlarmActions=[topic],
    )
    for _ in range(2):  # the second is no change of state
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="r", StateReasonData=data)
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    assert [json.loads(json.loads(m["Body"])["Message"])["AlarmName"] for m in messages] == [name] * told


def test_changes_of_alarms_are_counted_and_the_tickers_verdicts_are_not(
    client: Client, emulator: str
) -> None:
    cloudwatch = client("cloudwatch")
    before = _counts(emulator)["alarms"]
    cloudwatch.put_metric_alarm(AlarmName="counted", **PLAIN)
    cloudwatch.set_alarm_state(
        AlarmName="counted", StateValue="OK", StateReason="r", StateReasonData=json.dumps({JUDGED: 1})
    )
    cloudwatch.disable_alarm_actions(AlarmNames=["counted"])
    cloudwatch.delete_alarms(AlarmNames=["counted"])
    assert _counts(emulator)["alarms"] - before == 3


def test_a_mute_rule_is_kept_with_its_tags_until_it_is_lifted(client: Client, emulator: str) -> None:
    cloudwatch = client("cloudwatch")
    cloudwatch.put_metric_alarm(AlarmName="loud", **PLAIN)
    before = _counts(emulator)["alarms"]
    rule = {
        "Name": "hush",
        "Rule": {"Schedule": {"Expression": "at(2030-01-02T03:04)", "Duration": "PT2H", "Timezone": "UTC"}},
        "MuteTargets": {"AlarmNames": ["loud"]},
    }
    cloudwatch.put_alarm_mute_rule(**rule, Tags=[{"Key": "a", "Value": "b"}])
    found = cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="hush")
    assert {name: found[name] for name in rule} == rule
    assert (found["Status"], found["MuteType"]) == ("SCHEDULED", "ONE_TIME")
    arn = found["AlarmMuteRuleArn"]
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    listed = [
        [s["AlarmMuteRuleArn"] for s in cloudwatch.list_alarm_mute_rules(**of)["AlarmMuteRuleSummaries"]]
        for of in ({}, {"AlarmName": "loud"}, {"AlarmName": "other"})
    ]
    assert listed == [[arn], [arn], []]
    cloudwatch.delete_alarm_mute_rule(AlarmMuteRuleName="hush")
    assert _counts(emulator)["alarms"] - before == 2
    with pytest.raises(cloudwatch.exceptions.ResourceNotFoundException):
        cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="hush")


@pytest.mark.parametrize(
    ("ago", "status"), [(-60, "SCHEDULED"), (60, "ACTIVE"), (180, "EXPIRED")], ids="begun {} min ago".format
)
def test_what_comes_once_is_over_by_itself_and_takes_no_date(client: Client, ago: int, status: str) -> None:
    cloudwatch = client("cloudwatch")
    begins = f"{datetime.now(UTC) - timedelta(minutes=ago):%Y-%m-%dT%H:%M}"
    rule = {"Name": "once", "Rule": {"Schedule": {"Expression": f"at({begins})", "Duration": "PT2H"}}}
    with pytest.raises(cloudwatch.exceptions.ClientError, match="Can not set start or expire dates for At"):
        cloudwatch.put_alarm_mute_rule(**rule, ExpireDate=datetime(2031, 1, 3, tzinfo=UTC))
    cloudwatch.put_alarm_mute_rule(**rule)
    assert cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="once")["Status"] == status
    cloudwatch.delete_alarm_mute_rule(AlarmMuteRuleName="once")


def test_a_mute_rule_names_alarms_that_exist(client: Client) -> None:
    cloudwatch = client("cloudwatch")
    with pytest.raises(cloudwatch.exceptions.ResourceNotFoundException, match="nobody"):
        cloudwatch.put_alarm_mute_rule(
            Name="x",
            Rule={"Schedule": {"Expression": "cron(0 2 * * *)", "Duration": "PT2H"}},
            MuteTargets={"AlarmNames": ["nobody"]},
        )


def test_messages_are_counted_where_they_happen(client: Client, emulator: str) -> None:
    sns, sqs = client("sns"), client("sqs")
    url, arn = _queue(client, "counted")
    topic = sns.create_topic(Name="counted")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn + "-that-is-not-there")
    sns.publish(TopicArn=topic, Message="one")
    sqs.send_message_batch(
        QueueUrl=url, Entries=[{"Id": "2", "MessageBody": "two"}, {"Id": "3", "MessageBody": "three"}]
    )
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=2)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=got[0]["ReceiptHandle"])
    counts = _counts(emulator)
    queue, told = counts["queues"]["counted"], counts["topics"]["counted"]
    assert 0 <= time.time() - queue.pop("oldest") < 30
    assert queue == {"visible": 1, "in_flight": 1, "sent": 3, "received": 2, "deleted": 1}
    assert told == {"published": 1, "delivered": 1, "failed": 1}


PAGE = {"content-type": "text/plain", "origin": "http://a.example"}


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        pytest.param("POST", {}, 200, id="an SDK is let in"),
        pytest.param("POST", PAGE, 403, id="a page's simple POST is refused"),
        pytest.param("GET", {"sec-fetch-site": "cross-site"}, 403, id="a page's image is refused"),
        pytest.param("OPTIONS", PAGE, 403, id="a preflight is refused"),
        pytest.param("POST", {"host": "a.example"}, 403, id="a name rebound to this machine is refused"),
        pytest.param("POST", {"host": "127.0.0.1.a.example:80"}, 403, id="a name that looks like it, too"),
        pytest.param("POST", {"host": "localhost:1"}, 200, id="localhost is this machine"),
    ],
)
def test_no_web_page_reaches_the_emulator(
    shared: Emulator, method: str, headers: dict[str, str], status: int
) -> None:
    connection = http.client.HTTPConnection(shared.address, timeout=10)
    connection.request(method, "/?Action=ListTopics&Version=2010-03-31", headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert (answer.status, [n for n, _ in answer.getheaders() if n.lower().startswith("access-")]) == (
        status,
        [],
    )


def test_a_profile_of_this_machine_does_not_count(emulator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "that-is-not-there")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    applying = Place("us-east-1", emulator).client("cloudwatch")
    assert "MetricAlarms" in applying.describe_alarms()
    assert "Topics" in sdk.client("sns", emulator, "us-east-1", "local").list_topics()


def _package(source: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("h.py", source)
    return packed.getvalue()


def _function(name: str, package: bytes, **variables: str) -> dict[str, Any]:
    return {
        "FunctionName": name,
        "Runtime": "python3.11",
        "Role": "arn:aws:iam::000000000000:role/r",
        "Handler": "h.h",
        "Code": {"ZipFile": package},
        "Environment": {"Variables": variables},
    }


def test_what_it_would_have_to_run_itself_is_refused(client: Client) -> None:
    functions = client("lambda")
    with pytest.raises(functions.exceptions.InvalidParameterValueException, match="Nothing runs here"):
        functions.create_function(**_function("own", _package("def h(e, c): pass")))


def test_a_function_that_lost_its_proxy_runs_nothing(client: Client, tmp_path: Path) -> None:
    functions, sign = client("lambda"), tmp_path / "ran"
    package = _package(f"open({str(sign)!r}, 'w').close()\ndef h(e, c): return 1")
    functions.create_function(**_function("turned", package, MINISTACK_LAMBDA_PROXY_URL="http://127.0.0.1:9"))
    functions.update_function_configuration(FunctionName="turned", Environment={"Variables": {}})
    with suppress(ClientError):
        assert functions.invoke(FunctionName="turned")["FunctionError"]
    assert not sign.exists()


NOW = 1_000.0


@pytest.mark.parametrize(
    ("messages", "wanted"),
    [
        pytest.param([], (0, 0, None), id="an empty queue has no age"),
        pytest.param([(10, NOW, 0), (20, NOW + 30, 1)], (1, 1, 10), id="the oldest, waiting or in flight"),
        pytest.param([(10, NOW + 5, 0)], (0, 0, 10), id="a delayed message waits for nobody yet"),
        pytest.param([(10, NOW, 4), (20, NOW, 3)], (2, 0, 20), id="not one received over three times"),
    ],
)
def test_the_depth_of_a_queue(
    messages: list[tuple[float, float, int]], wanted: tuple[int, int, float | None]
) -> None:
    held = [{"sent_at": s, "visible_at": v, "receive_count": r, "sys": {}} for s, v, r in messages]
    visible, in_flight, oldest = wanted
    assert depth({"messages": held}, NOW) == {"visible": visible, "in_flight": in_flight, "oldest": oldest}


def test_a_dead_letter_counts_from_its_move() -> None:
    letter = {"sent_at": 5, "visible_at": 5, "receive_count": 5, "sys": {"DeadLetterQueueSourceArn": "a"}}
    ages = [NOW + later - depth({"messages": [letter]}, NOW + later)["oldest"] for later in (0, 60)]
    assert ages == [0, 60]
