"""The canary over real sockets, its handler, and the canary by hand."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from canary import __main__ as by_hand
from canary.transport import Signer, Transport
from common.credentials import Credentials
from common.settings import Misconfigured
from tests.functions.certificates import serving
from tests.functions.conftest import Context, Written

Output = Callable[[], Written]

ID = "0a1b2c3d-0000-4000-8000-00000000000a"


@dataclass
class Target:
    """An API on loopback: the row is there after `absent` looks, `status` overrides every answer."""

    absent: int = 1
    status: int = 0
    silent: bool = False
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.over = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/prod"

    def close(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    def answer(self, method: str, path: str) -> tuple[int, object]:
        if self.silent:
            self.over.wait(30)
        if self.status:
            return self.status, {}
        if method == "POST":
            return 202, {"message_id": ID}
        if path == "/prod/users":
            return 200, {"users": [], "next": None}
        self.absent -= 1
        return (404, {}) if self.absent >= 0 else (200, {"id": ID})


def _handler(target: Target) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            target.requests.append((self.command, self.path, headers, body))
            status, content = target.answer(self.command, self.path)
            try:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(content).encode())
            except OSError:
                pass  # a canary that had enough of a silent target

    return Handler


@pytest.fixture
def target() -> Iterator[Target]:
    made = Target()
    yield made
    made.close()


@pytest.fixture
def probing(canary: ModuleType, target: Target, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The handler, pointed at the target and impatient."""
    monkeypatch.setenv("CANARY_URL", target.url)
    monkeypatch.setenv("CANARY_POLL_SECONDS", "0.01")
    monkeypatch.setenv("CANARY_DEADLINE_SECONDS", "0.5")
    monkeypatch.setenv("CANARY_REQUEST_TIMEOUT_SECONDS", "0.25")
    return canary


def test_a_good_run(probing: ModuleType, target: Target, written: Output) -> None:
    answer = probing.handler({}, Context())
    assert (answer["get"], answer["roundTrip"]) == (True, True)
    metrics = written().metrics
    assert 0 < metrics.pop("CanaryGetTime")[0] < 250
    assert 10 < metrics.pop("RoundTripTime")[0] < 500
    assert metrics == {
        "CanaryGets": [1],
        "CanaryGetsGood": [1],
        "RoundTrips": [1],
        "RoundTripsGood": [1],
        "ColdStarts": [1],
    }


def test_requests_are_signed_marked_and_traced(probing: ModuleType, target: Target) -> None:
    probing.handler({}, Context())
    assert [(method, path) for method, path, _, _ in target.requests] == [
        ("GET", "/prod/users"),
        ("POST", "/prod/users"),
        ("GET", f"/prod/users/{ID}"),
        ("GET", f"/prod/users/{ID}"),
    ]
    traces = {headers["traceparent"].split("-")[1] for _, _, headers, _ in target.requests}
    assert len(traces) == 1
    for _, _, headers, _ in target.requests:
        assert headers["x-sereno-synthetic"] == "canary"
        assert headers["host"] == f"127.0.0.1:{target.server.server_port}"
        assert "Credential=test/" in headers["authorization"]
        assert "/us-east-1/execute-api/aws4_request" in headers["authorization"]
        assert "traceparent;x-amz-date;x-sereno-synthetic" in headers["authorization"]


def test_two_runs_post_different_users(probing: ModuleType, target: Target) -> None:
    for _ in range(2):
        probing.handler({}, Context())
    bodies = [body for method, _, _, body in target.requests if method == "POST"]
    assert len(set(bodies)) == 2


BAD = {"CanaryGets": [1], "CanaryGetsGood": [0], "RoundTrips": [1], "RoundTripsGood": [0], "ColdStarts": [1]}


@pytest.mark.parametrize(
    ("harm", "reasons"),
    [
        pytest.param(
            lambda target: setattr(target, "status", 503),
            ["GET /users: answered 503", "POST /users: answered 503"],
            id="the API fails",
        ),
        pytest.param(
            lambda target: setattr(target, "silent", True),
            ["GET /users: timeout", "POST /users: timeout"],
            id="the API is silent",
        ),
        pytest.param(
            lambda target: target.close(),
            ["GET /users: ConnectionRefusedError", "POST /users: ConnectionRefusedError"],
            id="there is no API",
        ),
    ],
)
def test_a_target_at_fault_is_a_bad_attempt(
    probing: ModuleType, target: Target, written: Output, harm: Callable[[Target], None], reasons: list[str]
) -> None:
    harm(target)
    probing.handler({}, Context())
    output = written()
    metrics = output.metrics
    assert len(metrics.pop("CanaryGetTime")) == 1
    assert metrics == BAD
    assert [line["reason"] for line in output.logs if line["level"] == "ERROR"] == reasons


