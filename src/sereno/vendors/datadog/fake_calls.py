"""What a call to the fake is, what it is answered, and what every kind of thing in it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from sereno.vendors.datadog.fake_rules import Refused

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered: status, JSON, headers."""

    status: int
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked: the method, the id in the path (if any), the query, the JSON."""

    method: str
    id: str
    query: Mapping[str, str]
    body: Any


def held(of: Mapping[Any, Body], key: Any, words: str) -> Body:
    """What has that id. Raises `Refused` (404) with these words."""
    if key not in of:
        raise Refused(404, words)
    return of[key]


def refuse(errors: Iterator[str]) -> None:
    """Raises `Refused` if there are any."""
    found = tuple(errors)
    if found:
        raise Refused(400, *found)


def turned(body: Body) -> Body:
    """A copy, with tags the other way round: their order means nothing."""
    copy = deepcopy(body)
    copy["tags"] = copy.get("tags", [])[::-1]
    return copy
