"""What an alarm may do when its state changes.

Each rule is a function of the body; its name is its code, its docstring what `sereno explain` shows.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sereno.vendors.cloudwatch.limits.shape import Fault
from sereno.vendors.cloudwatch.limits.terraform import LATER

Body = Mapping[str, Any]
ACTION_LISTS = ("AlarmActions", "OKActions", "InsufficientDataActions")
_ACCOUNT = r"[a-z0-9-]+:\d{12}:"
# By service: the rest of its ARN, and how it is written. Terraform's and the console's `response-plan`,
# and the reference's `responseplan`, are the same.
_KINDS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "sns": (re.compile(_ACCOUNT + r"[A-Za-z0-9_-]{1,256}(\.fifo)?"), "arn:aws:sns:REGION:ACCOUNT:TOPIC"),
    "lambda": (
        re.compile(_ACCOUNT + r"function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?"),
        "arn:aws:lambda:REGION:ACCOUNT:function:NAME, perhaps with :ALIAS or :VERSION",
    ),
    "automate": (
        re.compile(r"[a-z0-9-]+:ec2:(stop|terminate|recover|reboot)"),
        "arn:aws:automate:REGION:ec2:stop, terminate, recover or reboot",
    ),
    "swf": (
        re.compile(_ACCOUNT + r"action/actions/AWS_EC2\.InstanceId\.(Stop|Terminate|Reboot|Recover)/1\.0"),
        "arn:aws:swf:REGION:ACCOUNT:action/actions/AWS_EC2.InstanceId.Stop/1.0",
    ),
    "autoscaling": (
        re.compile(_ACCOUNT + r"scalingPolicy:[^:]+:.+"),
        "arn:aws:autoscaling:REGION:ACCOUNT:scalingPolicy:ID:autoScalingGroupName/GROUP:policyName/NAME",
    ),
    "ssm": (
        re.compile(_ACCOUNT + r"opsitem:[1-4](#CATEGORY=(Availability|Cost|Performance|Recovery|Security))?"),
        "arn:aws:ssm:REGION:ACCOUNT:opsitem:1 to opsitem:4, perhaps with #CATEGORY=Performance",
    ),
    "ssm-incidents": (
        re.compile(r"[a-z0-9-]*:\d{12}:response-?plan/.+"),
        "arn:aws:ssm-incidents::ACCOUNT:response-plan/NAME",
    ),
    "aiops": (
        re.compile(_ACCOUNT + r"investigation-group[:/].+"),
        "arn:aws:aiops:REGION:ACCOUNT:investigation-group/ID",
    ),
}
_INSTANCE = ("automate", "swf")


def action_kind(body: Body) -> Iterator[Fault]:
    """Not every alarm may do everything: an EC2 action is for an alarm on the metric of one instance.

    Such a metric has the dimension `InstanceId`. Scaling is not for bands.

    Breaks: `arn:aws:automate:eu-west-1:ec2:stop` in an alarm with `Metrics`, or on `AWS/Lambda`
    Keeps: an SNS topic; the EC2 action on `CPUUtilization` of `{"Name": "InstanceId", "Value": "i-1"}`
    """
    for name, arn in _actions(body):
        service = _service(arn)
        if service in _INSTANCE and body.get("Metrics"):
            yield Fault(f"{name}: an EC2 action is not for metric math", "notify a topic")
        elif service in _INSTANCE and not _of_an_instance(body):
            said = f"{name}: an EC2 action, and the metric is of no instance"
            yield Fault(said, "watch a metric with the dimension InstanceId, or notify a topic")
        if service == "autoscaling" and "ThresholdMetricId" in body:
            yield Fault(f"{name}: a scaling action is not for an anomaly alarm", "notify a topic")


def _of_an_instance(body: Body) -> bool:
    """Whether its metric is of an instance, or may be."""
    names = [dimension.get("Name") for dimension in body.get("Dimensions", ())]
    return "InstanceId" in names or body.get("Namespace", LATER) in ("AWS/EC2", LATER)


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

    A queue, a bucket or a state machine is reached by a topic, or by a rule of EventBridge. The ARN is
    whole: a topic is not its subscription, nor a function its layer.

    Breaks: `arn:aws:sqs:eu-west-1:123456789012:q`, `arn:aws:automate:eu-west-1:ec2:start`, `arn:aws:sns:::t`
    Keeps: `arn:aws:sns:eu-west-1:123456789012:t`, `arn:aws:automate:eu-west-1:ec2:recover`
    """
    for name, arn in _actions(body):
        if not arn.startswith("arn:") or len(arn) > 1_024:
            continue  # told by its form and its length
        service = _service(arn)
        rest = arn.split(":", 3)[-1]
        if not re.match(r"arn:aws[a-z-]*:[^:]", arn):
            yield Fault(f"{name}: `{arn[:200]}` is no ARN of AWS", "write such as arn:aws:sns:...")
        elif service not in _KINDS:
            yield Fault(f"{name}: an alarm does nothing with `{service}`", "notify a topic")
        elif not _KINDS[service][0].fullmatch(rest):
            yield Fault(f"{name}: `{arn[:200]}` is no action of an alarm", f"write {_KINDS[service][1]}")
        elif service == "aiops" and name != "AlarmActions":
            yield Fault(f"{name}: an investigation starts with an alarm, not after it", "", "warning")


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


def _service(arn: str) -> str:
    return arn.split(":")[2] if arn.count(":") > 1 else ""


def _actions(body: Body) -> Iterator[tuple[str, str]]:
    return ((name, arn) for name in ACTION_LISTS for arn in body.get(name, ()))


ACTION_RULES = (action_twice, action_service, action_region)
