"""What a demo or a drill shows: sentences that held or did not, and how it waits and speaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from sereno.language import names
from sereno.language.model import System
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
    """The live names of those that are in ALARM and tell somebody of it."""
    targets = stack.desk.vendor.targets
    return sorted(
        seen.name
        for seen in stack.ticker.alarms()
        if seen.judgement and seen.judgement.state == "ALARM" and targets(seen.body, "OK", "ALARM")
    )


def pages(stack: Stack, system: System) -> list[str]:
    """Of these, the ones that wake somebody. Tickets look back over hours, so nobody waits for them."""
    slos = (names.burn(slo.name, "page") for slo in system.slos)
    alerts = (names.alert(each.name) for each in system.alerts if each.severity == "page")
    wake = {names.live(system, address) for address in (*slos, *alerts)}
    return [name for name in firing(stack) if name in wake]


def seconds(stack: Stack, metric: float) -> float:
    """Wall seconds of so many metric seconds, and some for a slow machine."""
    return metric / stack.clock.warp + 15.0
