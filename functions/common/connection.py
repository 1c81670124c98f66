"""psycopg's connection with an end to every wait. Imported at the first statement only."""

from __future__ import annotations

from typing import Any, Self, TypeVar

import psycopg
from psycopg.abc import PQGen

T = TypeVar("T")


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """Autocommit, no prepared statements (a proxy would pin the session), bounded waits.

    The server's own statement_timeout does not end a wait for a server that is frozen
    or out of reach; `bound_seconds` does, and leaves the connection unusable.
    """

    bound_seconds: float | None = None

    @classmethod
    def open(cls, *, bound_seconds: float, **options: Any) -> Self:
        connection = cls.connect(
            "", autocommit=True, prepare_threshold=None, application_name="sereno", **options
        )
        connection.bound_seconds = bound_seconds
        return connection

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """As psycopg's, but never longer than the bound. Raises psycopg.OperationalError then."""
        return super().wait(gen, interval, self.bound_seconds if timeout is None else timeout)
