"""Functions as Lambda runs them: environments that are reused, concurrency, throttles, metrics.

Who invokes gets what Lambda's Invoke API would answer. The metrics are those of `AWS/Lambda`:
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sereno.local import xray
from sereno.local.children import Children
from sereno.local.environment import Config, Environment
from sereno.local.runtime_api import Invocation, failure
from sereno.local.seams import LogSink, Put, no_logs, no_metrics
from sereno.local.web import Handler, Server

# A process each: past this many, an invocation waits for the machine where Lambda would start another.
PROCESSES = max(4, 2 * (os.cpu_count() or 1))


@dataclass(frozen=True, slots=True)
class Result:
    """What Invoke answers. `throttled` means that nothing ran."""

    payload: bytes
    failed: bool = False
    throttled: bool = False
    milliseconds: float = 0.0


THROTTLED = Result(failure("TooManyRequestsException", "Rate Exceeded."), failed=True, throttled=True)


class Function:
    """One function: its idle environments and what runs."""

    def __init__(self, children: Children, config: Config, put: Put, log: LogSink) -> None:
        self.config = config
        self._children = children
        self._put = put
        self._log = log
        self._lock = threading.Lock()
        self._machine = threading.Semaphore(PROCESSES)
        self._running = 0
        self._idle: list[Environment] = []
        self._all: set[Environment] = set()
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether one more invocation would be throttled."""
        most = 0 if self._closed else self.config.reserved
        return most is not None and self._running >= most

    def invoke(self, event: bytes, *, request_id: str = "", trace: str = "") -> Result:
        """Runs the handler on an event and waits for its answer."""
        with self._lock:
            throttled = self.busy
            self._running += not throttled
            running = self._running
        if throttled:
            self._metrics(Throttles=1)
            return THROTTLED
        try:
            with self._machine:
                result = self._run(event, request_id or str(uuid.uuid4()), trace or xray.sampled())
        finally:
            with self._lock:
                self._running -= 1
        self._metrics(
            Invocations=1,
            Errors=int(result.failed),
            Throttles=0,
            Duration=result.milliseconds,
            ConcurrentExecutions=running,
        )
        return result

    def configure(self, **changes: Any) -> None:
        """Changes members of the config, as a deployment would: the next invocation starts cold."""
        self.config = replace(self.config, **changes)
        with self._lock:
            retired, self._idle = self._idle, []
        for environment in retired:
            self._drop(environment)

    def close(self) -> None:
        """Ends every environment, whatever it is at; later invocations are throttled."""
        with self._lock:
            self._closed = True
        for environment in self._all.copy():
            self._drop(environment)

    def _run(self, event: bytes, request_id: str, trace: str) -> Result:
        environment = self._take()
        cold = not environment.ready
        refused = environment.initialise() if cold else None
        started = time.time()
        self._say(f"START RequestId: {request_id} Version: $LATEST")
        deadline = started + environment.config.timeout
        outcome = refused or environment.invoke(
            Invocation(request_id, event, self.config.arn, trace, deadline)
        )
        milliseconds = (time.time() - started) * 1000
        self._say(f"END RequestId: {request_id}")
        self._say(_report_line(request_id, milliseconds, environment.init_seconds * 1000 if cold else None))
        self._give_back(environment)
        return Result(outcome.payload, outcome.failed, milliseconds=milliseconds)

    def _take(self) -> Environment:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            environment = Environment(self._children, self.config, self._say)
            self._all.add(environment)
        return environment

    def _give_back(self, environment: Environment) -> None:
        with self._lock:
            keep = environment.alive and environment.config is self.config and not self._closed
            if keep:
                self._idle.append(environment)
        if not keep:
            self._drop(environment)

    def _drop(self, environment: Environment) -> None:
        environment.close()
        self._all.discard(environment)

    def _say(self, line: str) -> None:
        self._log(self.config.name, line, time.time())

    def _metrics(self, **values: float) -> None:
        for name, value in values.items():
            unit = "Milliseconds" if name == "Duration" else "Count"
            self._put("AWS/Lambda", name, {"FunctionName": self.config.name}, [float(value)], unit=unit)


class Runtime:
    """The functions by name, and an HTTP endpoint for the emulator's Lambda to run them."""

    def __init__(self, children: Children, put: Put = no_metrics, log: LogSink = no_logs) -> None:
        self.functions: dict[str, Function] = {}
        self._children = children
        self._put = put
        self._log = log
        self._server = _Endpoint(self.functions)
        self._server.begin()

    def add(self, config: Config) -> Function:
        function = Function(self._children, config, self._put, self._log)
        self.functions[config.name] = function
        return function

    def url(self, name: str) -> str:
        """Where an event POSTed invokes the function."""
        return f"http://{self._server.address}/{name}"

    def close(self) -> None:
        self._server.close()
        for function in self.functions.values():
            function.close()


class _Endpoint(Server):
    def __init__(self, functions: Mapping[str, Function]) -> None:
        super().__init__(_Invoke)
        self.functions = functions


class _Invoke(Handler):
    server: _Endpoint

    def respond(self) -> None:
        event = self.body()
        function = self.server.functions.get(self.path[1:])
        if function is None:
            return super().respond()
        request_id = self.headers.get("X-Amzn-Lambda-Request-Id", "")
        result = function.invoke(event, request_id=request_id, trace=_trace_of(event))
        return self.answer(429 if result.throttled else 500 if result.failed else 200, result.payload)


def _trace_of(event: bytes) -> str:
    """The trace a gateway's event belongs to: the emulator passes it on in the event alone."""
    parsed = json.loads(event)
    headers = parsed.get("headers") if isinstance(parsed, dict) else None
    found = headers.get(xray.HEADER) if isinstance(headers, dict) else None
    return found if xray.is_header(found) else ""


def _report_line(request_id: str, milliseconds: float, init: float | None) -> str:
    start = "" if init is None else f"\tInit Duration: {init:.2f} ms"
    return f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms{start}"
