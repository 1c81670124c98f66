"""The gateway does what API Gateway does around an HTTP API, and counts as it counts."""

from __future__ import annotations

import http.client
import json
import re
import socket
import struct
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from sereno.local import sigv4
from sereno.local.emulator import as_gateway
from sereno.local.gateway import Api, Bucket, Gateway
from sereno.local.sigv4 import Key
from sereno.local.web import Handler, Server

HEAD = b"POST /users HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n"
ROUTES = ("GET /users", "GET /users/{id}", "POST /users", "GET /users/me")


class Upstream(Handler):
    """Stands where the emulator stands: says what it was asked, or does as the path tells."""

    def respond(self) -> None:
        body = self.body()
        if "slow" in self.path:
            time.sleep(2)
        status = 502 if "fails" in self.path else 503 if "unavailable" in self.path else 200
        said = {"target": self.path, "headers": dict(self.headers.items()), "bytes": len(body)}
        failure = {"errorMessage": "Proxy target returned HTTP 500", "errorType": "Runtime.HandlerError"}
        self.answer(status, json.dumps(failure if status == 502 else said).encode(), [("X-Own", "kept")])


class Metrics:
    def __init__(self) -> None:
        self.values: dict[tuple[str, tuple[str, ...]], list[float]] = defaultdict(list)

    def put(
        self,
        namespace: str,
        metric: str,
        dimensions: Mapping[str, str],
        values: Sequence[float],
        *,
        at: float | None = None,
        unit: str = "None",
    ) -> None:
        self.values[f"{namespace} {metric}", tuple(dimensions.values())] += values


@pytest.fixture(scope="module")
def upstream() -> Iterator[Server]:
    server = Server(Upstream)
    server.begin()
    yield server
    server.close()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def api(upstream: Server, **changes: Any) -> Api:
    defaults: dict[str, Any] = {
        "id": "a1",
        "stage": "$default",
        "region": "us-east-1",
        "routes": ROUTES,
        "host": upstream.address,
        "base": "/base",
        "translate": as_gateway,
        "timeout": 1.0,
        "rate": 1_000.0,
        "burst": 1_000,
        "keys": {"AKID": Key("secret")},
    }
    return Api(**(defaults | changes))


@pytest.fixture
def gateway(upstream: Server, metrics: Metrics) -> Iterator[Gateway]:
    made = Gateway(api(upstream), metrics.put)
    made.begin()
    yield made
    made.close()


def ask(
    gateway: Gateway, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], Any]:
    connection = http.client.HTTPConnection(gateway.address, timeout=10)
    connection.request(method, target, body, headers or {})
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), json.loads(said) if said else None


def raw(gateway: Gateway, request: bytes) -> bytes:
    """What is answered to these bytes and no more, until the connection is closed."""
    with socket.create_connection(("127.0.0.1", gateway.server_port), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def counts(metrics: Metrics, *dimensions: str) -> dict[str, float]:
    """The sums of the counting metrics of one dimension set."""
    return {
        name: sum(metrics.values[f"AWS/ApiGateway {name}", dimensions]) for name in ("Count", "4xx", "5xx")
    }


def test_a_request_reaches_the_integration_whole_with_the_gateways_headers(gateway: Gateway) -> None:
    status, headers, said = ask(gateway, "GET", "/users/a%2Fb?x=1&x=2&y=%20", headers={"Accept": "a/b"})
    assert (status, headers["X-Own"], said["target"]) == (200, "kept", "/base/users/a%2Fb?x=1&x=2&y=%20")
    assert headers["apigw-requestid"]
    seen = {name.lower(): value for name, value in said["headers"].items()}
    assert (seen["accept"], seen["host"]) == ("a/b", gateway.address)
    assert seen["x-forwarded-proto"] == "http"
    assert seen["x-amzn-trace-id"].startswith("Root=1-")


ROOT = "Root=1-67891233-abcdef012345678912345678"


@pytest.mark.parametrize(
    ("trace", "goes_on"),
    [
        (ROOT, True),
        (ROOT + ";Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:0:68fd508a", True),
        ("Root=1-67891233-abcdef01234567891234567é", False),
        (ROOT + ";é", False),
        (ROOT + ";Sampled=1 x", False),
        ("Root=" + "A" * 5_000, False),
        ("Self=1", False),
    ],
    ids=[
        "a trace",
        "a trace with all its members",
        "a letter that is not ASCII",
        "a member that is not ASCII",
        "a space",
        "too long",
        "no root",
    ],
)
def test_a_callers_trace_goes_on_where_it_has_the_form_of_one(
    gateway: Gateway, trace: str, goes_on: bool
) -> None:
    said = ask(gateway, "GET", "/users", headers={"X-Amzn-Trace-Id": trace})[2]
    seen = said["headers"]["x-amzn-trace-id"]
    assert (seen == trace) == goes_on
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}(;.*)?", seen, re.ASCII)


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/users", "GET /users"),
        ("GET", "/users/7", "GET /users/{id}"),
        ("GET", "/users/me", "GET /users/me"),
        ("GET", "/users/7/x", None),
        ("PUT", "/users", None),
        ("GET", "/", None),
    ],
    ids=["literal", "with a parameter", "literal beats parameter", "too long", "another method", "the root"],
)
def test_the_route_of_a_request(gateway: Gateway, method: str, path: str, route: str | None) -> None:
    assert gateway.route(method, path) == route


