"""Our own kinds: what must stand together, and what may not, within one document."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sereno.language import regions
from sereno.language.faults import documents as fault
from sereno.language.faults import openslo as shared
from sereno.language.problem import Problem
from sereno.language.rules.openslo import Place, exactly_one, is_zone, whole
from sereno.language.text import Map

DATAPOINTS = re.compile(r"([1-9]\d{0,4}) of ([1-9]\d{0,4})", re.ASCII)
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
MAX_PATTERN, MAX_REPEATS = 200, 3
REPEATS = re.compile(r"(?<!\\)[*+{]")
REPEATED_GROUP = re.compile(r"(?<!\\)\)[*+{]")
GRID, TALLEST = 24, 100
NEEDS = {
    "timeseries": "signals",
    "number": "signals",
    "slo": "slos",
    "burn": "slos",
    "alerts": "alerts",
    "text": "text",
}


def document(file: str, tree: Map) -> Iterator[Problem]:
    """Every rule for a document of any of our kinds."""
    spec = whole(file, tree)["spec"]
    match tree.get("kind"):
        case "Signals":
            for name in spec.value if isinstance(spec.value, Map) else ():
                yield from signal(spec[name], name)
        case "Alert":
            yield from alert(spec)
        case "Routes":
            yield from routes(spec)
        case "Dashboard":
            yield from exactly_one(spec, "rows", "cloudwatch")
            for row in spec["rows"]:
                yield from _row(row)


def signal(at: Place, name: str) -> Iterator[Problem]:
    read = at.there("cloudwatch", "datadog")
    computed = at.there("expr")
    if isinstance(at.value, Map) and bool(read) == bool(computed):
        yield fault.signal_source(at.span(key=True), name, both=bool(read))
    yield from region(at["cloudwatch"]["region"])


def region(at: Place) -> Iterator[Problem]:
    """A Region's name, once all of it is known."""
    name = "${}" if at.value is None else str(at.value)
    if "${" not in name and not regions.is_likely(name):
        yield fault.bad_region(at.span(), name[:80], regions.meant(name), regions.is_formed(name))


def alert(at: Place) -> Iterator[Problem]:
    """Also of an alert in a pack."""
    if not isinstance(at.value, Map):
        return
    watched = at.there("signal", "expr")
    instead = at["cloudwatch"].there("Metrics", "AlarmRule", "EvaluationCriteria")
    if instead and watched:
        names = [watched[0], f"cloudwatch.{instead[0]}"]
        yield shared.exclusive_fields(at[watched[0]].span(key=True), names)
    elif not instead and len(watched) != 1:
        yield fault.signal_or_expr(at.span(key=True), both=len(watched) == 2)
    if "AlarmRule" in instead and at.there("inhibitedBy"):
        named = ["inhibitedBy", "cloudwatch.AlarmRule"]
        yield shared.exclusive_fields(at["inhibitedBy"].span(key=True), named)
    if not {"AlarmRule", "EvaluationCriteria"} & set(instead):
        yield from band(at)
    yield from datapoints(at["datapoints"])


def band(at: Place) -> Iterator[Problem]:
    """A `threshold`, or an `anomaly` with neither `op` nor `guard`; a band has a width."""
    compared = at.there("threshold", "anomaly")
    beside = at.there("op", "guard") if "anomaly" in compared else ()
    if len(compared) != 1 or beside:
        yield fault.threshold_or_anomaly(at[beside[0]].span(key=True) if beside else at.span(key=True))
    width = at["anomaly"]["deviations"].number()
    if width is not None and width <= 0:
        yield fault.threshold_or_anomaly(at["anomaly"]["deviations"].span())


def datapoints(at: Place) -> Iterator[Problem]:
    """`M of N`, M at most N."""
    if isinstance(at.value, str):
        found = DATAPOINTS.fullmatch(at.value)
        if found is None or int(found[1]) > int(found[2]):
            yield fault.bad_datapoints(at.span(), at.value)


def routes(at: Place) -> Iterator[Problem]:
    mutes = at["mutes"]
    for name in mutes.value if isinstance(mutes.value, Map) else ():
        yield from _mute(mutes[name])
    root = at["route"]
    if isinstance(root.value, Map) and not root.there("receiver"):
        yield fault.route_without_receiver(root.span(key=True))
    yield from _matchers(root)


def _mute(at: Place) -> Iterator[Problem]:
    for name in ("start", "end"):
        value = at[name].value
        if isinstance(value, str) and not TIME.fullmatch(value):
            yield fault.bad_time(at[name].span(), value)
    zone = at["zone"].value
    if isinstance(zone, str) and zone and not is_zone(zone):
        yield shared.time_zone(at["zone"].span(), zone[:80])


def _matchers(at: Place) -> Iterator[Problem]:
    match = at["match"]
    for label, value in match.value.items() if isinstance(match.value, Map) else ():
        if isinstance(value, str) and value.startswith("~"):
            reason = _pattern_fault(value[1:])
            if reason:
                yield fault.bad_matcher(match[label].span(), value, reason)
    for child in at["routes"]:
        yield from _matchers(child)


def _pattern_fault(pattern: str) -> str:
    """Why a pattern is none, or could take for ever: Python's matcher tries every way to divide a text."""
    if len(pattern) > MAX_PATTERN:
        return f"it has more than {MAX_PATTERN} characters"
    if len(REPEATS.findall(pattern)) > MAX_REPEATS or REPEATED_GROUP.search(pattern):
        return f"it repeats a group, or repeats more than {MAX_REPEATS} times"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    return ""


def _row(at: Place) -> Iterator[Problem]:
    used = 0
    for panel in at:
        yield from _panel(panel)
        used += _size(panel, "width")
    if used > GRID:
        yield fault.panel_size(at.span(), "the row's width", used, GRID)


def _size(panel: Place, name: str) -> int:
    number = panel[name].number()
    return int(number) if number is not None and abs(number) < 10_000 else 6


def _panel(at: Place) -> Iterator[Problem]:
    for name, limit in (("width", GRID), ("height", TALLEST)):
        size = _size(at, name)
        if not 1 <= size <= limit:
            yield fault.panel_size(at[name].span(), f"`{name}`", size, limit)
    kind = at["kind"].value
    if not isinstance(kind, str) or kind not in NEEDS:
        return
    wanted = [NEEDS[kind], "expr"] if NEEDS[kind] == "signals" else [NEEDS[kind]]
    if not any(at[name].value for name in wanted):
        yield fault.panel_empty(at["kind"].span(), kind, NEEDS[kind])
    if len([name for name in wanted if at[name].value]) > 1:
        yield fault.signal_or_expr(at["expr"].span(key=True), both=True)
