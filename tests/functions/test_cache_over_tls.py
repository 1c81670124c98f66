"""The cache's client over TLS, as in AWS: a front that ends TLS stands before a real Valkey.

The wheel's Valkey has no TLS of its own. `0.0.0.0` is this machine, but none of the names that need no TLS.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from common.cache import Cache
from common.faults import Unavailable
from sereno.local.valkey import Valkey
from tests.functions.certificates import serving
from tests.functions.conftest import ROOT, Configure

HERE = "0.0.0.0"
BOUND = 0.1  # seconds, as pipeline.yaml has it


class Front:
    """Ends TLS and hands on what is in it."""

    def __init__(self, context: ssl.SSLContext, behind: int) -> None:
        self._context, self._behind = context, behind
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self.handshakes = 0
        self.heard = b""
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(plain,), daemon=True).start()

    def _join(self, plain: socket.socket) -> None:
        with suppress(OSError), self._context.wrap_socket(plain, server_side=True) as caller:
            self.handshakes += 1
            with socket.create_connection(("127.0.0.1", self._behind)) as server:
                self._open += [caller, server]
                threading.Thread(target=self._back, args=(server, caller), daemon=True).start()
                while data := caller.recv(65_536):
                    self.heard += data
                    server.sendall(data)

    @staticmethod
    def _back(server: socket.socket, caller: socket.socket) -> None:
        with suppress(OSError, ValueError):
            while data := server.recv(65_536):
                caller.sendall(data)

    def lose(self) -> None:
        """Every connection ends."""
        while self._open:
            with suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()
        self.lose()


@pytest.fixture
def front(valkey: Valkey, tmp_path: Path) -> Iterator[Front]:
    with closing(Front(serving(tmp_path, HERE), valkey.port)) as made:
        yield made


def client(configure: Configure, port: int, roots: Path, **more: str) -> Cache:
    """As a function of the environment has it, but patient: a busy machine shakes hands slowly."""
    patient = {"CACHE_TIMEOUT_MS": "10000"} | more
    configure("api", CACHE_HOST=HERE, CACHE_PORT=str(port), CACHE_SSLROOTCERT=str(roots), **patient)
    return Cache.of(os.environ)


def test_many_questions_take_one_handshake(front: Front, configure: Configure, tmp_path: Path) -> None:
    with closing(client(configure, front.port, tmp_path / "certificate.pem")) as cache:
        cache.write("users:1:one:a", "é" * 200_000, 60_000)
        answers = [cache.read("users:1:one:a", "users:1:one:b") for _ in range(20)]
    assert (answers, front.handshakes) == ([["é" * 200_000, None]] * 20, 1)


def test_a_connection_that_is_lost_is_replaced(front: Front, configure: Configure, tmp_path: Path) -> None:
    with closing(client(configure, front.port, tmp_path / "certificate.pem")) as cache:
        cache.write("users:1:one:a", "{}", 60_000)
        front.lose()
        assert (cache.read("users:1:one:a"), front.handshakes) == (["{}"], 2)


def test_who_shows_another_certificate_is_told_nothing(front: Front, configure: Configure) -> None:
    roots = ROOT / "infra" / "rds-global-bundle.pem"
    with closing(client(configure, front.port, roots)) as cache, pytest.raises(Unavailable) as told:
        cache.read("users:k")
    assert (told.value.reason, front.heard) == ("SSLCertVerificationError", b"")


def test_a_handshake_that_never_ends_costs_the_bound_once(configure: Configure, tmp_path: Path) -> None:
    serving(tmp_path, HERE)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        bound = str(round(BOUND * 1000))
        with closing(client(configure, port, tmp_path / "certificate.pem", CACHE_TIMEOUT_MS=bound)) as cache:
            before = time.monotonic()
            with pytest.raises(Unavailable, match="TimeoutError"):
                cache.read("users:k")
            assert time.monotonic() - before < 3 * BOUND
