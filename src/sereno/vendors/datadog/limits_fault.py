"""What a rule on a payload says of one that Datadog would refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sereno.vendors.backend import Body


@dataclass(frozen=True, slots=True)
class Fault:
    message: str
    help: str


Rule = Callable[[Body], Iterator[Fault]]
