"""At 3 a.m.: mutes laid and lifted by hand, and a test page through the deployed path.

A test page is an alarm of its own with the receiver's actions, set to ALARM for a moment. So it
takes the way a real page takes: CloudWatch publishes, under the topic's policy and key. What
CloudWatch did, the alarm's history says; what SNS did with it, the subscriptions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sereno.errors import Unable
from sereno.language import names
from sereno.language.model import Receiver, System
from sereno.vendors.by_hand import TEST, Laid, Step
from sereno.vendors.cloudwatch import mutes
from sereno.vendors.cloudwatch.client import Calls, Refused
from sereno.vendors.cloudwatch.reading import GONE
from sereno.vendors.cloudwatch.topics import UNCONFIRMED, Alarm, Key, topic_faults
from sereno.vendors.subjects import spoken_for

PATIENCE = 30  # looks at the history, one a second


def mute(
    calls: Calls, system: System, reference: str, seconds: int, reason: str, now: datetime
) -> Mapping[str, Any]:
    """Lays a mute on what the alert speaks through; the rule that was laid."""
    addresses = spoken_for(system, reference)
    rule = mutes.by_hand(system, _named(reference), addresses, seconds, reason, now)
    calls.call("put_alarm_mute_rule", **rule)
    return rule


def _named(reference: str) -> str:
    """Of a mute: no alert has a point in its name, so `a/page` and `a-page` are two mutes."""
    return reference.replace("/", ".")


def lay(calls: Calls, system: System, reference: str, seconds: int, reason: str, now: datetime) -> str:
    """Lays a mute, and says until when, and on what."""
    rule = mute(calls, system, reference, seconds, reason, now)
    alarms = ", ".join(rule["MuteTargets"]["AlarmNames"])
    return f"muted from the next minute until {mutes.ends(rule):%Y-%m-%d %H:%M} UTC: {alarms}"


def muted(calls: Calls, system: System) -> Iterator[Laid]:
    """The mutes laid by hand in this environment, those that expired too while CloudWatch keeps them."""
    prefix = names.live(system, names.mute_by_hand(""))
    for page in calls.pages("list_alarm_mute_rules"):
        for entry in page.get("AlarmMuteRuleSummaries", ()):
            name = entry["AlarmMuteRuleArn"].rpartition(":")[2]
            rule = _rule(calls, name) if name.startswith(prefix) else None
            if rule is not None:
                yield _laid(rule, prefix)


def _rule(calls: Calls, name: str) -> Mapping[str, Any] | None:
    """None for one that was lifted, or has ended, since it was listed."""
    try:
        return calls.call("get_alarm_mute_rule", AlarmMuteRuleName=name)
    except Refused as refused:
        if refused.code in GONE:
            return None
        raise


def _laid(rule: Mapping[str, Any], prefix: str) -> Laid:
    ends = mutes.ends(rule)
    until = f"{ends:%Y-%m-%dT%H:%MZ}" if ends else ""
    return Laid(
        rule["Name"].removeprefix(prefix).replace(".", "/"),
        tuple(rule.get("MuteTargets", {}).get("AlarmNames", ())),
        until,
        str(rule.get("Status", "")),
        str(rule.get("Description", "")).partition("\n")[0],
    )


def lift(calls: Calls, system: System, reference: str) -> None:
    """Lifts a mute. Unable when none lies there: the call itself would not say so."""
    if reference not in {laid.name for laid in muted(calls, system)}:
        raise Unable(f"no mute lies on `{reference}`: `sereno mute --list` shows those that do")
    calls.call(
        "delete_alarm_mute_rule", AlarmMuteRuleName=names.live(system, names.mute_by_hand(_named(reference)))
    )


Heard = Callable[[str], bool]  # whether the receiver has a message of the alarm of this name


def page(
    calls: Calls,
    system: System,
    receiver: Receiver,
    sleep: Callable[[float], None],
    heard: Heard | None = None,
) -> Iterator[Step]:
    """Sends a test page to each way of a receiver; says what became of it where it can know.

    `heard` asks the receiver's end, where there is one that can be asked: the local stack's inbox.
    """
    if not receiver.cloudwatch:
        raise Unable(f"receiver `{receiver.name}` does not say how CloudWatch reaches it")
    name, region = names.live(system, names.test_page(receiver.name)), system.environment.region
    alarm = _publisher(calls, region, name)
    for arn in receiver.cloudwatch:
        if _elsewhere(arn, region):
            yield Step(False, f"{arn}: an alarm of {region} notifies topics of {region} only")
        elif ":sns:" in arn:
            yield from _topic(calls, arn, alarm)
    reached = [arn for arn in receiver.cloudwatch if not _elsewhere(arn, region)]
    if not reached:
        return
    calls.call("put_metric_alarm", **_alarm(name, receiver, reached))
    try:
        yield from _fire(calls, name, receiver, reached, sleep, heard)
    finally:
        _remove(calls, name)


def _remove(calls: Calls, name: str) -> None:
    try:
        calls.call("delete_alarms", AlarmNames=[name])
    except Unable as error:
        raise Unable(f"the alarm of the test page, {name}, is left and must be deleted: {error}") from error


def _fire(
    calls: Calls,
    name: str,
    receiver: Receiver,
    reached: Sequence[str],
    sleep: Callable[[float], None],
    heard: Heard | None,
) -> Iterator[Step]:
    before = _history(calls, name)  # of earlier test pages: an alarm's history outlives it
    calls.call("set_alarm_state", AlarmName=name, StateValue="ALARM", StateReason=TEST)
    waiting = dict.fromkeys(reached)
    for _ in range(PATIENCE):
        for arn, well, said in _actions(item for item in _history(calls, name) if item not in before):
            if arn in waiting:
                del waiting[arn]
                yield Step(well, f"{arn}: CloudWatch says: {said}")
        if heard and heard(name):
            yield Step(True, f"{receiver.name} has it: it is in the inbox of the running stack")
            return
        if not (waiting or heard):
            return
        sleep(1)
    if heard:
        yield Step(False, f"{receiver.name} has nothing: it did not reach the inbox in {PATIENCE} s")
        return
    for arn in waiting:
        said = f"handed over; the alarm's history did not say in {PATIENCE} s what became of it"
        yield Step(True, f"{arn}: {said}")


def _alarm(name: str, receiver: Receiver, reached: Sequence[str]) -> dict[str, Any]:
    """An alarm on a metric that nobody publishes, which stays as it is set."""
    return {
        "AlarmName": name,
        "AlarmDescription": f"{TEST}\nReceiver: {receiver.name}",
        "Namespace": "Sereno/TestPage",
        "MetricName": "None",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore",
        "AlarmActions": list(reached),
    }


def _history(calls: Calls, name: str) -> list[Mapping[str, Any]]:
    """The newest actions."""
    found = calls.call("describe_alarm_history", AlarmName=name, HistoryItemType="Action")
    return list(found.get("AlarmHistoryItems", ()))


def _actions(items: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, bool, str]]:
    """(ARN, whether it went well, what CloudWatch says) of each."""
    for item in items:
        data = json.loads(item.get("HistoryData") or "{}")
        arn = str(data.get("notificationResource") or data.get("actionResource") or "")
        yield arn, data.get("actionState") == "Succeeded", str(item.get("HistorySummary", ""))


def _topic(calls: Calls, arn: str, alarm: Alarm) -> Iterator[Step]:
    """What would swallow a page behind the topic: its policy, its key, its subscriptions."""
    try:
        attributes = calls.call("get_topic_attributes", service="sns", TopicArn=arn)["Attributes"]
        pages = calls.pages("list_subscriptions_by_topic", service="sns", TopicArn=arn)
        subscriptions = [
            {**entry, **_filter(calls, entry)} for page in pages for entry in page.get("Subscriptions", ())
        ]
    except Refused as refused:
        yield Step(refused.code not in ("NotFound", "NotFoundException"), f"{arn}: {refused}")
        return
    key = _key(calls, attributes.get("KmsMasterKeyId", ""))
    yield from topic_faults(arn, attributes, subscriptions, alarm, key)


def _filter(calls: Calls, entry: Mapping[str, str]) -> Mapping[str, str]:
    """The attributes of a subscription; none where they may not be read."""
    if entry.get("SubscriptionArn") in UNCONFIRMED:
        return {}
    try:
        arn = entry["SubscriptionArn"]
        found = calls.call("get_subscription_attributes", service="sns", SubscriptionArn=arn)
    except Refused:
        return {}
    attributes = found.get("Attributes", {})
    return {name: attributes[name] for name in ("FilterPolicy", "FilterPolicyScope") if name in attributes}


def _key(calls: Calls, name: str) -> Key:
    """Of a customer's key, what may be read."""
    if not name or name.endswith("alias/aws/sns"):
        return Key()
    try:
        told = calls.call("describe_key", service="kms", KeyId=name)["KeyMetadata"]
        policy = calls.call("get_key_policy", service="kms", KeyId=told["KeyId"], PolicyName="default")
    except Refused:
        return Key()
    return Key(told["KeyState"], policy["Policy"])


def _publisher(calls: Calls, region: str, name: str) -> Alarm:
    """The alarm of a test page, as policies know it."""
    try:
        told = calls.call("get_caller_identity", service="sts")
    except Refused:
        return Alarm("", "")
    account, partition = str(told.get("Account", "")), str(told.get("Arn", "arn:aws")).split(":")[1]
    return Alarm(account, f"arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}")


def _elsewhere(arn: str, region: str) -> bool:
    """Whether it is a topic of another region."""
    return ":sns:" in arn and arn.split(":")[3] != region
