"""Resources in a file, judged as what is compiled is: a `sereno build`, or monitors as the API lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.language.problem import Problem, Span
from sereno.vendors.backend import Resource
from sereno.vendors.datadog.forms import FIELDS, KIND_OF_TYPE
from sereno.vendors.datadog.limits import check
from sereno.vendors.datadog.limits_fault import Fault


def holds(document: Any) -> bool:
    """Whether a file's JSON is Datadog's: built for it, or a list of monitors."""
    if isinstance(document, Mapping):
        return document.get("backend") == "datadog" and isinstance(document.get("resources"), list)
    return isinstance(document, list) and any(
        isinstance(m, dict) and {"type", "query"} <= {*m} for m in document
    )


def check_resources(document: Any, file: str) -> tuple[Problem, ...]:
    """Every broken rule, and everything that is in no form of Datadog's."""
    where = Span(file)
    items = document["resources"] if isinstance(document, Mapping) else document
    found = [(n, _resource(item, where)) for n, item in enumerate(items)]
    odd = [_problem(where, f"item {n + 1}", form("it is no resource")) for n, each in found if each is None]
    every = [each for _, each in found if each is not None]
    sound = [(each, _one(each)) for each in every]
    odd += [said for _, said in sound if said is not None]
    return (*odd, *check([each for each, said in sound if said is None]))


def _resource(item: Any, where: Span) -> Resource | None:
    """Of a build's item, or of a monitor as the API gives it."""
    if not isinstance(item, dict):
        return None
    body = item.get("body", item)
    kind = item.get("kind") if "body" in item else KIND_OF_TYPE.get(str(item.get("type")))
    if not isinstance(body, dict) or not isinstance(kind, str) or kind not in FIELDS:
        return None
    address = str(item.get("address") or item.get("name") or item.get("id"))
    defaults: dict[str, Any] = {} if kind in ("dashboard", "downtime") else {"tags": [], "options": {}}
    return Resource(kind, address, {**defaults, **body}, where)


def _one(resource: Resource) -> Problem | None:
    """What is wrong with its form; None where the rules can read it."""
    try:
        list(check([resource]))
    except (KeyError, TypeError, AttributeError, ValueError, ArithmeticError) as wrong:
        return _problem(resource.where, resource.address, form(f"{type(wrong).__name__}: {wrong}"))
    return None


def _problem(where: Span, name: str, fault: Fault) -> Problem:
    return Problem(where, "dd-form", f"{name}: {fault.message}", fault.help)


def form(said: str) -> Fault:
    """Each item of a file is a resource with the fields that Datadog's API gives it.

    Breaks: `[{"type": "query alert"}]`, a monitor without a query
    Keeps: the answer of `GET /api/v1/monitor`, or what `sereno build --backend datadog` writes
    """
    return Fault(f"it is in no form of Datadog's ({said})", "see the API's reference of it")
