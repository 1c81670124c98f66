"""Composite alarms: the rule by its grammar, its counts, and its suppressor.

Each rule is a function of the body; its name is its code, its docstring what `sereno explain` shows.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sereno.vendors.cloudwatch import alarm_rule
from sereno.vendors.cloudwatch.alarm_rule import AtLeast, Rule, RuleFault
from sereno.vendors.cloudwatch.limits.actions import ACTION_LISTS, ACTION_RULES
from sereno.vendors.cloudwatch.limits.alarms import tag_twice
from sereno.vendors.cloudwatch.limits.shape import Fault

Body = Mapping[str, Any]
CHILDREN, ELEMENTS, PARENTS = 100, 500, 150


@lru_cache(maxsize=4_096)
def _parsed(rule: str) -> Rule | str:
    """The tree of a rule, or why it cannot be read."""
    try:
        return alarm_rule.parse(rule)
    except RuleFault as fault:
        return str(fault)


def tree(body: Body) -> Rule | None:
    """The rule, if it can be read."""
    found = _parsed(body.get("AlarmRule", ""))
    return None if isinstance(found, str) else found


def children(body: Body) -> tuple[str, ...]:
    """The names of the alarms it stands on."""
    return _named(body.get("AlarmRule", ""))


@lru_cache(maxsize=65_536)  # two rules go through all composites, one after the other
def _named(rule: str) -> tuple[str, ...]:
    found = _parsed(rule)
    if isinstance(found, str):
        return ()
    return tuple(alarm_rule.alarm_name(name) for name in alarm_rule.alarms(found))


def rule_syntax(body: Body) -> Iterator[Fault]:
    """An alarm rule is made of ALARM(), OK(), INSUFFICIENT_DATA(), AT_LEAST(), TRUE, FALSE, AND, OR, NOT.

    A name with a space, a comma or a bracket is quoted.

    Breaks: `ALARM("a") AND`, `ALARM("a") && ALARM("b")`, `ALARM(my alarm)`
    Keeps: `ALARM("a") AND NOT (OK("b") OR ALARM("my alarm"))`
    """
    if body.get("AlarmRule", "").strip().lower() in ("true", "false") and tree(body) is None:
        yield Fault("the reference writes TRUE and FALSE in capitals", "write it so", "warning")
    elif "AlarmRule" in body and isinstance(why := _parsed(body["AlarmRule"]), str):
        yield Fault(f"the alarm rule cannot be read: {why}", "see the syntax of AlarmRule")


def rule_children(body: Body) -> Iterator[Fault]:
    """A rule names at most 100 alarms and has at most 500 elements (alarms, constants, brackets).

    Breaks: `ALARM("a1") OR ... OR ALARM("a101")`
    Keeps: a composite over composites
    """
    if tree(body) is None:
        return
    count = len(children(body))
    if count > CHILDREN:
        yield Fault(f"the rule names {count} alarms, and may name {CHILDREN}", "split it into composites")
    elements = alarm_rule.elements(body["AlarmRule"])
    if elements > ELEMENTS:
        yield Fault(f"the rule has {elements} elements, and may have {ELEMENTS}", "split it into composites")


def rule_name(body: Body) -> Iterator[Fault]:
    """An alarm that a rule names has a name of 1 to 255 characters, or an ARN; a share is at most 100 %.

    Breaks: `ALARM("")`, `AT_LEAST(101%, ALARM, (a, b))`
    Keeps: `ALARM("a")`, `AT_LEAST(60%, ALARM, (a, b))`
    """
    for name in children(body):
        if not 1 <= len(name) <= 255:
            yield Fault(f"the rule names an alarm of {len(name)} characters", "write 1 to 255")
    found = tree(body)
    for node in alarm_rule.walk(found) if found else ():
        if isinstance(node, AtLeast) and node.percent and node.amount > 100:
            yield Fault(f"AT_LEAST of {node.amount} %", "write at most 100 %")


def rule_never(body: Body) -> Iterator[Fault]:
    """`AT_LEAST` of more alarms than it lists is never true.

    Breaks: `AT_LEAST(3, ALARM, ("a", "b"))`
    Keeps: `AT_LEAST(2, ALARM, ("a", "b", "c"))`
    """
    found = tree(body)
    for node in alarm_rule.walk(found) if found else ():
        if isinstance(node, AtLeast) and not node.percent and node.amount > len(node.alarms):
            yield Fault(
                f"AT_LEAST of {node.amount} in {len(node.alarms)} alarms is never true", "", "warning"
            )


def rule_itself(body: Body) -> Iterator[Fault]:
    """A composite cannot stand on itself.

    Breaks: the alarm `a` with the rule `ALARM("a")`
    Keeps: a rule over other alarms
    """
    if body.get("AlarmName") in children(body):
        yield Fault("the alarm rule names the alarm itself", "name others")


def rule_place(body: Body) -> Iterator[Fault]:
    """The alarms of a rule, and the suppressor, live in the composite's own account and Region.

    Breaks: a composite of eu-west-1 over `arn:aws:cloudwatch:us-east-1:123456789012:alarm:a`
    Keeps: alarms of eu-west-1
    """
    found = tree(body)
    named = (*(alarm_rule.alarms(found) if found else ()), str(body.get("ActionsSuppressor", "")))
    arns = [arn.split(":", 5) for arn in (*named, str(body.get("AlarmArn", ""))) if arn.startswith("arn:")]
    for n, word in ((3, "Regions"), (4, "accounts")):
        places = sorted({arn[n] for arn in arns if len(arn) > 5 and arn[n]})
        if len(places) > 1:
            yield Fault(f"the rule reaches over {word}: {', '.join(places)}", "name alarms beside it")


def suppressor(body: Body) -> Iterator[Fault]:
    """`ActionsSuppressor` comes with how long to wait for it, and how long to go on after it.

    Breaks: an `ActionsSuppressor` alone; a `ActionsSuppressorWaitPeriod` alone
    Keeps: all three
    """
    names = ("ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod")
    there = [name for name in names if body.get(name) not in (None, "")]
    # A composite without a suppressor is described with periods of 0.
    if not body.get("ActionsSuppressor") and not any(body.get(name) for name in names):
        return
    missing = [name for name in names if name not in there]
    if missing:
        yield Fault(
            f"{' and '.join(f'`{n}`' for n in missing)} is missing beside the suppressor", "write all three"
        )
    if (
        body.get("AlarmName")
        and alarm_rule.alarm_name(body.get("ActionsSuppressor", "")) == body["AlarmName"]
    ):
        yield Fault("the alarm suppresses itself", "name another")


def composite_action(body: Body) -> Iterator[Fault]:
    """A composite notifies, invokes and opens items; it does not touch instances or scaling groups.

    When it ends, or has no data, it notifies and invokes only.

    Breaks: `arn:aws:automate:eu-west-1:ec2:reboot` in `AlarmActions`, an OpsItem in `OKActions`
    Keeps: an SNS topic, a Lambda function; an OpsItem in `AlarmActions`
    """
    for name in ACTION_LISTS:
        for arn in body.get(name, ()):
            service = (*arn.split(":"), "", "", "")[2]
            if service in ("automate", "swf", "autoscaling"):
                said = f"{name}: a composite has no EC2 or scaling actions"
                yield Fault(said, "put it on the metric alarm")
            elif service in ("ssm", "ssm-incidents", "aiops") and name != "AlarmActions":
                yield Fault(f"{name}: a composite does this in AlarmActions only", "notify a topic")


RULES = (
    rule_syntax,
    rule_children,
    rule_name,
    rule_never,
    rule_itself,
    rule_place,
    suppressor,
    composite_action,
    *ACTION_RULES,
    tag_twice,
)


def rule_cycle(bodies: Sequence[Body]) -> Iterator[tuple[str, Fault]]:
    """Composites may stand on composites, but not in a circle: it is never evaluated, nor can it be deleted.

    Breaks: `a` is `ALARM("b")` and `b` is `ALARM("a")`
    Keeps: a tree
    """
    stands_on = {str(body.get("AlarmName")): children(body) for body in bodies}
    for name in stands_on:
        if name in _below(stands_on, name) and name not in stands_on[name]:
            yield name, Fault("the alarm rule leads back to the alarm itself", "break the circle")


def _below(stands_on: Mapping[str, tuple[str, ...]], name: str) -> set[str]:
    found: set[str] = set()
    waiting = list(stands_on[name])
    while waiting:
        child = waiting.pop()
        if child not in found:
            found.add(child)
            waiting += stands_on.get(child, ())
    return found


def rule_parents(bodies: Sequence[Body]) -> Iterator[tuple[str, Fault]]:
    """An alarm is in the rules of at most 150 composites.

    Breaks: one alarm in 151 rules
    Keeps: a composite over it, and that in the rules
    """
    times = Counter(child for body in bodies for child in set(children(body)))
    for name, count in times.items():
        if count > PARENTS:
            yield (
                name,
                Fault(f"`{name}` is in {count} rules, and may be in {PARENTS}", "put a composite between"),
            )


TOGETHER = (rule_cycle, rule_parents)
