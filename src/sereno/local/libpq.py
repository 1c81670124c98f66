"""Connections to the stack's own database, whatever this machine's environment says of others.

libpq fills in what a connection string leaves out from PGOPTIONS, PGSERVICE, PGHOSTADDR and many
more, some of which (PGSERVICE) no string can overrule, so the process forgets them.
https://www.postgresql.org/docs/current/libpq-envars.html
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg

from sereno.errors import Unable

# That libpq reads without a connection parameter of the same meaning.
_BESIDE: Final = frozenset({"PGSERVICE", "PGSERVICEFILE", "PGSYSCONFDIR", "PGLOCALEDIR", "PGREQUIRESSL"})


def forget_environment() -> None:
    """Takes libpq's variables out of this process's environment, for good."""
    known = {option.envvar.decode() for option in psycopg.pq.Conninfo.get_defaults() if option.envvar}
    for name in known | _BESIDE:
        os.environ.pop(name, None)


@contextmanager
def connected(dsn: str, what: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection that commits each statement. Unable when one fails, with what it was about."""
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=5) as connection:
            yield connection
    except psycopg.Error as error:
        raise Unable(f"{what}: {' '.join(str(error).split())}") from error
