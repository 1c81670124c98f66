"""The cache's client: away, silent, frozen, restarted, no cache at all, never waited for without bound."""

from __future__ import annotations

import os
import signal
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from common import caching
from common.cache import Cache, Server
from common.caching import PAUSED
from common.faults import Unavailable
from common.settings import Misconfigured
from sereno.local.valkey import Valkey
from tests.functions.conftest import ROOT, Configure, pipeline

USERS = pipeline()["cache"]["users"]
BOUND = 0.1  # seconds, as pipeline.yaml has it
ROOTS = ROOT / "infra" / "rds-global-bundle.pem"
AT_ONCE = "0.000001"

Open = Callable[..., Cache]


@pytest.fixture
def reach(configure: Configure) -> Iterator[Open]:
    """A client of a port, as a function of the environment has it."""
    made: list[Cache] = []

    def client(port: int, function: str = "api", **more: str) -> Cache:
        configure(function, **{"CACHE_HOST": "127.0.0.1", "CACHE_PORT": str(port), **more})
        found = Cache.of(os.environ)
        made.append(found)
        return found

    yield client
    for each in made:
        each.close()


def test_what_is_put_is_read_until_its_time(valkey: Valkey, reach: Open) -> None:
    cache = reach(valkey.port)
    cache.write("users:1:one:a", "{}", 60_000)
    assert cache.read("users:1:one:a", "users:1:one:b") == ["{}", None]


def test_what_is_there_stays_when_it_is_settled(valkey: Valkey, reach: Open) -> None:
    cache = reach(valkey.port)
    assert [cache.settle("users:k", "one"), cache.settle("users:k", "two")] == ["one", "one"]
    cache.renew("users:k", "three")
    assert cache.settle("users:k", "four") == "three"


def test_a_connection_lost_meanwhile_is_replaced_within_the_question(valkey: Valkey, reach: Open) -> None:
    cache = reach(valkey.port)
    cache.renew("users:k", "one")
    valkey.stop()
    valkey.start()
    assert cache.read("users:k") == [None]


@pytest.mark.parametrize(
    ("function", "question"),
    [
        pytest.param("api", lambda cache: cache.read("sessions:1"), id="the API reads no other's keys"),
        pytest.param("subscriber", lambda cache: cache.read("users:1:one:a"), id="the subscriber reads none"),
        pytest.param(
            "subscriber", lambda cache: cache.write("users:1:one:a", "{}", 9), id="nor writes a user"
        ),
    ],
)
def test_a_functions_user_may_do_no_more_than_its_work(
    valkey: Valkey, reach: Open, function: str, question: Callable[[Cache], object]
) -> None:
    with pytest.raises(Unavailable, match="NoPermissionError"):
        question(reach(valkey.port, function))


def test_a_user_that_is_not_declared_does_not_get_in(valkey: Valkey, reach: Open) -> None:
    with pytest.raises(Unavailable, match="AuthenticationError"):
        reach(valkey.port, CACHE_USER="somebody").read("users:k")


def test_without_credentials_nobody_signs_in(valkey: Valkey, reach: Open) -> None:
    with pytest.raises(Unavailable, match="AuthenticationError"):
        reach(valkey.port, AWS_ACCESS_KEY_ID="").read("users:k")


def test_a_server_that_is_away_costs_nothing(reach: Open) -> None:
    assert _seconds_of_failing(reach(1), "ConnectionError") < BOUND


def test_a_frozen_server_costs_the_bound_once_then_nothing(valkey: Valkey, reach: Open) -> None:
    cache = reach(valkey.port)
    cache.read("users:k")
    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        assert BOUND <= _seconds_of_failing(cache, "TimeoutError") < 3 * BOUND
        assert _seconds_of_failing(cache, PAUSED) < BOUND / 2
    finally:
        os.kill(valkey.pid, signal.SIGCONT)


