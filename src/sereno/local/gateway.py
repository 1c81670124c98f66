"""The front door: what API Gateway does around an HTTP API and the emulator does not.

A trace header, the size limit, IAM signatures, throttling, the integration timeout, and the
`AWS/ApiGateway` metrics; the routing to functions is the emulator's.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
"""

from __future__ import annotations

import base64
import http.client
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

from sereno.local import ports, sigv4, xray
from sereno.local.seams import Put, no_metrics
from sereno.local.upstream import Answer, Upstream
from sereno.local.web import Handler, RefusedError, Server

BODY_LIMIT = 10 * 1024 * 1024  # bytes
PATIENCE = 60.0  # seconds of silence before a caller's connection is closed
_HOP = {
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
}

Translate = Callable[[int, Iterable[tuple[str, str]], bytes], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What the gateway stands in front of, and its limits."""

    id: str
    stage: str
    region: str
    routes: tuple[str, ...]  # route keys, "GET /users/{id}"
    host: str  # the emulator's host and port
    base: str  # what it wants before the path
    translate: Translate  # its answer as API Gateway would have given it
    timeout: float  # seconds an integration may take
    rate: float  # requests a second
    burst: int
    iam: bool = False  # whether an unsigned request is refused
    keys: Mapping[str, sigv4.Key] = field(default_factory=dict)


class Bucket:
    """A token bucket, full at first."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._at = time.monotonic()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether one more may pass now."""
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
            self._at = now
            passes = self._tokens >= 1
            self._tokens -= passes
        return passes


class Gateway(Server):
    """Serves the API's public URL."""

    def __init__(self, api: Api, put: Put = no_metrics, port: int = 0) -> None:
        super().__init__(_Front, ports.wanted(port))
        self.api = api
        self.bucket = Bucket(api.rate, api.burst)
        self.upstream = Upstream(api.host, api.timeout)
        self._put = put
        self._routes = [(route, _pattern(route)) for route in sorted(api.routes, key=_generality)]

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def close(self) -> None:
        super().close()
        self.upstream.close()

    def route(self, method: str, path: str) -> str | None:
        """The route key a request belongs to; the more literal one wins."""
        return next((key for key, pattern in self._routes if pattern.fullmatch(f"{method} {path}")), None)

    def admits(self, request: sigv4.Request) -> bool:
        """Whether the signature, where there is or must be one, is right."""
        if not sigv4.is_signed(request):
            return not self.api.iam
        return sigv4.verify(request, self.api.keys, self.api.region, "execute-api", time.time())

    def integrate(self, request: sigv4.Request) -> Answer:
        """Passes a request on; a timeout, or nobody there, is a 503 as in AWS."""
        try:
            answer = self.upstream.send(
                request.method, self.api.base + request.target, _forwarded(request, self), request.body
            )
        except (OSError, http.client.HTTPException):
            return _message(HTTPStatus.SERVICE_UNAVAILABLE)
        return self.api.translate(*answer)

    def count(self, route: str | None, status: int, latency: float, integration: float | None) -> None:
        """One request's metrics; times in seconds, `integration` only where there was one."""
        values = {"Count": 1.0, "4xx": float(400 <= status < 500), "5xx": float(status >= 500)}
        values["Latency"] = latency * 1000
        if integration is not None:
            values["IntegrationLatency"] = integration * 1000
        for dimensions in self._dimensions(route):
            for name, value in values.items():
                unit = "Milliseconds" if name.endswith("Latency") else "Count"
                self._put("AWS/ApiGateway", name, dimensions, [value], unit=unit)

    def _dimensions(self, route: str | None) -> Iterable[dict[str, str]]:
        api = {"ApiId": self.api.id}
        yield api
        yield api | {"Stage": self.api.stage}
        if route is not None:
            method, _, resource = route.partition(" ")
            yield api | {"Stage": self.api.stage, "Method": method, "Resource": resource}


class _Front(Handler):
    server: Gateway
    timeout = PATIENCE
    pages = True  # what a page may do elsewhere, the API's own rules say

    def respond(self) -> None:
        gateway, started = self.server, time.monotonic()
        path = urlsplit(self.path).path
        route = gateway.route(self.command, path)
        taken = None
        try:
            request = sigv4.Request(
                self.command, _target(self.path), _unfolded(self.headers.items()), self.body(BODY_LIMIT)
            )
            refused = _refusal(gateway, route, request)
            before = time.monotonic()
            status, headers, body = refused or gateway.integrate(request)
            taken = None if refused else time.monotonic() - before
        except RefusedError as early:
            gateway.count(route, early.status, time.monotonic() - started, None)
            raise
        gateway.count(route, status, time.monotonic() - started, taken)
        self.answer(status, body, [("Date", self.date_time_string()), *_identified(headers)])


def _refusal(gateway: Gateway, route: str | None, request: sigv4.Request) -> Answer | None:
    """The answer to a request that must not reach a function."""
    if route is None:
        return _message(HTTPStatus.NOT_FOUND)
    if not gateway.admits(request):
        return _message(HTTPStatus.FORBIDDEN)
    return None if gateway.bucket.take() else _message(HTTPStatus.TOO_MANY_REQUESTS)


def _message(status: HTTPStatus) -> Answer:
    return status, [("Content-Type", "application/json")], b'{"message":"%s"}' % status.phrase.encode()


def _target(path: str) -> str:
    if not re.fullmatch(r"/[\x21-\x7e]*", path):
        raise RefusedError(HTTPStatus.BAD_REQUEST)
    return path


def _unfolded(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, " ".join(value.splitlines())) for name, value in headers]


def _forwarded(request: sigv4.Request, gateway: Gateway) -> dict[str, str]:
    """The headers a function sees: repeated ones joined, hop-by-hop ones dropped, the gateway's own added."""
    names = {name.lower() for name, _ in request.headers} - _HOP
    headers = {"host": gateway.address} | {name: request.value(name) for name in sorted(names)}
    if not xray.is_header(headers.get(xray.HEADER)):
        headers[xray.HEADER] = xray.root()
    return headers | {
        "content-length": str(len(request.body)),
        "x-forwarded-for": ports.HOST,
        "x-forwarded-port": str(gateway.server_port),
        "x-forwarded-proto": "http",
    }


def _identified(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    if any(name.lower() == "apigw-requestid" for name, _ in headers):
        return headers
    return [*headers, ("apigw-requestid", base64.b64encode(os.urandom(11)).decode())]


def _generality(route: str) -> tuple[int, int]:
    return route.count("+}"), route.count("{")


def _pattern(route: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+\+?)\}", route)
    text = ((".+" if p.endswith("+") else "[^/]+") if i % 2 else re.escape(p) for i, p in enumerate(parts))
    return re.compile("".join(text))
