"""When a composite alarm's actions run: at once, after waiting for its suppressor, or not.

The six timelines of "Composite alarm action suppression"
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-suppression.html) follow from
four rules. A change of state waits WaitPeriod for the suppressor, a newer change starts the wait
anew. A suppressor in ALARM ends any wait and holds the actions. When it leaves ALARM, what it held
waits for ExtensionPeriod. When a wait ends, the actions of the state then current run.
What happens at the very moment a wait ends counts as before it, since AWS recommends a WaitPeriod of
one evaluation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Holder = Literal["Alarm", "WaitPeriod", "ExtensionPeriod"]


@dataclass(frozen=True, slots=True)
class Hold:
    """Actions of a change of state that have not run: who holds them, and until when (epoch seconds)."""

    by: Holder
    until: int | None  # None: as long as the suppressor is in ALARM


@dataclass(frozen=True, slots=True)
class Moment:
    """What is so at `at`: whether the composite just changed its state, and the suppressor's states."""

    at: int
    changed: bool
    suppressing: bool
    was_suppressing: bool


@dataclass(frozen=True, slots=True)
class Step:
    """`ended`: when a wait ended before this moment, its actions then run, with the state before it.
    `acts`: the actions of the state at this moment run now."""

    hold: Hold | None
    ended: int | None
    acts: bool


def advance(hold: Hold | None, moment: Moment, wait: int, extension: int) -> Step:
    """One moment further. Call it at least whenever something changes."""
    ended = None
    if hold is not None and hold.until is not None and hold.until < moment.at:
        ended, hold = hold.until, None
    now = _held(hold, moment, wait, extension)
    if now is not None and now.until is not None and now.until <= moment.at:
        return Step(None, ended, acts=True)
    return Step(now, ended, acts=False)


def _held(hold: Hold | None, moment: Moment, wait: int, extension: int) -> Hold | None:
    if hold is None and not moment.changed:
        return None
    if moment.suppressing:
        return Hold("Alarm", None)
    if moment.changed:
        return Hold("WaitPeriod", moment.at + wait)
    if moment.was_suppressing:
        return Hold("ExtensionPeriod", moment.at + extension)
    return hold
