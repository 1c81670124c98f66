"""What the engine answers: an alarm at a moment, and an alarm over a stretch of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sereno.engine.parameters import STATES, State
from sereno.engine.periods import Times
from sereno.engine.suppression import Hold
from sereno.engine.window import Codes


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an alarm is at a moment, and why. Times are epoch seconds.

    `points` are the datapoints of the evaluation range, oldest to newest, None where missing
    (none for a composite). `acted`: the states whose actions ran at this step, mostly none.
    """

    state: State
    reason: str
    evaluated: int  # when it was last evaluated
    since: int  # when it came into this state
    points: tuple[float | None, ...] = ()
    acted: tuple[State, ...] = ()
    hold: Hold | None = None  # a composite's actions that wait


@dataclass(frozen=True, slots=True)
class Acted:
    """The actions of `state` ran at `at` (epoch seconds)."""

    at: int
    state: State


@dataclass(frozen=True, slots=True)
class Change:
    at: int  # epoch seconds
    before: State
    after: State


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """An alarm's state at each of `times` (epoch seconds); `states` are indexes of `STATES`.

    `last` is what `evaluate` needs to go on from the end.
    """

    name: str
    times: Times
    states: Codes
    before: State  # before the first time
    acted: tuple[Acted, ...]
    last: Judgement

    def at(self, time: int) -> State:
        """The state at a time, the last known if it is between two evaluations."""
        i = int(np.searchsorted(self.times, time, side="right")) - 1
        return self.before if i < 0 else STATES[self.states[i]]

    def changes(self) -> tuple[Change, ...]:
        """Every change of state, oldest first."""
        return changes(self.times, self.states, self.before)


Timelines = Mapping[str, Timeline]
Judgements = Mapping[str, Judgement]


def changes(times: Times, states: Codes, before: State) -> tuple[Change, ...]:
    """Every change of state, oldest first."""
    codes = np.concatenate([[STATES.index(before)], states])
    where = np.flatnonzero(codes[1:] != codes[:-1])
    return tuple(Change(int(times[i]), STATES[codes[i]], STATES[codes[i + 1]]) for i in where)
