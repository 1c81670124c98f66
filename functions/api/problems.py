"""What the API answers when it does not do what was asked: RFC 9457 problem details.

https://www.rfc-editor.org/rfc/rfc9457
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

RETRY_AFTER_SECONDS = 5  # a throttled topic recovers sooner, a restarting database a little later


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a request. `pointer` is a JSON Pointer into the body, or the query's `?name`."""

    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal. `kind` is the last word of the problem's type, by which a program tells it."""

    status: int
    kind: str
    title: str
    detail: str
    faults: tuple[Fault, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The problem details; `errors` only where something was wrong in a place."""
        said = {
            "type": f"urn:sereno:problem:{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        errors = [{"pointer": fault.pointer, "detail": fault.detail} for fault in self.faults]
        return said | ({"errors": errors} if errors else {})


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked, as JSON."""

    status: int
    content: Mapping[str, Any]


def gateway(answer: Answer | Problem) -> dict[str, Any]:
    """The response in API Gateway's form (payload 2.0). Users' data is nothing for a cache."""
    if isinstance(answer, Answer):
        content, kind, headers = answer.content, "application/json", {}
    else:
        content, kind, headers = answer.body(), "application/problem+json", dict(answer.headers)
    return {
        "statusCode": answer.status,
        "headers": {"content-type": kind, "cache-control": "no-store"} | headers,
        "body": json.dumps(content),
    }


def no_route(path_known: bool, allowed: tuple[str, ...]) -> Problem:
    """404 for a path, 405 for a method, that the API does not have."""
    if not path_known:
        return Problem(404, "no-such-path", "Not found", "The API has /users and /users/{id}.")
    return Problem(
        405,
        "no-such-method",
        "Method not allowed",
        f"This path takes {' and '.join(allowed)}.",
        headers={"allow": ", ".join(allowed)},
    )


def no_user() -> Problem:
    """404: no row of that id, at least not yet."""
    return Problem(
        404, "no-such-user", "Not found", "No user has this id. One just posted is stored within seconds."
    )


def bad_query(faults: tuple[Fault, ...]) -> Problem:
    return Problem(400, "invalid-query", "Invalid query", "The query of GET /users is not valid.", faults)


def not_json(detail: str) -> Problem:
    return Problem(400, "invalid-json", "Invalid JSON", detail)


def too_large(most: int) -> Problem:
    return Problem(413, "too-large", "Body too large", f"The body may have at most {most} bytes.")


def wrong_type() -> Problem:
    return Problem(
        415,
        "unsupported-media-type",
        "Unsupported media type",
        "Send the body as content-type: application/json, in UTF-8.",
        headers={"accept": "application/json"},
    )


def bad_user(faults: tuple[Fault, ...]) -> Problem:
    return Problem(
        422, "invalid-user", "Invalid user", 'The body must be {"name": ..., "email": ...}.', faults
    )


def unavailable(what: str) -> Problem:
    """503: nothing is promised, and the same request may succeed soon."""
    return Problem(
        503,
        "unavailable",
        "Unavailable",
        f"{what} Try again.",
        headers={"retry-after": str(RETRY_AFTER_SECONDS)},
    )