def test_each_request_is_counted_for_the_api_the_stage_and_the_route(
    gateway: Gateway, metrics: Metrics
) -> None:
    for method, target in [("GET", "/users"), ("GET", "/users/unavailable"), ("GET", "/nowhere")]:
        ask(gateway, method, target)
    assert counts(metrics, "a1") == {"Count": 3, "4xx": 1, "5xx": 1}
    assert counts(metrics, "a1", "$default") == {"Count": 3, "4xx": 1, "5xx": 1}
    assert counts(metrics, "a1", "$default", "GET", "/users") == {"Count": 1, "4xx": 0, "5xx": 0}
    assert counts(metrics, "a1", "$default", "GET", "/users/{id}") == {"Count": 1, "4xx": 0, "5xx": 1}
    assert len(metrics.values["AWS/ApiGateway 4xx", ("a1",)]) == 3
    assert len(metrics.values["AWS/ApiGateway Latency", ("a1",)]) == 3
    assert len(metrics.values["AWS/ApiGateway IntegrationLatency", ("a1",)]) == 2


def test_a_function_that_failed_is_an_internal_server_error_that_tells_nothing(gateway: Gateway) -> None:
    status, _, said = ask(gateway, "GET", "/users/fails")
    assert (status, said) == (500, {"message": "Internal Server Error"})


def test_an_integration_over_its_timeout_is_a_503(gateway: Gateway, metrics: Metrics) -> None:
    status, _, said = ask(gateway, "GET", "/users/slow")
    assert (status, said) == (503, {"message": "Service Unavailable"})
    assert 1_000 <= metrics.values["AWS/ApiGateway IntegrationLatency", ("a1",)][0] < 2_000


def test_without_an_emulator_every_request_is_a_503(upstream: Server) -> None:
    gateway = Gateway(api(upstream, host="127.0.0.1:9"))
    gateway.begin()
    assert ask(gateway, "GET", "/users")[0] == 503
    gateway.close()


@pytest.mark.parametrize(
    ("request_", "first"),
    [
        (HEAD + b"Content-Length: 10485761\r\n\r\n", b"413 Request Entity"),
        (CHUNKED + b"\r\nA00001\r\n", b"413 Request"),
        (HEAD + b"Content-Length: -1\r\n\r\n", b"400 Bad Request"),
        (HEAD + b"Content-Length: x\r\n\r\n", b"400 Bad Request"),
        (CHUNKED + b"\r\nzz\r\n", b"400 Bad Request"),
        (b"GET /us\xc3\xa9rs HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400 Bad Request"),
        (b"GET http://x/users HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400 Bad Request"),
        (HEAD + b"Content-Length: 9\r\n\r\n{}", b"400 Bad Request"),
        (CHUNKED + b"\r\nff\r\n{}", b"400 Bad Request"),
        (CHUNKED + b"\r\n2\r\n{}\r\n", b"400 Bad Request"),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", b"400 Bad Request"),
    ],
    ids=[
        "a body over 10 MB",
        "a chunk over 10 MB",
        "a negative length",
        "a length that is no number",
        "a chunk size that is no number",
        "a path that is not ASCII",
        "a URL where a path belongs",
        "a body that ends before its length",
        "a chunk that ends before its size",
        "chunks without an end",
        "a coding that is not known",
    ],
)
def test_what_cannot_be_read_is_refused_and_counted(
    gateway: Gateway, metrics: Metrics, request_: bytes, first: bytes
) -> None:
    assert raw(gateway, request_).splitlines()[0].startswith(b"HTTP/1.1 " + first)
    assert counts(metrics, "a1") == {"Count": 1, "4xx": 1, "5xx": 0}


