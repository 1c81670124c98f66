"""Judging one of each form finds what judging every payload finds."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import pytest

from sereno.language import load_system
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import compile as compiled
from sereno.vendors.cloudwatch import limits
from sereno.vendors.cloudwatch.limits import beside
from sereno.vendors.cloudwatch.limits.files import Found
from sereno.vendors.cloudwatch.limits.likeness import likeness

ROOT = Path(__file__).parents[2]


def resources() -> list[Resource]:
    system, _ = load_system(ROOT, lenient=True)
    assert system is not None
    return list(compiled(system)[0])


OURS = resources()
BOARDS = [r for r in OURS if r.kind == "dashboard"]


def twin(board: Resource, letter: str) -> Resource:
    """The same with another name of the same length."""
    name = board.body["DashboardName"][:-1] + letter
    return Resource(board.kind, name, {**board.body, "DashboardName": name}, board.where)


def test_a_dashboard_is_of_one_form_with_its_twin_and_of_another_with_a_wrong_period() -> None:
    item = Found("dashboard", "d", BOARDS[0].body)
    other = copy.deepcopy(dict(item.body))
    next(w for w in other["DashboardBody"]["widgets"] if w["type"] == "metric")["properties"]["period"] = 61
    assert likeness(Found("dashboard", "d", twin(BOARDS[0], "z").body)) == likeness(item)
    assert likeness(Found("dashboard", "d", other)) != likeness(item)


def test_windows_of_two_slos_are_of_one_form_and_a_longer_name_is_of_another() -> None:
    alarm = next(r for r in OURS if r.address.endswith("page/1h-5m/long"))
    item = Found(alarm.kind, alarm.address, alarm.body)
    renamed = Found(
        item.kind, item.name, {**item.body, "AlarmName": item.body["AlarmName"].replace("a", "b")}
    )
    longer = Found(item.kind, item.name, {**item.body, "AlarmName": item.body["AlarmName"] + "x"})
    assert likeness(renamed) == likeness(item)
    assert likeness(longer) != likeness(item)


JUNK: tuple[Any, ...] = ("", "x" * 300, "\x07", "A B", "m1 / m2", "SUM(METRICS())", 0, -1, 45, 86_400, "p101")


def changed(resource: Resource, chance: random.Random) -> Resource:
    """A payload of ours with one value that may be wrong, of the same type."""
    body: Any = copy.deepcopy(dict(resource.body))
    part, key = body, chance.choice(list(body))
    while isinstance(part[key], dict | list) and part[key]:
        part = part[key]
        key = chance.choice(list(part)) if isinstance(part, dict) else chance.randrange(len(part))
    fitting = [junk for junk in JUNK if type(junk) is type(part[key])] or [part[key]]
    part[key] = chance.choice(fitting)
    return Resource(resource.kind, resource.address, body, resource.where)


@pytest.mark.parametrize("seed", range(60))
def test_a_wrong_payload_among_its_like_is_found_all_the_same(seed: int) -> None:
    chance = random.Random(seed)
    twins = [twin(board, letter) for board in BOARDS for letter in "xyz"]
    payloads = [changed(r, chance) if chance.random() < 0.1 else r for r in OURS]
    payloads += [changed(r, chance) if chance.random() < 0.5 else r for r in twins]
    items = [Found(r.kind, r.address, r.body) for r in payloads]
    twice = list(beside.twice(items))
    each = [(item.name, fault) for item in items for fault in limits._one(item)]
    one_by_one = sorted(
        (name, fault.code, fault.message)
        for name, fault in (*each, *beside.together(items, limits._sound), *twice)
    )
    alike = sorted(
        (name, fault.code, fault.message)
        for name, fault in (*limits._alike(items), *beside.together(items, limits._ours), *twice)
    )
    assert alike == one_by_one
