"""CloudWatch's alarms before the judge (see `vendor.py`)."""

from __future__ import annotations

from typing import Final

from sereno.engine import alarms
from sereno.engine.alarms import Judgement, Judgements
from sereno.engine.parameters import DEFAULT, State
from sereno.engine.payload import Body, actions
from sereno.engine.series import History
from sereno.language.model import Receiver, System
from sereno.local import mutes
from sereno.local.vendor import Told
from sereno.vendors.cloudwatch.parts import MEANT

WORD: Final = "alarm"
APPLIED: Final = "alarms and dashboards"
INITIAL: Final[State] = DEFAULT.initial


def late(system: System) -> str:
    del system
    return ""


def step(told: Told, history: History, at: int, previous: Judgements) -> Judgements:
    return alarms.step(tuple(told.bodies.values()), history, at, previous)


def targets(body: Body, before: State, state: State) -> tuple[str, ...]:
    del before
    return actions(body, state)


def reached(receiver: Receiver) -> tuple[str, ...]:
    return receiver.cloudwatch


def held(body: Body, judgement: Judgement | None) -> str:
    if not body.get("ActionsEnabled", True):
        return "its actions are disabled"
    if judgement and judgement.hold and judgement.hold.by == "Alarm":
        return f"suppressed by {body['ActionsSuppressor']}"
    return "waiting for its suppressor" if judgement and judgement.hold else ""


def silenced(told: Told, name: str, *, metric: float, wall: float) -> bool:
    return mutes.silenced(told.rules, name, metric=metric, wall=wall)


def text(body: Body) -> str:
    """Without the words that tell it from an OK: where it is shown, so is the state."""
    return str(body.get("AlarmDescription", "")).removeprefix(MEANT)


def rule(body: Body) -> str:
    return str(body.get("AlarmRule", ""))
