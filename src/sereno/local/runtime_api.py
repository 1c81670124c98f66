"""The Lambda Runtime API: what an execution environment's runtime client talks to.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
One server an environment, since the client takes a host and a port and nothing else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Literal

from sereno.local.web import Handler, Server

RESPONSE_LIMIT = 6 * 1024 * 1024 + 100  # bytes, as Lambda counts them
_PATH = "/2018-06-01/runtime/"


@dataclass(frozen=True, slots=True)
class Invocation:
    """One event on its way into an environment; `deadline` in epoch seconds."""

    request_id: str
    event: bytes
    arn: str
    trace: str
    deadline: float


@dataclass(frozen=True, slots=True)
class Report:
    """What an environment said, or what became of its process (`exit`, told by its keeper)."""

    kind: Literal["ready", "response", "error", "init-error", "exit"]
    request_id: str = ""
    body: bytes = b""


def failure(kind: str, message: str) -> bytes:
    """An error in the form runtimes report theirs."""
    return json.dumps({"errorMessage": message, "errorType": kind}).encode()


class RuntimeApi(Server):
    """Hands out what is put into `invocations`, one at a time, and reports into `reports`."""

    def __init__(self) -> None:
        super().__init__(_Client)
        self.invocations: SimpleQueue[Invocation | None] = SimpleQueue()  # None: no more will come
        self.reports: SimpleQueue[Report] = SimpleQueue()


class _Client(Handler):
    server: RuntimeApi

    def respond(self) -> None:
        match self.command, self.path.removeprefix(_PATH).split("/"):
            case "GET", ["invocation", "next"]:
                self._next()
            case "POST", ["invocation", request_id, "response"]:
                self._take(_response(request_id, self.body()))
            case "POST", ["invocation", request_id, "error"]:
                self._take(Report("error", request_id, self.body()))
            case "POST", ["init", "error"]:
                self._take(Report("init-error", body=self.body()))
            case _:
                super().respond()

    def _next(self) -> None:
        self.server.reports.put(Report("ready"))
        invocation = self.server.invocations.get()
        if invocation is None:
            self.close_connection = True
        else:
            self.answer(200, invocation.event, _headers(invocation))

    def _take(self, report: Report) -> None:
        self.answer(202, b'{"status":"OK"}', [("Content-Type", "application/json")])
        self.wfile.flush()
        self.server.reports.put(report)


def _headers(invocation: Invocation) -> list[tuple[str, str]]:
    return [
        ("Content-Type", "application/json"),
        ("Lambda-Runtime-Aws-Request-Id", invocation.request_id),
        ("Lambda-Runtime-Deadline-Ms", str(int(invocation.deadline * 1000))),
        ("Lambda-Runtime-Invoked-Function-Arn", invocation.arn),
        ("Lambda-Runtime-Trace-Id", invocation.trace),
    ]


def _response(request_id: str, body: bytes) -> Report:
    if len(body) <= RESPONSE_LIMIT:
        return Report("response", request_id, body)
    words = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
    return Report("error", request_id, failure("Function.ResponseSizeTooLarge", words))
