"""What an environment's metrics are asked of, and what time it is there."""

from __future__ import annotations

import sys
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sereno.language.model import System
    from sereno.vendors.backend import Observer


def pace(source: Observer) -> tuple[str, ...]:
    """What a reader of the source's times must know: a local stack's run ahead of the clock."""
    from sereno.local.observe import LocalObserver

    return source.pace() if isinstance(source, LocalObserver) else ()


def observer(root: Path, system: System, endpoint: str | None) -> tuple[Observer, int]:
    """The environment's back end and its time; for `local`, the newest running stack and its metric time."""
    if system.environment.name == "local" and not (endpoint or system.environment.endpoint):
        from sereno.local import observe as local

        stack = local.connect(root)
        sys.stderr.write(f"note: {which}\n" if (which := local.chosen(root)) else "")
        return stack, stack.now()
    vendor = import_module(f"sereno.vendors.{system.environment.backend}.client")
    return vendor.connect(system, endpoint), int(time.time())
