"""What a person on call does without a file: the words both vendors share."""

from __future__ import annotations

from dataclasses import dataclass

TEST = "TEST PAGE from sereno: nothing is wrong, and nothing is to be done."


@dataclass(frozen=True, slots=True)
class Laid:
    """A mute that a person laid."""

    name: str
    alarms: tuple[str, ...]
    until: str  # ISO 8601; empty when the vendor does not say
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing found on the way of a test page."""

    well: bool
    said: str
