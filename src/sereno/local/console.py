"""The web page for who is on call, and the JSON behind it. Reads only; loopback only.

A page elsewhere in the same browser can reach loopback too: another Host than loopback's is
refused (DNS rebinding), nothing is answered to other origins, and nothing here changes anything.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sereno.errors import Unable
from sereno.language.model import DAY, HOUR, CloudWatchMetric, DatadogMetric
from sereno.local import screens
from sereno.local.ports import HOST
from sereno.local.screens import Sources
from sereno.vendors.cloudwatch.statistic import StatisticFault

PAGE = Path(__file__).with_name("page")
PATIENCE = 10.0  # seconds to start or to end
LONGEST = 31 * DAY  # seconds that a panel shows
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Answer = Callable[[Sources, Request], Any]


def _series(sources: Sources, request: Request) -> Any:
    query, now = request.query_params, screens.now(sources)
    start, end = _number(query, "start", now - HOUR), _number(query, "end", now)
    return screens.series(sources, _metric(query), start, end)


def _metric(query: QueryParams) -> CloudWatchMetric | DatadogMetric:
    """By Datadog's query, or by CloudWatch's names."""
    if query.get("query"):
        return DatadogMetric(query=query["query"])
    pairs = (text.partition(":")[::2] for text in query.getlist("dimension"))
    return CloudWatchMetric(
        namespace=_text(query, "namespace"),
        metric=_text(query, "metric"),
        dimensions=tuple(sorted(pairs)),
        stat=query.get("stat", "Sum"),
    )


def _history(sources: Sources, request: Request) -> Any:
    query = request.query_params
    end = _number(query, "end", screens.now(sources) + 1)
    start = _number(query, "start", end - LONGEST)
    return {"events": screens.history(sources, start, end, query.get("name", ""))}


def _panel(sources: Sources, request: Request) -> Any:
    seconds = min(max(_number(request.query_params, "seconds", 3 * HOUR), HOUR // 4), LONGEST)
    place = request.path_params
    return screens.panel(sources, place["dashboard"], place["row"], place["column"], seconds)


def _spans(sources: Sources, request: Request) -> Any:
    return {"spans": screens.spans(sources, request.path_params["id"])}


ANSWERS: dict[str, Answer] = {
    "/health": lambda sources, _: screens.health(sources),
    "/api/alarms": lambda sources, _: {"alarms": screens.alarms(sources)},
    "/api/history": _history,
    "/api/inbox": lambda sources, _: {"receivers": screens.inbox(sources)},
    "/api/slos": lambda sources, _: {"slos": screens.slos(sources)},
    "/api/series": _series,
    "/api/dashboards": lambda sources, _: {"dashboards": screens.dashboards(sources)},
    "/api/panels/{dashboard}/{row:int}/{column:int}": _panel,
    "/api/runbooks/{name}": lambda sources, request: screens.runbook(sources, request.path_params["name"]),
    "/api/runbooks": lambda sources, _: {"runbooks": screens.runbooks(sources)},
    "/api/logs": lambda sources, request: screens.logs(
        sources, request.query_params.get("function", ""), request.query_params.get("text", "")
    ),
    "/api/traces": lambda sources, request: {
        "traces": screens.traces(sources, min(_number(request.query_params, "limit", 50), 500))
    },
    "/api/traces/{id}": _spans,
}


def application(sources: Sources) -> Starlette:
    """The ASGI application."""

    def page(request: Request) -> Response:
        del request
        return FileResponse(PAGE / "index.html", headers=HEADERS)

    routes = [Route(path, _answering(sources, answer)) for path, answer in ANSWERS.items()]
    return Starlette(
        routes=[
            *routes,
            Route("/", page),
            Route("/favicon.ico", lambda _: FileResponse(PAGE / "lantern.svg", headers=HEADERS)),
            Mount("/page", _Files(directory=PAGE)),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"], www_redirect=False)],
        exception_handlers={HTTPException: _refuse},
    )


class _Files(StaticFiles):
    def file_response(self, *args: Any, **named: Any) -> Response:
        response = super().file_response(*args, **named)
        response.headers.update(HEADERS)
        return response


def _answering(sources: Sources, answer: Answer) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(answer(sources, request), headers=HEADERS)
        except screens.Missing:
            raise HTTPException(404, "there is no such thing here") from None
        except StatisticFault as fault:
            raise HTTPException(400, str(fault)) from None

    return endpoint


def _refuse(request: Request, error: Exception) -> Response:
    del request
    status, text = (error.status_code, error.detail) if isinstance(error, HTTPException) else (500, "")
    return JSONResponse({"error": text}, status, headers=HEADERS)


def _text(query: QueryParams, name: str) -> str:
    if not query.get(name):
        raise HTTPException(400, f"`{name}` is missing")
    return query[name]


def _number(query: QueryParams, name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit() or len(text) > 12:
        raise HTTPException(400, f"`{name}` is no whole number of seconds")
    return int(text)


class Console:
    """Serves from a thread of its own between `begin` and `close`. Port 0 is any free one."""

    def __init__(self, sources: Sources, port: int = 0) -> None:
        self._socket = _listen(port)
        self.url = f"http://{HOST}:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            application(sources),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="console", daemon=True
        )

    def begin(self) -> None:
        """Starts, and waits until it answers."""
        self._thread.start()
        deadline = time.monotonic() + PATIENCE
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise Unable(f"the console does not start at {self.url}")
            time.sleep(0.005)

    def close(self) -> None:
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(PATIENCE)
        self._socket.close()


def _listen(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise Unable(f"the console cannot listen on {HOST}:{port}: {error.strerror}") from error
    return listening
