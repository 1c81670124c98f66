"""What every Datadog resource has: tags that say whose it is, a message to act on, and who is told.

Ids are Datadog's, and exist only once a thing is made. A body refers to another resource as
`${ADDRESS}`; `live.py` puts the id in when it sends, and takes it out when it reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sereno.language import names, routes
from sereno.language.model import Severity, Slo, System
from sereno.language.problem import Problem, Span
from sereno.language.runbooks import is_link
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import faults
from sereno.vendors.subjects import runbook_url

Compiled = tuple[tuple[Resource, ...], tuple[Problem, ...]]

TAG_PROJECT, TAG_ENVIRONMENT, TAG_ADDRESS = (
    tag.replace(":", "_") for tag in (names.TAG_PROJECT, names.TAG_ENVIRONMENT, names.TAG_ADDRESS)
)
TAG_MUTE = "sereno_mute"
PRIORITY: Mapping[Severity, int] = {"page": 2, "ticket": 4}  # 1 (highest) to 5
OPERATORS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_HANDLE = re.compile(r"(?<![\w./:-])@(?=\w)")
_BRACES = re.compile(r"\{(?=\{)")
HANDLE = re.compile(r"@[^\s{}@][^\s{}]*")
REFERRING = ("query", "slo_id", "id")  # the fields that may refer to another resource
REFERENCE = re.compile(r"\$\{([A-Za-z0-9][-\w./#]*)\}")


def reference(address: str) -> str:
    """How a body names another resource."""
    return f"${{{address}}}"


@lru_cache(maxsize=10_000)
def tag(key: str, value: str) -> str:
    """As Datadog keeps it: lower case, at most 200 characters, `_` for what it does not take.

    https://docs.datadoghq.com/getting_started/tagging/
    """
    return re.sub(r"[^\w\-:./]", "_", f"{key}:{value}".lower())[:200]


def tags(system: System, address: str, labels: Mapping[str, str], more: Iterable[str] = ()) -> list[str]:
    """Ours, by which a thing is known as owned, unified service tagging's, and the labels; sorted."""
    ours = {
        TAG_PROJECT: system.project,
        TAG_ENVIRONMENT: system.environment.name,
        TAG_ADDRESS: address,
        "env": system.environment.name,
    }
    return sorted({*(tag(key, value) for key, value in {**labels, **ours}.items() if value), *more})


def labels_of(labels: Mapping[str, str], *, owner: str, service: str, severity: str = "") -> dict[str, str]:
    """The declared labels with `team`, `service` and `severity`, as Datadog's own pages read them."""
    return {**labels, "team": owner, "service": service, "severity": severity}


def mark(system: System, address: str) -> str:
    """The line that says whose a thing without tags is (a dashboard, a downtime): by it, it is found."""
    return f"Made by sereno: {system.project} {system.environment.name} {address}"


def owner_of(text: str | None) -> tuple[str, str, str] | None:
    """(project, environment, address) of the line `mark` wrote; None where there is none."""
    found = re.search(r"^Made by sereno: (\S+) (\S+) (\S+)$", text or "", re.MULTILINE)
    return (found[1], found[2], found[3]) if found else None


def runbook(system: System, name: str) -> list[dict[str, str]]:
    """The runbook as a monitor's asset, which Datadog shows beside the alert; none without a URL."""
    url = runbook_url(system, name)
    if not is_link(url):
        return []
    return [{"category": "runbook", "name": system.runbooks[name].title, "url": url}]


def message(lead: str, facts: Iterable[tuple[str, str]], handles: str = "") -> str:
    """The lead, a line a fact, and who is told: nobody else, whatever a declared text says."""
    lines = [plain(lead), *(f"{name}: {plain(value)}" for name, value in facts if value)]
    return "\n".join([*lines, *([handles] if handles else [])])


def plain(text: str) -> str:
    """A text of one line in which nothing is a handle (`@name`) or a template (`{{...}}`) to Datadog."""
    words = " ".join(text.split())
    return _BRACES.sub("{ ", _HANDLE.sub("at ", words)) if "@" in words or "{{" in words else words


def handles(told: Sequence[str], *, when_resolved: bool, states: Sequence[str] = ("is_alert",)) -> str:
    """The handles; Datadog tells them of the end too unless they stand in the conditions that they hear of.

    In No Data `is_alert` does not hold: https://docs.datadoghq.com/monitors/notify/variables/
    """
    if not told:
        return ""
    named = " ".join(told)
    if when_resolved:
        return named
    return " ".join(f"{{{{#{state}}}}}{named}{{{{/{state}}}}}" for state in states)


def slo_facts(system: System, slo: Slo, severity: str) -> list[tuple[str, str]]:
    """What the person who is woken needs: whose it is, how bad, and where to look."""
    return [
        ("SLO", slo.name),
        ("Service", slo.service),
        ("Owner", slo.owner),
        ("Severity", severity),
        ("Runbook", runbook_url(system, slo.runbook)),
    ]


@dataclass(frozen=True, slots=True)
class Told:
    """The handles a monitor notifies, and what kept a receiver from being among them."""

    handles: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def told(system: System, labels: routes.Labels, named: Sequence[str], routed: bool, where: Span) -> Told:
    """The receivers the tree gives (if it is asked) and those named, as handles, each once."""
    by_tree = routes.receivers_for(system, labels) if routed else ()
    every = dict.fromkeys((*by_tree, *(system.receivers[name] for name in named)))
    problems = [faults.receiver(receiver) for receiver in every if not receiver.datadog]
    problems += [faults.handle(r, text) for r in every for text in r.datadog if not HANDLE.fullmatch(text)]
    found = tuple(dict.fromkeys(handle for receiver in every for handle in receiver.datadog))
    if not every:
        problems.append(faults.nobody(where))
    return Told(found, tuple(problems))


@dataclass(frozen=True, slots=True)
class Monitor:
    """What a monitor's body is made of, whatever it watches."""

    address: str
    name: str
    query: str
    text: str  # the message, handles included
    tags: list[str]
    options: Mapping[str, Any]
    assets: list[dict[str, str]]
    severity: Severity | None = None  # None: it notifies nobody


def monitor(kind: str, vendors_type: str, of: Monitor, where: Span) -> Resource:
    """The body of POST /api/v1/monitor."""
    body: dict[str, Any] = {
        "name": of.name,
        "type": vendors_type,
        "query": of.query,
        "message": of.text,
        "tags": of.tags,
        "options": {"include_tags": True, "notify_audit": False, **of.options},
    }
    if of.severity:
        body["priority"] = PRIORITY[of.severity]
    if of.assets:
        body["assets"] = of.assets
    return Resource(kind, of.address, body, where)
