"""The gateway does what API Gateway does around an HTTP API, and counts as it counts."""

from __future__ import annotations

import http.client
import json
import socket
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
    """What is answered to these bytes, until the connection is closed."""
    with socket.create_connection(("127.0.0.1", gateway.server_port), timeout=10) as connection:
        connection.sendall(request)
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


def test_a_callers_trace_goes_on(gateway: Gateway) -> None:
    trace = "Root=1-67891233-abcdef012345678912345678"
    said = ask(gateway, "GET", "/users", headers={"X-Amzn-Trace-Id": trace})[2]
    assert said["headers"]["x-amzn-trace-id"] == trace


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
        (b"POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: 10485761\r\n\r\n", b"413 Request Entity"),
        (b"POST /users HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nA00001\r\n", b"413 Request"),
        (b"POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400 Bad Request"),
        (b"POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", b"400 Bad Request"),
        (b"POST /users HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400 Bad Request"),
        (b"GET /us\xc3\xa9rs HTTP/1.1\r\nHost: x\r\n\r\n", b"400 Bad Request"),
        (b"GET http://x/users HTTP/1.1\r\nHost: x\r\n\r\n", b"400 Bad Request"),
    ],
    ids=[
        "a body over 10 MB",
        "a chunk over 10 MB",
        "a negative length",
        "a length that is no number",
        "a chunk size that is no number",
        "a path that is not ASCII",
        "a URL where a path belongs",
    ],
)
def test_what_cannot_be_read_is_refused_and_counted(
    gateway: Gateway, metrics: Metrics, request_: bytes, first: bytes
) -> None:
    assert raw(gateway, request_).splitlines()[0].startswith(b"HTTP/1.1 " + first)
    assert counts(metrics, "a1") == {"Count": 1, "4xx": 1, "5xx": 0}


def test_a_chunked_body_arrives_with_its_length(gateway: Gateway) -> None:
    head = b"POST /users HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    said = raw(gateway, head + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: 1\r\n\r\n")
    assert b'"bytes": 5' in said
    assert b'"content-length": "5"' in said


def test_repeated_headers_are_joined_and_those_of_the_connection_stay(gateway: Gateway) -> None:
    head = b"GET /users HTTP/1.1\r\nHost: x\r\nA: 1\r\nA: 2\r\nTE: trailers\r\nConnection: close\r\n\r\n"
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
