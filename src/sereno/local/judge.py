"""The only judge of the alarms here: the engine, what people set by hand, mutes, and who is then told.

Takes what the vendor was told and the metric store, gives changes of state and the actions to
run. It does no I/O and reads no clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sereno.engine.alarms import Judgement
from sereno.engine.parameters import State
from sereno.engine.payload import Body, CannotEvaluate
from sereno.engine.series import History
from sereno.local.vendor import Told, Vendor
from sereno.vendors.backend import Event

EVENTS = 100_000  # changes of state kept
_NEVER = -(2**62)

Muted = Callable[[str, int], bool]  # (alarm, metric time) -> its actions are silenced


@dataclass(frozen=True, slots=True)
class Action:
    """One target of an alarm is told of one state. `at` is metric time."""

    target: str  # an ARN, or a handle
    name: str
    alarm: Body
    state: State
    before: State
    at: int
    judgement: Judgement

    @property
    def id(self) -> str:
        """The same for the same thing told to the same target, however often it is sent."""
        return f"{self.name} {self.state} {self.at} {self.target}"


@dataclass(frozen=True, slots=True)
class Seen:
    """An alarm and what is known of it; `quiet` says why its actions do not run, "" when they do."""

    name: str
    body: Body
    judgement: Judgement | None  # None: not judged yet
    quiet: str


class Judge:
    """Not safe from several threads; `ticker.py` holds the lock."""

    def __init__(self, history: History, vendor: Vendor) -> None:
        self.events: deque[Event] = deque(maxlen=EVENTS)
        self.problems: dict[str, str] = {}  # alarm -> why it cannot be judged
        self._history = history
        self._vendor = vendor
        self._told = Told({})
        self._judgements: dict[str, Judgement] = {}
        self._before: dict[str, State] = {}  # the state before the present one
        self._held: dict[str, State] = {}  # what a mute keeps from being told

    def take(self, told: Told, at: int) -> None:
        """What was applied, removed, or set by hand before the metric time `at`."""
        self._told = told
        self._judgements = {n: j for n, j in self._judgements.items() if n in told.bodies}
        self._before = {n: s for n, s in self._before.items() if n in told.bodies}
        self._held = {n: s for n, s in self._held.items() if n in told.bodies}
        for name, state in told.by_hand.items():
            known = self._judgements.get(name) or Judgement(state, "", evaluated=_NEVER, since=at)
            by_hand = replace(known, state=state, reason="set by hand", since=at, acted=(), hold=None)
            self._settle({name: by_hand}, at)

    def at(self, moment: int, muted: Muted) -> tuple[list[Event], list[Action]]:
        """Judges every alarm at a metric time: what changed, and who is to be told."""
        new = self._step(moment)
        changed = self._settle(new, moment)
        return changed, [action for name in new for action in self._actions(name, moment, muted)]

    def seen(self, moment: int, muted: Muted) -> list[Seen]:
        """Every alarm as it is, by name."""
        return [
            Seen(name, body, self._judgements.get(name), self._quiet(name, moment, muted))
            for name, body in sorted(self._told.bodies.items())
        ]

    def _step(self, moment: int) -> Mapping[str, Judgement]:
        """The engine's answer; an alarm it cannot judge is left out and named, the others go on."""
        bodies = dict(self._told.bodies)
        self.problems = {}
        while True:
            told = replace(self._told, bodies=bodies)
            try:
                return self._vendor.step(told, self._history, moment, self._judgements)
            except CannotEvaluate as problem:
                self.problems[problem.alarm] = str(problem)
                del bodies[problem.alarm]

    def _settle(self, new: Mapping[str, Judgement], moment: int) -> list[Event]:
        """Makes judgements the present ones; the changes of state this brings."""
        changed = [
            Event(name, moment, judgement.state, judgement.reason)
            for name, judgement in new.items()
            if judgement.state != self._state(name)
        ]
        self._before |= {event.name: self._state(event.name) for event in changed}
        self._judgements |= new
        self.events.extend(changed)
        return changed

    def _state(self, name: str) -> State:
        known = self._judgements.get(name)
        return known.state if known else self._vendor.INITIAL

    def _actions(self, name: str, moment: int, muted: Muted) -> list[Action]:
        """What runs now: nothing while muted; what a mute held, once it ends, if the state is still so.

        That CloudWatch runs held actions at the end of a mute is our reading of "are muted"; of a downtime
        that expires, https://docs.datadoghq.com/monitors/downtimes/#expiration says it.
        """
        judgement, held = self._judgements[name], self._held.pop(name, None)
        due = judgement.acted or ((judgement.state,) if held == judgement.state else ())
        if due and muted(name, moment):
            self._held[name] = due[-1]
            return []
        body, before = self._told.bodies[name], self._before.get(name, self._vendor.INITIAL)
        return [
            Action(target, name, body, state, before, moment, judgement)
            for state in due
            for target in self._vendor.targets(body, before, state)
        ]

    def _quiet(self, name: str, moment: int, muted: Muted) -> str:
        if muted(name, moment):
            return "muted"
        return self._vendor.held(self._told.bodies[name], self._judgements.get(name))
