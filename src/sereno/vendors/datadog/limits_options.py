"""What Datadog would refuse of a monitor's options: thresholds, silence, delay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sereno.vendors.backend import Body
from sereno.vendors.datadog import query
from sereno.vendors.datadog.limits_fault import Fault

DELAY = 86_400
NO_DATA = ("default", "show_no_data", "show_and_notify_no_data", "resolve")
_ORDER = ("critical", "warning", "critical_recovery", "warning_recovery")
_FURTHER_IN = (
    ("critical", "warning"),
    ("critical", "critical_recovery"),
    ("warning", "warning_recovery"),
)


def thresholds(options: Mapping[str, Any], asked: query.Query) -> Iterator[Fault]:
    """The critical one is that of the query, as a double; each of the others is on its quiet side."""
    given = options.get("thresholds")
    given = given if isinstance(given, Mapping) else {}
    numbers = {name: given[name] for name in _ORDER if given.get(name) is not None}
    wrong = [name for name, number in numbers.items() if not _is_number(number)]
    yield from (Fault(f"its threshold {name} is no number", "write a number") for name in wrong)
    critical = numbers.get("critical")
    if not wrong and (critical is None or float(critical) != float(asked.threshold)):
        yield Fault(
            f"its query compares with {asked.threshold}, its threshold is {critical}", "make them the same"
        )
    above = asked.op.startswith(">")
    for one, other in _FURTHER_IN if not wrong else ():
        if one in numbers and other in numbers and not _quieter(numbers[other], numbers[one], above):
            side = "below" if above else "above"
            yield Fault(f"its {other} is not {side} its {one}", f"write a {other} {side} it")


def _quieter(one: float, other: float, above: bool) -> bool:
    return one < other if above else one > other


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def silence(options: Mapping[str, Any], asked: query.Query | None) -> Iterator[Fault]:
    """`on_missing_data` is one of four words, of metric monitors alone, and the only word on silence."""
    said = options.get("on_missing_data")
    if said is None:
        return
    if said not in NO_DATA:
        yield Fault(f"its on_missing_data is `{said}`", f"write one of {', '.join(NO_DATA)}")
    if options.get("notify_no_data"):
        yield Fault("it has on_missing_data and notify_no_data", "leave notify_no_data out")
    if isinstance(asked, query.BurnQuery | query.BudgetQuery):
        yield Fault("an SLO's monitor has no on_missing_data", "leave it out")
    if isinstance(asked, query.MetricQuery) and said != "default" and _defaults(asked.tree):
        yield Fault("a query with default_zero() is never silent", "write on_missing_data: default")


def _defaults(tree: query.Node) -> bool:
    match tree:
        case query.Call(function, argument):
            return function == "default_zero" or _defaults(argument)
        case query.Binary(_, left, right):
            return _defaults(left) or _defaults(right)
    return False


def evaluation_delay(body: Body) -> Iterator[Fault]:
    """An evaluation waits at most a day.

    Breaks: `evaluation_delay: 90000`
    Keeps: `evaluation_delay: 900`
    """
    late = body["options"].get("evaluation_delay") or 0
    if not isinstance(late, int) or not 0 <= late <= DELAY:
        yield Fault(f"it waits {late} s", f"wait at most {DELAY} s")
