"""Reading users. Only statements that may run twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from api.pages import Asked, Key, cut
from common.database import Database, Row

# Synthetic rows are left out of lists, and found by their id: the canary asks for its own.
_FIRST: Final = """
    SELECT message_id, name, email, published_at, stored_at FROM users
    WHERE NOT synthetic
    ORDER BY stored_at DESC, message_id DESC LIMIT %s
"""
_BELOW: Final = """
    SELECT message_id, name, email, published_at, stored_at FROM users
    WHERE NOT synthetic AND (stored_at, message_id) < (%s, %s)
    ORDER BY stored_at DESC, message_id DESC LIMIT %s
"""
_ONE: Final = """
    SELECT message_id, name, email, published_at, stored_at, synthetic FROM users WHERE message_id = %s
"""


def page(database: Database, asked: Asked) -> dict[str, Any]:
    """{"users": [...], "next": token or null}. One row more than asked for tells whether there is a next."""
    more = asked.limit + 1
    if asked.after is None:
        rows = database.run(_FIRST, (more,))
    else:
        rows = database.run(_BELOW, (asked.after.stored_at, asked.after.id, more))
    keys = [Key(row[4].astimezone(UTC), row[0]) for row in rows]
    return {"users": [_user(row) for row in rows[: asked.limit]], "next": cut(keys, asked.limit)}


@dataclass(frozen=True, slots=True)
class User:
    """A user, and whether a canary made it: such a row is deleted after a while, any other never changes."""

    content: dict[str, Any]
    synthetic: bool


def one(database: Database, id_: str) -> User | None:
    """The user of that id, or None."""
    rows = database.run(_ONE, (id_,))
    return User(_user(rows[0][:5]), rows[0][5]) if rows else None


def _user(row: Row) -> dict[str, Any]:
    id_, name, email, published_at, stored_at = row
    return {
        "id": id_,
        "name": name,
        "email": email,
        "published_at": _when(published_at),
        "stored_at": _when(stored_at),
    }


def _when(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