def test_a_server_that_is_back_is_asked_again_after_the_pause(valkey: Valkey, reach: Open) -> None:
    cache = reach(valkey.port, CACHE_PAUSE_SECONDS=AT_ONCE)
    valkey.stop()
    _seconds_of_failing(cache, "ConnectionError")
    valkey.start()
    assert cache.read("users:k") == [None]


class Liar(socketserver.ThreadingTCPServer):
    """Answers each thing it is sent by the next of these words, then by nothing."""

    daemon_threads = True

    def __init__(self, words: tuple[bytes, ...], by: type[socketserver.BaseRequestHandler]) -> None:
        self.words, self.over = words, threading.Event()
        super().__init__(("127.0.0.1", 0), by)


class _Lies(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Liar)
        words = iter(self.server.words)
        with suppress(ConnectionError):  # a client that has had enough
            while self.request.recv(65_536):
                self.request.sendall(next(words, b""))


@contextmanager
def saying(*words: bytes, by: type[socketserver.BaseRequestHandler] = _Lies) -> Iterator[int]:
    """The port of something that answers so."""
    with Liar(words, by) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield int(server.server_address[1])
        finally:
            server.over.set()
            server.shutdown()


@pytest.mark.parametrize(
    "words",
    [
        pytest.param((), id="nothing"),
        pytest.param((b"HTTP/1.1 400 Bad Request\r\n\r\n",), id="HTTP"),
        pytest.param((b"-WRONGPASS invalid username\r\n",), id="a refusal"),
        pytest.param((b"+OK\r\n", b"$many\r\n"), id="a length that is no number"),
        pytest.param((b"+OK\r\n", b"*-7\r\n"), id="less than no answers"),
        pytest.param((b"+OK\r\n", b"$99999999999\r\nx"), id="a length beyond all memory"),
        pytest.param((b"+OK\r\n", b"*1\r\n$2\r\n\xff\xfe\r\n"), id="bytes that are no text"),
        pytest.param((b"+OK\r\n", b":7\r\n"), id="a number in place of a list"),
        pytest.param((b"+OK\r\n", b"*2\r\n$-1\r\n$-1\r\n"), id="two answers to one question"),
        pytest.param((b"+OK\r\n", b"*1\r\n:7\r\n"), id="a number in a list"),
        pytest.param((b"+OK\r\n", b"*1\r\n-ERR no\r\n"), id="an error in a list"),
        pytest.param((b"+OK\r\n", b"*1\r\n*1\r\n$-1\r\n"), id="a list in a list"),
        pytest.param((b"+OK\r\n", b"*1\r\n" * 5_000), id="thousands of lists in lists"),
        pytest.param((b"+OK\r\n", b"*1\r\n$50000000\r\n" + b"x" * 50_000_000 + b"\r\n"), id="50 MB"),
        pytest.param((b"+OK\r\n", b"-OOM command not allowed\r\n"), id="no room"),
        pytest.param((b"+OK\r\n", b"-LOADING\r\n"), id="a server that loads"),
        pytest.param((b"+OK\r\n", b"-MOVED 1 203.0.113.7:1\r\n"), id="somewhere else"),
    ],
)
def test_what_is_no_answer_is_no_cache(reach: Open, words: tuple[bytes, ...]) -> None:
    with saying(*words) as port:
        cache, before = reach(port), time.monotonic()
        with pytest.raises(Unavailable):
            cache.read("users:k")
    assert time.monotonic() - before < 4 * BOUND


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        pytest.param(lambda cache: cache.write("k", "v", 9), b":7\r\n", id="a value put"),
        pytest.param(lambda cache: cache.renew("k", "v"), b"$-1\r\n", id="a value put to stay"),
        pytest.param(lambda cache: cache.settle("k", "v"), b"*1\r\n$-1\r\n", id="a value settled"),
    ],
)
def test_what_does_not_say_that_it_was_done_is_no_cache(
    reach: Open, question: Callable[[Cache], object], answer: bytes
) -> None:
    with saying(b"+OK\r\n", answer) as port, pytest.raises(Unavailable, match="not an answer"):
        question(reach(port))


