"""From API Gateway's event (payload 2.0) to what was asked.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from api import problems
from api.problems import Problem

LIST: Final = "GET /users"
ONE: Final = "GET /users/{id}"
POST: Final = "POST /users"

_METHODS: Final = {"/users": ("GET", "POST"), "/users/{id}": ("GET",)}
_ONE = re.compile(r"/users/([^/]+)")


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived: names of headers in lower case, the body as text, perhaps base64."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    base64: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A route of the API and the id its path names."""

    route: str
    id: str = ""


def request(event: Mapping[str, Any]) -> Request:
    """The request in an event. A stage with a name of its own stands before the path."""
    context = event["requestContext"]
    stage = context.get("stage", "$default")
    return Request(
        method=context["http"]["method"],
        path=event["rawPath"].removeprefix("" if stage == "$default" else f"/{stage}"),
        query=event.get("queryStringParameters") or {},
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        body=event.get("body") or "",
        base64=bool(event.get("isBase64Encoded")),
    )


def match(asked: Request) -> Match | Problem:
    """The route of a request, or why there is none."""
    one = _ONE.fullmatch(asked.path)
    template = "/users/{id}" if one else asked.path
    allowed = _METHODS.get(template, ())
    if asked.method not in allowed:
        return problems.no_route(bool(allowed), allowed)
    return Match(f"{asked.method} {template}", one[1] if one else "")
