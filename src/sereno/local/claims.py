"""What a demo or a drill shows: sentences that held or did not, and how it waits and speaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from sereno.local.stack import Stack


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence that was shown to be true, or not, and what was seen."""

    sentence: str
    held: bool
    seen: str


Say = Callable[[str], None]
Wait = Callable[[str, Callable[[], Fraction], float], bool]  # (what, share done, seconds) -> done in time


def firing(stack: Stack) -> list[str]:
    """The live names of the alarms with actions that are in ALARM."""
    return sorted(
        str(seen.body["AlarmName"])
        for seen in stack.ticker.alarms()
        if seen.judgement and seen.judgement.state == "ALARM" and seen.body.get("AlarmActions")
    )


def seconds(stack: Stack, metric: float) -> float:
    """Wall seconds of so many metric seconds, and some for a slow machine."""
    return metric / stack.clock.warp + 15.0
