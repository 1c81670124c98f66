"""What is an answer of Datadog's, and what is none: nothing else is taken for an empty list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

from sereno.errors import Unable

Item = Mapping[str, Any]


class Refused(Unable):
    """The vendor's no to one call: its HTTP status, and its own words."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Nonsense(Unable):
    """An answer that is none of Datadog's: a proxy's page, half an answer, another API."""

    def __init__(self, method: str, path: str, what: str) -> None:
        super().__init__(f"{method} {path}: {what}; is this Datadog, and the right site (DD_SITE)?")


def each_page(path: str, page: Callable[[int], Any], identity: str = "id") -> Iterator[Item]:
    """The items of each page by its number, until one is empty. A page without anything new is no answer."""
    seen: set[str] = set()
    for number in count():
        found = objects("GET", path, page(number))
        ids = {str(item.get(identity)) for item in found}
        if not found:
            return
        if "None" in ids or ids <= seen:
            raise Nonsense("GET", path, "an item has no id" if "None" in ids else "the same page comes again")
        seen |= ids
        yield from found


def objects(method: str, path: str, found: Any) -> list[Item]:
    """A list of objects: nothing else is taken for an empty one."""
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise Nonsense(method, path, "the answer holds no list of what was asked for")
    return found


def cursor(answer: Item) -> str:
    """Of the next page; empty after the last."""
    meta = answer.get("meta")
    page = meta.get("page") if isinstance(meta, dict) else None
    return str(page.get("after") or "") if isinstance(page, dict) else ""
