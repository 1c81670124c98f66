"""OpenSLO v1: what must stand together, and what may not.

The rules are those of the specification and of the reference SDK (github.com/OpenSLO/go-sdk,
pkg/openslo/v1); where they differ, what either accepts is accepted, with a warning that says so.
A key without a value counts as left out, as it does to the SDK.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sereno.language.faults import openslo as fault
from sereno.language.problem import Problem, Span
from sereno.language.spec.base import NUMBER
from sereno.language.text import Bare, Filled, Map, mark_of


class Place:
    """A value of a document, and where it stands: the key below another place, or the whole of a file."""

    __slots__ = ("above", "file", "key", "value")

    def __init__(self, above: Place | None, key: str | int, value: Any, file: str = "") -> None:
        self.above, self.key, self.value, self.file = above, key, value, file

    def __getitem__(self, key: str | int) -> Place:
        value = self.value
        if isinstance(value, Map):
            return Place(self, key, value.get(key))  # type: ignore[arg-type]
        if isinstance(value, list) and isinstance(key, int):
            return Place(self, key, value[key])
        return Place(self, key, None)

    def __iter__(self) -> Iterator[Place]:
        items = self.value if isinstance(self.value, list) else ()
        return (Place(self, i, item) for i, item in enumerate(items))

    def there(self, *keys: str) -> list[str]:
        """Which of these keys have a value."""
        mapping = self.value
        return [k for k in keys if mapping.get(k) is not None] if isinstance(mapping, Map) else []

    def span(self, *, key: bool = False) -> Span:
        path: list[str | int] = []
        place = self
        while place.above is not None:
            path.insert(0, place.key)
            place = place.above
        return Span(place.file, *mark_of(place.value, tuple(path), key=key))

    def number(self) -> Decimal | None:
        """The number, if it is one."""
        fine = isinstance(self.value, Bare | Filled) and NUMBER.fullmatch(str(self.value))
        return Decimal(str(self.value)) if fine else None


def whole(file: str, tree: Map) -> Place:
    return Place(None, "", tree, file)


def exactly_one(at: Place, *keys: str) -> Iterator[Problem]:
    """One of these keys, and only one."""
    found = at.there(*keys)
    if not isinstance(at.value, Map):
        return
    if not found:
        yield fault.one_of_fields(at.span(), keys)
    elif len(found) > 1:
        yield fault.exclusive_fields(at[found[1]].span(key=True), found)


def document(file: str, tree: Map) -> Iterator[Problem]:
    """Every rule for a document of any kind."""
    at = whole(file, tree)
    yield from metadata(at["metadata"])
    spec = at["spec"]
    match tree.get("kind"):
        case "SLO":
            yield from slo(spec)
        case "SLI":
            yield from sli(spec)
        case "AlertPolicy":
            yield from policy(spec)
        case "AlertCondition":
            yield from condition(spec)


def metadata(at: Place) -> Iterator[Problem]:
    annotations = at["annotations"]
    for key in annotations.value if isinstance(annotations.value, Map) else ():
        if key.startswith("openslo.com/"):
            yield fault.reserved_annotation(annotations[key].span(key=True), key)


def slo(at: Place) -> Iterator[Problem]:
    if not isinstance(at.value, Map):
        return
    yield from _indicators(at)
    yield from _windows(at)
    if not at["objectives"].value:
        yield fault.objectives_missing(at.span())
    composite = any(o.there("indicator", "indicatorRef") for o in at["objectives"])
    for objective in at["objectives"]:
        yield from _objective(at, objective, composite)
    for each in at["alertPolicies"]:
        yield from _inline(each, "alertPolicyRef", policy)


def _indicators(at: Place) -> Iterator[Problem]:
    here = at.there("indicator", "indicatorRef")
    below = [o for o in at["objectives"] if o.there("indicator", "indicatorRef")]
    if not here and not below:
        yield fault.indicator_place(at.span(), both=False)
    elif here and below:
        yield fault.indicator_place(at[here[0]].span(key=True), both=True)
    if len(here) > 1:
        yield fault.exclusive_fields(at["indicatorRef"].span(key=True), here)
    yield from sli(at["indicator"]["spec"])
    yield from metadata(at["indicator"]["metadata"])


def _windows(at: Place) -> Iterator[Problem]:
    windows = at["timeWindow"]
    if windows.value is None:
        yield fault.window_missing(at.span())
    elif isinstance(windows.value, list) and len(windows.value) != 1:
        yield fault.window_count(windows.span(key=True), len(windows.value))
    for window in windows:
        yield from _window(window)


def _window(at: Place) -> Iterator[Problem]:
    if not isinstance(at.value, Map):
        return
    written = at["isRolling"].value
    rolling = str(written) == "true"
    if (written is None or str(written) in ("true", "false")) and rolling == bool(at.there("calendar")):
        yield fault.calendar_with_rolling(at["calendar" if rolling else "isRolling"].span(key=True), rolling)
    yield from _zero(at["duration"])
    calendar = at["calendar"]
    start, zone = calendar["startTime"], calendar["timeZone"]
    if isinstance(start.value, str) and start.value and not _is_time(start.value):
        yield fault.calendar_start(start.span(), start.value[:80])
    if isinstance(zone.value, str) and zone.value and not is_zone(zone.value):
        yield fault.time_zone(zone.span(), zone.value[:80])


def _zero(at: Place) -> Iterator[Problem]:
    text = str(at.value)
    if len(text) > 1 and text[:-1].isdigit() and not text[:-1].strip("0"):
        yield fault.duration_zero(at.span(), str(at.key))


def _is_time(text: str) -> bool:
    try:
        # No zone is right here: the calendar says it beside the time.
        return len(text) == 19 and bool(datetime.strptime(text, "%Y-%m-%d %H:%M:%S"))  # noqa: DTZ007
    except ValueError:
        return False


@functools.cache
def is_zone(name: str) -> bool:
    """Whether the IANA data base knows it (`Local` depends on the machine, so it is none)."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return not name.lower().startswith("local")


