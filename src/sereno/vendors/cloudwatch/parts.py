"""What every alarm has: a description to act on, tags that say whose it is, and who is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sereno.language import names, routes
from sereno.language.model import System
from sereno.language.problem import Problem, Span
from sereno.vendors.cloudwatch import faults
from sereno.vendors.subjects import runbook_url as runbook_url
from sereno.vendors.subjects import shortened, shown_on

DESCRIPTION = 1_024  # characters: the model of PutMetricAlarm

MEANT = "ALARM means: "

OPERATORS = {
    "gt": "GreaterThanThreshold",
    "gte": "GreaterThanOrEqualToThreshold",
    "lt": "LessThanThreshold",
    "lte": "LessThanOrEqualToThreshold",
}


def description(lead: str, facts: Iterable[tuple[str, str]]) -> str:
    """The lead, then a line a fact. What is too long is cut from the lead, at a word, never from a link."""
    tail = "".join(f"\n{name}: {value}" for name, value in facts if value)
    return shortened(" ".join(lead.split()), DESCRIPTION - len(tail)) + tail


def meant(lead: str, *, when_resolved: bool) -> str:
    """What an alarm says of itself. CloudWatch sends one text on ALARM and on OK, so where the end is told
    too it says which of the two it speaks of."""
    return f"{MEANT}{lead}" if when_resolved else lead


def tags(system: System, address: str, labels: Mapping[str, str]) -> list[dict[str, str]]:
    """Ours, by which a thing is known as owned, and the labels; sorted by key."""
    ours = {
        names.TAG_PROJECT: system.project,
        names.TAG_ENVIRONMENT: system.environment.name,
        names.TAG_ADDRESS: address,
    }
    return [{"Key": key, "Value": value} for key, value in sorted({**labels, **ours}.items())]


def dashboard_url(system: System, *, slo: str = "", alert: str = "") -> str:
    """The console's page of the first dashboard that shows it, else of the first dashboard."""
    shown = shown_on(system, slo=slo, alert=alert)
    if not shown:
        return ""
    region, name = system.environment.region, names.live(system, names.dashboard(shown))
    console = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
    return f"{console}#dashboards/dashboard/{name}"


@dataclass(frozen=True, slots=True)
class Told:
    """The ARNs an alarm notifies, and what kept a receiver from being among them."""

    arns: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def told(system: System, labels: routes.Labels, named: Sequence[str], routed: bool, where: Span) -> Told:
    """The receivers the tree gives (if it is asked) and those named, as ARNs, each once."""
    by_tree = routes.receivers_for(system, labels) if routed else ()
    every = dict.fromkeys((*by_tree, *(system.receivers[name] for name in named)))
    problems = [faults.receiver(receiver) for receiver in every if not receiver.cloudwatch]
    arns = tuple(dict.fromkeys(arn for receiver in every for arn in receiver.cloudwatch))
    if not every:
        problems.append(faults.nobody(where))
    return Told(arns, tuple(problems))
