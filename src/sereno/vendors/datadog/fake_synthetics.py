"""Synthetic tests of the fake: what it takes, what it refuses, and the monitor it makes of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from sereno.vendors.datadog.fake_calls import Body, Call
from sereno.vendors.datadog.fake_rules import Refused

if TYPE_CHECKING:
    from sereno.vendors.datadog.fake import Fake

USED = re.compile(r"\{\{ *([A-Z][A-Z0-9_]*) *\}\}")


def answer(fake: Fake, call: Call) -> Any:
    """One call below /api/v1/synthetics."""
    known = {
        ("GET", "tests"): _listed,
        ("POST", "tests/api"): lambda fake, call: _put(fake, "", call.body),
        ("POST", "tests/delete"): _deleted,
        ("GET", "variables"): _variables,
    }
    if (call.method, call.id) in known:
        return known[call.method, call.id](fake, call)
    identity = call.id.removeprefix("tests/api/")
    if identity not in fake.synthetics:
        raise Refused(404, "Synthetics test not found")
    return _put(fake, identity, call.body) if call.method == "PUT" else deepcopy(fake.synthetics[identity])


def _listed(fake: Fake, call: Call) -> Any:
    size = min(fake.page, int(call.query.get("page_size", 100)))
    first = int(call.query.get("page_number", 0)) * size
    found = [test for _, test in sorted(fake.synthetics.items())]
    return {"tests": deepcopy(found[first : first + size])}


def _variables(fake: Fake, call: Call) -> Any:
    del call
    return {"variables": [{"id": key, "name": name} for name, key in fake.variables.items()]}


def _deleted(fake: Fake, call: Call) -> Any:
    wanted = call.body["public_ids"]
    if missing := [key for key in wanted if key not in fake.synthetics]:
        raise Refused(404, f"Synthetics tests not found: {missing}")
    for key in wanted:
        del fake.monitors[fake.synthetics.pop(key)["monitor_id"]]
    return {"deleted_tests": [{"public_id": key} for key in wanted]}


def _put(fake: Fake, identity: str, body: Body) -> Any:
    if errors := list(refusals(fake, body)):
        raise Refused(400, *errors)
    before = fake.synthetics.get(identity, {})
    key = identity or f"abc-{fake.new():03d}-api"
    made = {**deepcopy(body), "public_id": key, "monitor_id": before.get("monitor_id") or fake.new()}
    made["tags"] = made["tags"][::-1]
    made["options"] = {"monitor_options": {"renotify_interval": 0}, **made["options"]}
    fake.synthetics[key] = made
    fake.monitors[made["monitor_id"]] = {
        "id": made["monitor_id"],
        "type": "synthetics alert",
        "name": made["name"],
        "query": f"no_query_{key}",
        "message": made["message"],
        "tags": made["tags"],
        "options": {},
    }
    return deepcopy(made)


def refusals(fake: Fake, body: Body) -> Iterator[str]:
    """Why a test is refused."""
    for needed in ("name", "message", "type", "subtype", "config", "options", "locations"):
        if not body.get(needed):
            yield f"{needed} is required"
            return
    if (body["type"], body["subtype"]) != ("api", "http"):
        yield "only http tests are known here"
    if not 30 <= body["options"].get("tick_every", 0) <= 604_800:
        yield "tick_every must be between 30 and 604800"
    if not body["config"].get("assertions"):
        yield "assertions is required"
    if not str(body["config"]["request"].get("url", "")).startswith(("http://", "https://")):
        yield "Invalid URL"
    for place in body["locations"]:
        if not re.fullmatch(r"(?:aws|azure|gcp|pl):[\w.-]+", place):
            yield f"Invalid location: {place}"
    yield from _globals(fake, body["config"])


def _globals(fake: Fake, config: Body) -> Iterator[str]:
    declared = {each["name"]: each.get("id") for each in config.get("configVariables", ())}
    for name in sorted(set(USED.findall(str(config["request"]))) - set(declared)):
        yield f"Variable {name} is not defined"
    for name, key in declared.items():
        if fake.variables.get(name) != key:
            yield f"Global variable {name} not found"
