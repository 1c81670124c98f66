"""What the judge and those who show its verdicts ask of a vendor; `on_cloudwatch.py`, `on_datadog.py` answer.

An alarm is what is judged and may tell somebody: a CloudWatch alarm, or a Datadog monitor. Its name is
the live name (`language/names.py`) on both. All of it is pure; I/O is the desks' (`desk.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sereno.engine.alarms import Judgement, Judgements
from sereno.engine.parameters import State
from sereno.engine.payload import Body
from sereno.engine.series import History
from sereno.language.model import Receiver, System

Rule = Mapping[str, Any]  # a CloudWatch mute rule, or a Datadog downtime, as the vendor gives it


@dataclass(frozen=True, slots=True)
class Told:
    """What the vendor has been told: every alarm by its name, and the states people have set since last time.

    `beside` is what alarms read that is none (Datadog's SLOs), `rules` what silences some of them.
    """

    bodies: Mapping[str, Body]
    by_hand: Mapping[str, State] = field(default_factory=dict)
    beside: Mapping[str, Body] = field(default_factory=dict)
    rules: Sequence[Rule] = ()


class Vendor(Protocol):
    """One module a vendor."""

    WORD: str  # for an alarm
    APPLIED: str  # what `sereno apply` brings
    INITIAL: State  # before the first judgement

    def late(self, system: System) -> str:
        """How metrics come otherwise here than in an account, in a sentence; "" where they do not."""

    def step(self, told: Told, history: History, at: int, previous: Judgements) -> Judgements:
        """Every alarm at a moment. Raises `CannotEvaluate`, which names one that cannot be judged."""

    def targets(self, body: Body, before: State, state: State) -> tuple[str, ...]:
        """Whom it calls when it comes from one state into another: topics, or handles."""

    def reached(self, receiver: Receiver) -> tuple[str, ...]:
        """A receiver's topics or handles."""

    def held(self, body: Body, judgement: Judgement | None) -> str:
        """Why its actions do not run, whatever its state; "" when they do."""

    def silenced(self, told: Told, name: str, *, metric: float, wall: float) -> bool:
        """Whether a rule mutes the alarm now, by the clock the rule goes by (epoch seconds)."""

    def text(self, body: Body) -> str:
        """What people read of it: a lead, then a line a fact."""

    def rule(self, body: Body) -> str:
        """Of which alarms it is made; "" for one that looks at metrics."""
