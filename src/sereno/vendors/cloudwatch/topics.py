"""What would swallow a page on its way through an SNS topic: its policy, its key, its subscriptions. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from sereno.vendors.by_hand import Step

SERVICE: Final = "cloudwatch.amazonaws.com"
PUBLISH: Final = ("sns:publish",)
ENCRYPT: Final = ("kms:generatedatakey", "kms:decrypt")
UNCONFIRMED: Final = ("PendingConfirmation", "Deleted")


@dataclass(frozen=True, slots=True)
class Alarm:
    """Who publishes."""

    account: str  # empty where nobody says
    arn: str  # empty where the account is


@dataclass(frozen=True, slots=True)
class Key:
    """A customer's key of KMS: what state it is in, and its policy; empty where it could not be read."""

    state: str = ""
    policy: str = ""


def topic_faults(
    topic: str,
    attributes: Mapping[str, str],
    subscriptions: Sequence[Mapping[str, str]],
    alarm: Alarm | None = None,
    key: Key | None = None,
) -> Iterator[Step]:
    """What a topic's attributes, and its subscriptions with theirs, mean for a page."""
    alarm = alarm or Alarm(attributes.get("Owner", ""), "")
    found = (
        *_of_the_key(attributes.get("KmsMasterKeyId", ""), key or Key(), alarm),
        *_of_the_policy(attributes.get("Policy", ""), attributes.get("Owner", ""), alarm),
        *([] if subscriptions else [Step(False, "nobody has subscribed to it")]),
        *(_of_a_subscription(entry) for entry in subscriptions),
    )
    for step in found:
        yield Step(step.well, f"{topic}: {step.said}")


def _of_the_key(name: str, key: Key, alarm: Alarm) -> Iterator[Step]:
    """The key `alias/aws/sns` cannot be used by CloudWatch: its policy cannot be changed."""
    if name.endswith("alias/aws/sns"):
        yield Step(False, "it is encrypted with alias/aws/sns, which CloudWatch may not use")
    elif key.state not in ("", "Enabled"):
        yield Step(False, f"it is encrypted with {name}, which is {key.state}")
    elif key.policy and not all(_may(key.policy, action, "", alarm) for action in ENCRYPT):
        may = "kms:GenerateDataKey* and kms:Decrypt"
        yield Step(False, f"it is encrypted with {name}, whose policy does not let {SERVICE} use {may}")
    elif name and not key.policy:
        yield Step(True, f"it is encrypted with {name}, whose policy must allow {SERVICE}")


def _of_the_policy(policy: str, owner: str, alarm: Alarm) -> Iterator[Step]:
    """No policy: not known, so well."""
    if policy and not _may(policy, PUBLISH[0], owner, alarm):
        yield Step(False, f"its policy does not let {SERVICE} publish")


def _of_a_subscription(entry: Mapping[str, str]) -> Step:
    """An alarm's message has no attributes, so that a filter by attributes lets none through."""
    which = f"the {entry.get('Protocol', '')} subscription"
    if entry.get("SubscriptionArn") in UNCONFIRMED:
        return Step(False, f"{which} is not confirmed, and gets nothing")
    if entry.get("FilterPolicy", "{}").strip() in ("", "{}"):
        return Step(True, f"{which} is confirmed")
    if entry.get("FilterPolicyScope") == "MessageBody":
        return Step(
            True, f"{which} is confirmed, and gets what its filter {entry['FilterPolicy']} lets through"
        )
    return Step(False, f"{which} filters by attributes, and an alarm's message has none")


def _may(policy: str, action: str, owner: str, alarm: Alarm) -> bool:
    """Whether a statement allows it to CloudWatch (or to everybody, or the owner), and none forbids it."""
    said = json.loads(policy).get("Statement", [])
    statements = said if isinstance(said, list) else [said]
    ours = [s for s in statements if _is_of(s, action) and _names(s, owner) and _holds(s, alarm)]
    # A denial under a condition, such as of what comes without TLS, is not of CloudWatch.
    denied = any(s.get("Effect") == "Deny" and not s.get("Condition") for s in ours)
    return not denied and any(s.get("Effect") == "Allow" for s in ours)


def _is_of(statement: Mapping[str, Any], action: str) -> bool:
    return any(fnmatchcase(action, said.lower()) for said in _listed(statement.get("Action", [])))


def _names(statement: Mapping[str, Any], owner: str) -> bool:
    principal = statement.get("Principal", {})
    who = ["*"] if principal == "*" else [one for value in principal.values() for one in _listed(value)]
    account = (owner, f"arn:aws:iam::{owner}:root") if owner else ()
    return any(one in ("*", SERVICE, *account) for one in who)


def _holds(statement: Mapping[str, Any], alarm: Alarm) -> bool:
    """Whether its conditions let an alarm of this account through; those that are not known do."""
    conditions = statement.get("Condition", {})
    if statement.get("Effect") != "Allow":
        return True
    return all(
        _fits(key.lower(), _listed(wanted), alarm)
        for operator, tests in conditions.items()
        if operator.startswith(("String", "Arn")) and "Not" not in operator
        for key, wanted in tests.items()
    )


def _fits(key: str, wanted: Sequence[str], alarm: Alarm) -> bool:
    known = {
        "aws:sourceaccount": alarm.account,
        "aws:sourceowner": alarm.account,
        "aws:sourcearn": alarm.arn,
    }
    value = known.get(key, "")
    return not value or any(fnmatchcase(value, pattern) for pattern in wanted)


def _listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
