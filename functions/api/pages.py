"""Keyset pages of GET /users, newest first.

A page goes on below the last row it showed, in the order (stored_at, message_id), both of
which never change. So rows that arrive meanwhile move nothing: whoever walks from the
first page to the last sees every row that was stored before, once.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api import problems
from api.problems import Fault, Problem
from common import ids

USUAL: Final = 20
MOST: Final = 100
_TOKEN_MOST = 200  # characters; ours have about 100


@dataclass(frozen=True, slots=True)
class Key:
    """A row's place in the order. `stored_at` keeps the database's microseconds."""

    stored_at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A page: how many rows, below which key (None: from the newest)."""

    limit: int = USUAL
    after: Key | None = None


def asked(query: Mapping[str, str]) -> Asked | Problem:
    """The page a query asks for; all that is wrong with it, at once."""
    limit, after = _limit(query.get("limit")), _after(query.get("after"))
    unknown = [
        Fault(f"?{name[:50]}", "is not a parameter of GET /users; it has limit and after")
        for name in sorted(set(query) - {"limit", "after"})[:10]
    ]
    faults = [fault for fault in (limit, after) if isinstance(fault, Fault)] + unknown
    if faults or isinstance(limit, Fault) or isinstance(after, Fault):
        return problems.bad_query(tuple(faults))
    return Asked(limit, after)


def _limit(text: str | None) -> int | Fault:
    if text is None:
        return USUAL
    if re.fullmatch(r"[0-9]{1,3}", text, re.ASCII) and 1 <= int(text) <= MOST:
        return int(text)
    return Fault("?limit", f"must be a whole number from 1 to {MOST}")


def _after(text: str | None) -> Key | Fault | None:
    if text is None:
        return None
    return read(text) or Fault("?after", "must be the `next` of an earlier page, as it was given")


def token(key: Key) -> str:
    """A key as text for a URL. Opaque to callers: only what `read` takes may be relied on."""
    content = json.dumps([key.stored_at.isoformat(), key.id], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def read(text: str) -> Key | None:
    """The key in a token; None if it is none of ours."""
    if len(text) > _TOKEN_MOST:
        return None
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        stored_at, id_ = json.loads(content)
        key = Key(datetime.fromisoformat(stored_at), id_)
    except (binascii.Error, ValueError, TypeError, RecursionError):
        return None
    return key if key.stored_at.tzinfo and isinstance(id_, str) and ids.ID.fullmatch(id_) else None


def cut(keys: Sequence[Key], limit: int) -> str | None:
    """The token of the next page, from the keys of up to limit + 1 rows; None if this page is the last."""
    return token(keys[limit - 1]) if len(keys) > limit else None
