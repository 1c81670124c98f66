"""What only several resources of a file break together: names that stand twice, circles, targets of mutes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sereno.vendors.cloudwatch.limits import composites, mutes
from sereno.vendors.cloudwatch.limits.files import Found
from sereno.vendors.cloudwatch.limits.shape import Fault
from sereno.vendors.cloudwatch.limits.terraform import LATER


def together(
    items: Sequence[Found], clean: Callable[[Found], dict[str, Any] | None]
) -> Iterator[tuple[str, Fault]]:
    """What only several composites can break; told of the item that bears the name, if the file has it."""
    by_place: dict[tuple[str, str], list[Found]] = {}
    for item in items:
        if item.kind.endswith("alarm"):
            by_place.setdefault((item.region, item.owner if item.region else ""), []).append(item)
    for beside in by_place.values():
        of_name = {_live_name(item): item.name for item in beside}
        bodies = [body for item in beside if item.kind == "composite-alarm" and (body := clean(item))]
        for rule in composites.TOGETHER:
            for name, fault in rule(bodies):
                yield of_name.get(name, beside[0].name), replace(fault, code=code(rule))
    rules = {_live_name(item): item for item in items if item.kind == "mute-rule"}
    muting = [body for item in rules.values() if (body := clean(item))]
    alarms_of_all = [_live_name(item) for item in items if item.kind.endswith("alarm")] if muting else []
    for name, fault in mutes.mute_target(muting, alarms_of_all):
        yield rules[name].name, replace(fault, code=code(mutes.mute_target))


def _live_name(item: Found) -> str:
    body = item.body if isinstance(item.body, Mapping) else {}
    name = body.get("AlarmName") or body.get("DashboardName") or body.get("Name")
    return name if isinstance(name, str) else ""


def name_twice(name: str, count: int, sure: bool = True) -> Fault:
    """Two alarms of one Region, or two dashboards, of one name: the second overwrites the first.

    Where the file does not say the Region or the account, it is a warning.

    Breaks: two alarms `errors`
    Keeps: `api-errors` and `worker-errors`; `errors` in two Regions
    """
    if sure:
        return Fault(f"the name `{name}` stands {count} times", "rename one of them")
    said = f"the name `{name}` stands {count} times, and the file does not say whether in one Region"
    return Fault(said, "rename one of them, if they are in one Region and account", "warning")


def twice(items: Sequence[Found]) -> Iterator[tuple[str, Fault]]:
    named: dict[tuple[str, str], list[Found]] = {}
    for item in items:
        key = ("alarm" if item.kind.endswith("alarm") else item.kind, _live_name(item))
        named.setdefault(key, []).append(item)
    for (_, name), alike in named.items():
        if name not in ("", LATER) and len(alike) > 1:
            yield from _named_alike(name, alike)


def _named_alike(name: str, alike: Sequence[Found]) -> Iterator[tuple[str, Fault]]:
    places = Counter((item.region, item.owner) for item in alike)
    for item in alike:
        sure = places[item.region, item.owner]
        perhaps = sum(
            count for place, count in places.items() if not _apart((item.region, item.owner), place)
        )
        if perhaps > 1:
            fault = name_twice(name, sure if sure > 1 else perhaps, sure > 1)
            yield item.name, replace(fault, code="cw-name-twice")


def _apart(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two places (region, owner) are surely not the same."""
    regions, owners = zip(one, other, strict=True)
    regions_differ = all(regions) and len(set(regions)) > 1
    return regions_differ or (all(owner.isdigit() for owner in owners) and len(set(owners)) > 1)


def code(rule: Callable[..., Any]) -> str:
    """A rule's code, from its name."""
    return "cw-" + rule.__name__.replace("_", "-")