class _Drips(socketserver.BaseRequestHandler):
    """Sends the server's words a byte each 20 ms: no wait for a byte is long."""

    def handle(self) -> None:
        assert isinstance(self.server, Liar)
        for word in self.server.words:
            self.request.recv(65_536)
            for byte in word:
                if self.server.over.wait(0.02):
                    return
                self.request.sendall(bytes([byte]))


@pytest.mark.parametrize(
    "words",
    [
        pytest.param((b"+" + b"O" * 500,), id="while it lets us in"),
        pytest.param((b"+OK\r\n", b"*1\r\n$500\r\n" + b"x" * 500), id="while it answers"),
        pytest.param((b"+OK\r\n", b"*500\r\n" + b"$-1\r\n" * 500), id="one short thing after the other"),
    ],
)
def test_a_server_that_drips_costs_the_bound_once_in_all(reach: Open, words: tuple[bytes, ...]) -> None:
    with saying(*words, by=_Drips) as port:
        cache = reach(port)
        assert BOUND <= _seconds_of_failing(cache, "TimeoutError") < 3 * BOUND
        assert _seconds_of_failing(cache, PAUSED) < BOUND / 2


def test_a_server_that_does_not_read_costs_the_bound_once(reach: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        cache, before = reach(listener.getsockname()[1]), time.monotonic()
        with pytest.raises(Unavailable, match="TimeoutError"):
            cache.write("users:k", "x" * 20_000_000, 60_000)
    assert time.monotonic() - before < 3 * BOUND


def _seconds_of_failing(cache: Cache, reason: str) -> float:
    before = time.monotonic()
    with pytest.raises(Unavailable, match=reason):
        cache.read("users:k")
    return time.monotonic() - before


def server(host: str, roots: str = str(ROOTS)) -> Server:
    return Server(host, 6379, "sereno-test", "sereno-test-api", roots, 0.1, 5)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_this_machine_needs_no_certificate(host: str) -> None:
    assert server(host).tls() is None


@pytest.mark.parametrize("host", ["cache.example", "10.0.0.7", "127.evil.example"])
@pytest.mark.parametrize("roots", [str(ROOTS), ""], ids=["by the roots it is given", "by the system's"])
def test_any_other_is_verified(host: str, roots: str) -> None:
    verifying = server(host, roots).tls()
    assert verifying is not None
    assert (verifying.verify_mode, verifying.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_where_roots_are_given_no_other_is_believed() -> None:
    verifying = server("cache.example").tls()
    assert verifying is not None
    assert len(verifying.get_ca_certs()) == ROOTS.read_text().count("BEGIN CERTIFICATE")


def test_without_its_roots_a_server_off_this_machine_is_not_asked(reach: Open) -> None:
    with pytest.raises(Unavailable, match="FileNotFoundError"):
        reach(1, CACHE_HOST="cache.example", CACHE_SSLROOTCERT="nowhere.pem").read("users:k")


def test_a_server_off_this_machine_is_not_sent_a_password_in_the_clear(configure: Configure) -> None:
    heard: list[bytes] = []
    with socket.create_server(("0.0.0.0", 0)) as listener:

        def listen() -> None:
            connection, _ = listener.accept()
            heard.append(connection.recv(5))
            connection.close()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        configure(
            "api", CACHE_HOST="0.0.0.0", CACHE_PORT=str(listener.getsockname()[1]), CACHE_SSLROOTCERT=""
        )
        cache = Cache.of(os.environ)
        with pytest.raises(Unavailable):
            cache.read("users:k")
        thread.join(5)
    assert heard[0][:2] == b"\x16\x03"  # a TLS handshake


def test_without_a_host_there_is_no_cache(configure: Configure) -> None:
    configure("api", CACHE_HOST="", CACHE_PORT="")
    assert caching.cache(os.environ) is None


def test_a_wrong_deployment_names_the_variable(configure: Configure) -> None:
    configure("api", CACHE_HOST="cache.example", CACHE_PORT="x")
    with pytest.raises(Misconfigured, match="CACHE_PORT is 'x'; write a positive number"):
        Cache.of(os.environ)
