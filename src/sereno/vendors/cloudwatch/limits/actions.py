"""What an alarm may do when its state changes.

Each rule is a function of the body; its name is its code, its docstring what `sereno explain` shows.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sereno.vendors.cloudwatch.limits.shape import Fault

Body = Mapping[str, Any]
ACTION_LISTS = ("AlarmActions", "OKActions", "InsufficientDataActions")
# Where an event of an alarm can be sent by a rule of EventBridge, and an alarm itself does nothing.
NEVER = (
    "s3",
    "sqs",
    "events",
    "logs",
    "dynamodb",
    "kinesis",
    "firehose",
    "states",
    "iam",
    "kms",
    "ec2",
    "rds",
)
_EC2 = re.compile(r"ec2:(stop|terminate|recover|reboot)")
_OPSITEM = re.compile(r"opsitem:[1-4](#.*)?")


def action_kind(body: Body) -> Iterator[Fault]:
    """Not every alarm may do everything: EC2 actions are for alarms on one metric, scaling not for bands.

    Breaks: `arn:aws:automate:eu-west-1:ec2:stop` in an alarm with `Metrics`
    Keeps: an SNS topic
    """
    for name in ACTION_LISTS:
        for arn in body.get(name, ()):
            if ":automate:" in arn and body.get("Metrics"):
                yield Fault(f"{name}: an EC2 action is not for metric math", "notify a topic")
            if ":autoscaling:" in arn and "ThresholdMetricId" in body:
                yield Fault(f"{name}: a scaling action is not for an anomaly alarm", "notify a topic")


def action_twice(body: Body) -> Iterator[Fault]:
    """The same target twice in a list is told once.

    Breaks: the same topic twice in `AlarmActions`
    Keeps: each once
    """
    for name in ACTION_LISTS:
        arns = body.get(name, ())
        if len(set(arns)) < len(arns):
            yield Fault(f"{name} names a target twice", "keep one", "warning")


def action_service(body: Body) -> Iterator[Fault]:
    """An action is a topic, a function, an EC2, scaling or Systems Manager action, or an investigation.

    A queue, a bucket or a state machine is reached by a topic, or by a rule of EventBridge.

    Breaks: `arn:aws:sqs:eu-west-1:123456789012:q`, `arn:aws:automate:eu-west-1:ec2:start`
    Keeps: `arn:aws:sns:eu-west-1:123456789012:t`, `arn:aws:automate:eu-west-1:ec2:recover`
    """
    for name, arn in _actions(body):
        service = arn.split(":")[2] if arn.count(":") > 1 else ""
        if service in NEVER:
            yield Fault(f"{name}: an alarm does nothing with `{service}`", "notify a topic")
        if service == "automate" and not _EC2.fullmatch(arn.split(":", 4)[-1]):
            yield Fault(f"{name}: `{arn}` is no EC2 action", "write stop, terminate, recover or reboot")
        item = arn.split(":", 5)[-1]
        if service == "ssm" and item.startswith("opsitem:") and not _OPSITEM.fullmatch(item):
            yield Fault(f"{name}: `{item}` has no severity of an OpsItem", "write opsitem:1 to opsitem:4")


def action_region(body: Body) -> Iterator[Fault]:
    """A topic is in the alarm's own Region.

    Breaks: an alarm with topics of eu-west-1 and of us-east-1
    Keeps: a topic in each Region, with the same subscriptions
    """
    places = {arn.split(":")[3] for _, arn in _actions(body) if re.match(r"arn:[^:]*:sns:[^:]*:", arn)}
    places.update(str(body.get("AlarmArn", "")).split(":")[3:4])
    if len(places) > 1:
        said = ", ".join(sorted(places))
        yield Fault(f"the topics and the alarm are in {said}", "use a topic of the alarm's Region")


def _actions(body: Body) -> Iterator[tuple[str, str]]:
    return ((name, arn) for name in ACTION_LISTS for arn in body.get(name, ()))


ACTION_RULES = (action_twice, action_service, action_region)
