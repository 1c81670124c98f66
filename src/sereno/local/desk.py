"""The seam to where alarms are kept on this machine, and to whom they tell.

`alarm_api.py` is CloudWatch's, in the emulator; `monitor_api.py` is Datadog's, in the fake.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sereno.local.judge import Action
from sereno.local.vendor import Told, Vendor
from sereno.vendors.backend import Event


class Desk(Protocol):
    """What the ticker reads, and says. None of it waits for an answer."""

    vendor: Vendor

    def changes(self) -> int:
        """Grows with every change of what is kept but the ticker's own verdicts."""

    def read(self, take: Callable[[Told], None]) -> None:
        """Hands over all that is kept, now or later."""

    def set_state(self, event: Event) -> None:
        """An alarm has come into a state."""

    def tell(self, action: Action) -> None:
        """Somebody is told of it."""

    def settled(self, timeout: float) -> bool:
        """Waits until all that was said is done."""

    def problems(self) -> list[str]:
        """What could not be read or told, in sentences."""

    def close(self) -> None: ...
