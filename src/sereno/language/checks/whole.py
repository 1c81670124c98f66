"""What the checks look at: the System, and what its folder says beside the documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sereno.language.model import System
from sereno.language.problem import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link in a runbook that leads to nothing."""

    at: Span
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A System without errors, and the facts about its folder that checks need."""

    system: System
    traffic: Mapping[str, Decimal] = field(default_factory=dict)  # signal -> events an hour
    applies_to: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # runbook -> what it says it is for
    dead_links: tuple[Link, ...] = ()
    emitters: Mapping[str, frozenset[str] | None] = field(default_factory=dict)  # folder -> words of its code
    sources: Mapping[str, bytes] = field(default_factory=dict)  # YAML files as they are
