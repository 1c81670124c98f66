"""Whether there is a cache. Where there is none, nothing of it is imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from common.cache import Cache

PAUSED: Final = "paused"  # the reason of `Unavailable` while a cache is left alone


def cache(environ: Mapping[str, str]) -> Cache | None:
    """The one at CACHE_HOST; None where that is empty."""
    if not environ.get("CACHE_HOST"):
        return None
    from common.cache import Cache

    return Cache.of(environ)