def _objective(spec: Place, at: Place, composite: bool) -> Iterator[Problem]:
    if not isinstance(at.value, Map):
        return
    yield from exactly_one(at, "target", "targetPercent")
    yield from _share(at["target"], percent=False)
    yield from _share(at["targetPercent"], percent=True)
    yield from _slices(spec, at)
    yield from _good_when(spec, at)
    if len(at.there("indicator", "indicatorRef")) > 1:
        yield fault.exclusive_fields(at["indicatorRef"].span(key=True), ["indicator", "indicatorRef"])
    yield from sli(at["indicator"]["spec"])
    yield from metadata(at["indicator"]["metadata"])
    weight = at["compositeWeight"].number()
    if composite and weight is not None and weight <= 0:
        yield fault.weight_range(at["compositeWeight"].span(), f"{weight}")


def _share(at: Place, *, percent: bool) -> Iterator[Problem]:
    number = at.number()
    if number is not None and not 0 <= number < (100 if percent else 1):
        yield fault.target_range(at.span(), str(at.key), f"{number}", percent)


def _slices(spec: Place, at: Place) -> Iterator[Problem]:
    method = spec["budgetingMethod"].value
    needed = {"Timeslices": ["timeSliceTarget", "timeSliceWindow"], "RatioTimeslices": ["timeSliceWindow"]}
    for name in needed.get(method, ()) if isinstance(method, str) else ():
        if not at.there(name):
            yield fault.slice_field_missing(at.span(), name, method)
    share, window = at["timeSliceTarget"].number(), at["timeSliceWindow"]
    if method == "Timeslices" and share is not None and not 0 < share <= 1:
        yield fault.slice_target_range(at["timeSliceTarget"].span(), f"{share}")
    if isinstance(window.value, Bare):
        yield fault.slice_window_number(window.span(), window.value.text)
    yield from _zero(window)


def _good_when(spec: Place, at: Place) -> Iterator[Problem]:
    """`op` and `value` go with a threshold; of a reference nothing is known here."""
    inline = spec["indicator"]["spec"]
    for name in ("op", "value"):
        if inline.there("thresholdMetric") and not at.there(name):
            yield fault.threshold_objective(at.span(), name)
        if inline.there("ratioMetric") and at.there(name):
            yield fault.ratio_objective(at[name].span(key=True), name)


def sli(at: Place) -> Iterator[Problem]:
    if not isinstance(at.value, Map):
        return
    yield from exactly_one(at, "thresholdMetric", "ratioMetric")
    yield from _source(at["thresholdMetric"])
    yield from _ratio(at["ratioMetric"])


def _ratio(at: Place) -> Iterator[Problem]:
    if not isinstance(at.value, Map):
        return
    yield from exactly_one(at, "total", "raw")
    parts = at.there("good", "bad", "raw")
    if len(parts) > 1:
        yield fault.exclusive_fields(at[parts[1]].span(key=True), parts)
    if at.there("total") and not at.there("good", "bad"):
        yield fault.one_of_fields(at.span(), ("good", "bad"))
    kind = at["rawType"].value
    if at.there("raw") and kind not in ("success", "failure"):
        yield fault.raw_type(
            (at["rawType"] if kind else at["raw"]).span(), None if kind is None else f"{kind}"
        )
    for name in ("good", "bad", "total", "raw"):
        yield from _source(at[name])


def _source(at: Place) -> Iterator[Problem]:
    spec = at["metricSource"]["spec"]
    if isinstance(spec.value, Map) and not spec.value:
        yield fault.source_spec_empty(spec.span(key=True))


def policy(at: Place) -> Iterator[Problem]:
    if not isinstance(at.value, Map):
        return
    conditions, targets = at["conditions"], at["notificationTargets"]
    count = len(conditions.value) if isinstance(conditions.value, list) else 0
    if count != 1 and not isinstance(conditions.value, Map | str | Bare):
        yield fault.condition_count(conditions.span(key=True), count)
    if not targets.value:
        yield fault.no_targets(targets.span(key=True))
    for each in conditions:
        yield from _inline(each, "conditionRef", condition)
    for each in targets:
        yield from _inline(each, "targetRef", nothing)


def condition(at: Place) -> Iterator[Problem]:
    yield from _zero(at["condition"]["lookbackWindow"])


def nothing(at: Place) -> Iterator[Problem]:
    """No rule between fields."""
    yield from ()
    del at


def _inline(at: Place, ref: str, rule: Any) -> Iterator[Problem]:
    """A reference, or `kind`, `metadata` and `spec`, never both."""
    inline = at.there("kind", "metadata", "spec")
    if not isinstance(at.value, Map):
        return
    if at.there(ref) and inline:
        yield fault.exclusive_fields(at[inline[0]].span(key=True), [ref, *inline])
    elif not at.there(ref) and not inline:
        yield fault.one_of_fields(at.span(), (ref, "spec"))
    elif inline:
        for name in ("kind", "metadata", "spec"):
            if not at.there(name):
                yield _missing(at, name)
    yield from metadata(at["metadata"])
    yield from rule(at["spec"])


def _missing(at: Place, name: str) -> Problem:
    from sereno.language.faults.values import missing_field

    return missing_field(at.span(), name)
