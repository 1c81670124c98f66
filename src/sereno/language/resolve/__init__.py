"""Documents to a System: references followed, defaults filled, packs opened, numbers exact."""

from __future__ import annotations

from sereno.language.resolve.system import resolve

__all__ = ["resolve"]
