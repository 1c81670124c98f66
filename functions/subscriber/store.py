"""A batch to rows: one statement when all is well, and each bad row found by halving when not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from common.database import Database
from common.faults import Refused, Unavailable
from subscriber.messages import Row

# DO NOTHING also takes an id that stands twice in the batch, and RETURNING gives only the rows that are new.
_INSERT: Final = """
    INSERT INTO users (message_id, name, email, synthetic, published_at, stored_at)
    SELECT message_id, name, email, synthetic, published_at, clock_timestamp()
    FROM json_to_recordset(%s::json)
        AS m (message_id text, name text, email text, synthetic boolean, published_at timestamptz)
    ON CONFLICT (message_id) DO NOTHING
    RETURNING message_id, extract(epoch FROM stored_at - published_at)::float8
"""

# The inner LIMIT bounds what a run does. Two runs at once wait for each other's rows and find them gone.
_DELETE_SYNTHETIC: Final = """
    DELETE FROM users WHERE message_id IN (
        SELECT message_id FROM users
        WHERE synthetic AND stored_at < clock_timestamp() - make_interval(secs => %s)
        ORDER BY stored_at LIMIT %s
    ) RETURNING message_id
"""

Insert = Callable[[Sequence[Row]], Mapping[str, float]]  # the new rows' ids and seconds since published


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch's rows. A row in none of the three was there already."""

    stored: Mapping[str, float] = field(default_factory=dict)  # message_id -> seconds from publish to row
    refused: Mapping[str, str] = field(default_factory=dict)  # message_id -> SQLSTATE: never again
    waiting: frozenset[str] = frozenset()  # message_ids: later
    unavailable: Unavailable | None = None  # why they wait; None: for lack of time, or none waits

    def __or__(self, other: Outcome) -> Outcome:
        return Outcome(
            {**self.stored, **other.stored},
            {**self.refused, **other.refused},
            self.waiting | other.waiting,
            self.unavailable or other.unavailable,
        )


def store(rows: Sequence[Row], insert: Insert, in_time: Callable[[], bool]) -> Outcome:
    """Stores what can be stored. Never raises for data, nor for a database that is away.

    Rows are sorted, so that two batches with the same ids take their locks in one order.
    With k bad rows of n it takes some 2 k log2(n) statements; when time is up, the rest waits.
    """
    ordered = sorted(rows, key=lambda row: row.message_id)
    return _halved(ordered, insert, in_time) if ordered else Outcome()


def _halved(rows: Sequence[Row], insert: Insert, in_time: Callable[[], bool]) -> Outcome:
    if not in_time():
        return Outcome(waiting=_ids(rows))
    try:
        return Outcome(stored=insert(rows))
    except Unavailable as error:
        return Outcome(waiting=_ids(rows), unavailable=error)
    except Refused as error:
        if len(rows) == 1:
            return Outcome(refused={rows[0].message_id: error.reason})
    middle = len(rows) // 2
    first = _halved(rows[:middle], insert, in_time)
    if first.unavailable:
        return first | Outcome(waiting=_ids(rows[middle:]))
    return first | _halved(rows[middle:], insert, in_time)


def _ids(rows: Sequence[Row]) -> frozenset[str]:
    return frozenset(row.message_id for row in rows)


def inserter(database: Database) -> Insert:
    """Stores rows of the table `users`."""

    def insert(rows: Sequence[Row]) -> Mapping[str, float]:
        return dict(database.run(_INSERT, (json.dumps([asdict(row) for row in rows]),)))

    return insert


def delete_synthetic(database: Database, older_than_seconds: float, limit: int) -> int:
    """Deletes up to `limit` rows of canaries past their age; how many it were."""
    return len(database.run(_DELETE_SYNTHETIC, (older_than_seconds, limit)))
