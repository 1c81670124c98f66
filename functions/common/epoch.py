"""The epoch of lists: a name that changes after every write, so that what was read before it is not shown.

A name never comes back (128 random bits), so it does not matter in which order renewals arrive, nor
whether the server forgot one.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from common.cache import Cache

KEY: Final = (
    "users:{pages}:epoch"  # the braces keep it and the pages in one slot, so that one question reads both
)


def renew(cache: Cache) -> None:
    """Ends the epoch: to be called once what was written can be read. Raises `Unavailable`."""
    cache.renew(KEY, uuid.uuid4().hex)


def settled(cache: Cache) -> str:
    """The epoch, where the server has none. Raises `Unavailable`."""
    return cache.settle(KEY, uuid.uuid4().hex)