def test_a_row_that_never_comes_is_bad_at_the_deadline(
    probing: ModuleType, target: Target, written: Output
) -> None:
    target.absent = 10_000
    before = time.monotonic()
    probing.handler({}, Context())
    assert 0.4 < time.monotonic() - before < 3
    metrics = written().metrics
    assert (metrics["CanaryGetsGood"], metrics["RoundTrips"], metrics["RoundTripsGood"]) == ([1], [1], [0])
    assert "RoundTripTime" not in metrics


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        pytest.param("CANARY_URL", "", "CANARY_URL is not set", id="no URL"),
        pytest.param("CANARY_URL", "ftp://x", "not the URL of an API", id="another scheme"),
        pytest.param("CANARY_URL", "https://x/?a=b", "not the URL of an API", id="a URL with a query"),
        pytest.param("AWS_ACCESS_KEY_ID", "", "no AWS credentials to sign with", id="no credentials"),
        pytest.param(
            "CANARY_AUTH", "basic", "CANARY_AUTH is 'basic'; write iam or none", id="another authorization"
        ),
        pytest.param("CANARY_DEADLINE_SECONDS", "soon", "write a positive number", id="no deadline"),
    ],
)
def test_a_canary_at_fault_makes_no_attempt(
    probing: ModuleType,
    target: Target,
    written: Output,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    words: str,
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured, match=words):
        probing.handler({}, Context())
    assert (target.requests, written().metrics) == ([], {"ColdStarts": [1]})


def test_phases_of_a_request(target: Target) -> None:
    reply = Transport(target.url, 1, None).send("GET", "/users", {}, b"")
    assert (reply.status, list(reply.phases)) == (200, ["dns", "connect", "wait", "read"])
    assert reply.milliseconds == sum(reply.phases.values())


def test_phases_of_a_request_over_tls(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.server.socket = serving(tmp_path).wrap_socket(target.server.socket, server_side=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    reply = Transport(target.url.replace("http:", "https:"), 2, None).send("GET", "/users", {}, b"")
    assert (reply.status, list(reply.phases)) == (200, ["dns", "connect", "tls", "wait", "read"])


def test_a_certificate_of_nobody_is_a_bad_attempt(target: Target, tmp_path: Path) -> None:
    target.server.socket = serving(tmp_path).wrap_socket(target.server.socket, server_side=True)
    reply = Transport(target.url.replace("http:", "https:"), 2, None).send("GET", "/users", {}, b"")
    assert (reply.status, reply.error) == (0, "SSLCertVerificationError")


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"], ids=["its headers", "its body"]
)
def test_a_target_that_drips_is_left_at_the_timeout(head: bytes) -> None:
    """Each byte comes in time, the whole does not."""
    listener, over = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(head or b"HTTP/1.1 200 OK\r\nx: ")
            while not over.wait(0.02):
                try:
                    connection.send(b"x")
                except OSError:
                    return

    threading.Thread(target=drip, daemon=True).start()
    before = time.monotonic()
    reply = Transport(f"http://127.0.0.1:{listener.getsockname()[1]}", 0.3, None).send("GET", "/", {}, b"")
    over.set()
    listener.close()
    assert (reply.status, reply.error) == (0, "timeout")
    assert time.monotonic() - before < 1


def test_a_signature_needs_the_token_too(target: Target) -> None:
    signer = Signer(Credentials("A", "S", "T"), "us-east-1")
    Transport(target.url, 1, signer).send("GET", "/users", {}, b"")
    assert target.requests[0][2]["x-amz-security-token"] == "T"


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        pytest.param(0, 0, "good", id="good"),
        pytest.param(500, 1, "BAD", id="bad"),
    ],
)
def test_by_hand(
    target: Target, capsys: pytest.CaptureFixture[str], status: int, code: int, said: str
) -> None:
    target.status = status
    environ = {"CANARY_AUTH": "none", "CANARY_POLL_SECONDS": "0.01"}
    assert by_hand.main([target.url], environ) == code
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"GET /users   {said}")
    assert second.startswith(f"round trip   {said}")


def test_by_hand_without_credentials(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert by_hand.main([target.url], {}) == 2
    assert capsys.readouterr().err.startswith(
        "canary: there are no AWS credentials to sign with; set AWS_ACCESS_KEY_ID"
    )


def test_by_hand_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert by_hand.main(["-h"], os.environ) == 0
    assert "python -m canary" in capsys.readouterr().out
