"""The states of composite alarms, from the states of the alarms their rules name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sereno.engine.parameters import ALARM, OK, STATES
from sereno.engine.payload import CannotEvaluate, CompositeAlarm
from sereno.engine.window import Bools, Codes
from sereno.vendors.cloudwatch.alarm_rule import (
    AtLeast,
    Both,
    Constant,
    Either,
    Is,
    Not,
    Rule,
    State,
    alarm_name,
    alarms,
)

Lookup = Callable[[str], Codes]


def composite_codes(alarm: CompositeAlarm, states: Mapping[str, Codes], length: int) -> Codes:
    """ALARM where the rule holds, else OK. Raises `CannotEvaluate` for a name that is not there."""

    def lookup(reference: str) -> Codes:
        name = alarm_name(reference)
        if name not in states:
            raise CannotEvaluate(alarm.name, f"its rule names `{name}`, which is not among the alarms")
        return states[name]

    try:
        codes = np.where(holds(alarm.rule, lookup), ALARM, OK).astype(np.int8)
    except RecursionError:
        raise CannotEvaluate(alarm.name, "its rule is nested too deep") from None
    return np.broadcast_to(codes, (length,))


def holds(rule: Rule, lookup: Lookup) -> NDArray[np.bool_]:
    """Where the rule is true; `lookup` gives an alarm's states over time."""
    match rule:
        case Constant(value=value):
            return np.array(value)
        case Is(state=state, alarm=name):
            return _is(state, lookup(name))
        case Not(operand=operand):
            return ~holds(operand, lookup)
        case Both(left=left, right=right):
            return holds(left, lookup) & holds(right, lookup)
        case Either(left=left, right=right):
            return holds(left, lookup) | holds(right, lookup)
        case AtLeast():
            return _at_least(rule, lookup)


def _is(state: State, codes: Codes) -> Bools:
    return np.asarray(codes == STATES.index(state))


def _at_least(rule: AtLeast, lookup: Lookup) -> Bools:
    """A percentage is of the alarms listed: `AT_LEAST(60%, ALARM, (a, b, c))` needs two of three."""
    hits = sum((_is(rule.state, lookup(name)) != rule.negated).astype(np.int64) for name in rule.alarms)
    if rule.percent:
        return np.asarray(hits * 100 >= rule.amount * len(rule.alarms))
    return np.asarray(hits >= rule.amount)


def in_order(composites: Sequence[CompositeAlarm]) -> tuple[list[CompositeAlarm], list[CompositeAlarm]]:
    """Those that can be evaluated, children first; then those in or above a cycle: CloudWatch stops them."""
    left = {alarm.name: alarm for alarm in composites}
    ordered: list[CompositeAlarm] = []
    while ready := [a for a in left.values() if not any(alarm_name(n) in left for n in alarms(a.rule))]:
        ordered += ready
        for alarm in ready:
            del left[alarm.name]
    return ordered, list(left.values())