@pytest.mark.parametrize(
    ("request_", "first"),
    [
        pytest.param(b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414", id="a line over 64 kB"),
        pytest.param(HEAD + b"A: " + b"a" * 70_000 + b"\r\n\r\n", b"431", id="a header over 64 kB"),
        pytest.param(HEAD + b"A: 1\r\n" * 150 + b"\r\n", b"431", id="too many headers"),
        pytest.param(b"FOO /users HTTP/1.1\r\nHost: localhost\r\n\r\n", b"501", id="no method"),
        pytest.param(b"GET /users HTTP/2.0\r\nHost: localhost\r\n\r\n", b"505", id="another protocol"),
        pytest.param(b"\x16\x03\x01\xff\r\n\r\n", b"400", id="no HTTP"),
        pytest.param(b"GET /users\r\n\r\n", b"400", id="HTTP of 1991"),
        pytest.param(
            HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", b"400", id="two lengths of a body"
        ),
        pytest.param(
            HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"400",
            id="a length and chunks",
        ),
        pytest.param(
            HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", b"400", id="a space after a header's name"
        ),
        pytest.param(b"GET /users HTTP/1.1\r\nHost: a.example\r\n\r\n", b"403", id="another host"),
        pytest.param(b"GET /users HTTP/1.1\r\n\r\n", b"403", id="no host"),
    ],
)
def test_what_is_no_request_to_us_is_refused_as_json_and_reaches_no_function(
    gateway: Gateway, metrics: Metrics, request_: bytes, first: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    head, _, body = raw(gateway, request_).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 " + first)
    assert b"\r\nContent-Type: application/json" in head
    assert list(json.loads(body)) == ["message"]
    assert not metrics.values
    assert capfd.readouterr() == ("", "")


def test_a_caller_that_resets_its_connection_leaves_the_terminal_alone(
    gateway: Gateway, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(20):
        connection = socket.create_connection(("127.0.0.1", gateway.server_port), timeout=10)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(HEAD + b"Content-Length: 99999999\r\n\r\n" + b"x" * 100_000)
        connection.close()
    assert ask(gateway, "GET", "/users")[0] == 200
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["Origin", "Sec-Fetch-Site"])
def test_what_stands_behind_the_gateway_answers_no_web_page(upstream: Server, name: str) -> None:
    connection = http.client.HTTPConnection(upstream.address, timeout=10)
    connection.request("POST", "/users", b"{}", {name: "http://a.example"})
    assert connection.getresponse().status == 403
    connection.close()


def test_a_caller_that_falls_silent_is_told_and_let_go() -> None:
    class Hasty(Upstream):
        timeout = 0.1

    server = Server(Hasty)
    server.begin()
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as connection:
        connection.sendall(HEAD + b"Content-Length: 9\r\n\r\n{}")
        said = b"".join(iter(lambda: connection.recv(65_536), b""))
    server.close()
    assert said.startswith(b"HTTP/1.1 408 Request Timeout")


def test_a_chunked_body_arrives_with_its_length(gateway: Gateway) -> None:
    head = HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    said = raw(gateway, head + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: 1\r\n\r\n")
    assert b'"bytes": 5' in said
    assert b'"content-length": "5"' in said


def test_repeated_headers_are_joined_and_those_of_the_connection_stay(gateway: Gateway) -> None:
    head = (
        b"GET /users HTTP/1.1\r\nHost: localhost\r\nA: 1\r\nA: 2\r\nTE: trailers\r\nConnection: close\r\n\r\n"
    )
    said = raw(gateway, head)
    assert b'"a": "1,2"' in said
    assert b'"te"' not in said


def test_a_connection_serves_many_requests(gateway: Gateway) -> None:
    connection = http.client.HTTPConnection(gateway.address, timeout=10)
    for body in (b"", b"x" * 1_000_000, b"y"):
        connection.request("POST", "/users", body)
        assert json.loads(connection.getresponse().read())["bytes"] == len(body)
    connection.close()


def test_past_its_burst_a_caller_is_answered_429(upstream: Server, metrics: Metrics) -> None:
    gateway = Gateway(api(upstream, rate=0.001, burst=3), metrics.put)
    gateway.begin()
    answers = [ask(gateway, "GET", "/users")[::2] for _ in range(5)]
    gateway.close()
    assert [status for status, _ in answers] == [200, 200, 200, 429, 429]
    assert answers[-1][1] == {"message": "Too Many Requests"}
    assert counts(metrics, "a1") == {"Count": 5, "4xx": 2, "5xx": 0}


def test_a_bucket_fills_again_at_its_rate() -> None:
    bucket = Bucket(rate=200.0, burst=1)
    assert (bucket.take(), bucket.take()) == (True, False)
    time.sleep(0.02)
    assert bucket.take()


def signed(gateway: Gateway, secret: str, body: bytes) -> dict[str, str]:
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = f"{date[:8]}/us-east-1/execute-api/aws4_request"
    headers = [("host", gateway.address), ("x-amz-date", date)]
    request = sigv4.Request("POST", "/users", headers, body)
    signature = sigv4.sign(request, ["host", "x-amz-date"], secret, date, scope)
    names = "SignedHeaders=host;x-amz-date"
    return {
        "X-Amz-Date": date,
        "Authorization": f"{sigv4.ALGORITHM} Credential=AKID/{scope}, {names}, Signature={signature}",
    }


@pytest.mark.parametrize(
    ("iam", "secret", "status"),
    [
        (False, None, 200),
        (False, "secret", 200),
        (False, "wrong", 403),
        (True, None, 403),
        (True, "secret", 200),
        (True, "wrong", 403),
    ],
    ids=[
        "unsigned, where it need not be",
        "signed, where it need not be",
        "wrongly signed, where it need not be",
        "unsigned, where it must be",
        "signed, where it must be",
        "wrongly signed, where it must be",
    ],
)
def test_a_signature_is_verified_where_there_is_one_and_wanted_with_iam(
    upstream: Server, iam: bool, secret: str | None, status: int
) -> None:
    gateway = Gateway(api(upstream, iam=iam))
    gateway.begin()
    headers = signed(gateway, secret, b"body") if secret else {}
    answer = ask(gateway, "POST", "/users", b"body", headers)
    gateway.close()
    assert answer[0] == status
    assert status == 200 or answer[2] == {"message": "Forbidden"}
