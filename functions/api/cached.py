"""GETs through the cache: what may be in it, and why it is never older than is said here.

The law:
  1. Only what the database gave is kept. No absence and no failure is: the canary, and whoever has just
     posted, asks for a user until it is there.
  2. One user is kept for CACHE_USER_SECONDS. A stored row never changes, so it is as stored; a canary's
     row, which is deleted after a while, is not kept.
  3. A page is shown only under the epoch it was read under, and an epoch is known before the database is
     asked. The subscriber ends the epoch once its rows can be read, so a page shown has every row whose
     epoch was ended before; whatever fill is late, it is late for an epoch that never comes back.
  4. Where that message is lost (a cache out of reach, a subscriber that ends between the two, a read
     replica that lags), a page is at most CACHE_PAGE_SECONDS old: counted from before the database was
     asked until the value was sent.
"""

from __future__ import annotations

import functools
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from api import pages
from api.pages import Asked
from api.problems import Answer, Problem
from common import caching, epoch, settings
from common.caching import PAUSED
from common.faults import Unavailable
from telemetry import signals
from telemetry.invocation import Invocation

if TYPE_CHECKING:
    from common.cache import Cache

T = TypeVar("T")

_NO_EPOCH: Final = "-"  # a user is not a list
_FORM: Final = 1  # of a value; another when an older or newer version must not read it


@dataclass(frozen=True, slots=True)
class Read:
    """What the database said, and whether it may be kept."""

    answer: Answer | Problem
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """What the cache said: the content, or under which epoch the database is now asked, and since when."""

    key: str
    epoch: str
    since: float
    content: Mapping[str, Any] | None = None


@functools.cache
def cache() -> Cache | None:
    """The environment's; None where it is off."""
    return caching.cache(os.environ)


def through(asked: Asked | str, run: Invocation, read: Callable[[], Read]) -> Answer | Problem:
    """The answer from the cache, or from the database and then kept. Raises what `read` raises, no more."""
    store = cache()
    if store is None:
        return read().answer
    looked = _tried(lambda: look(store, asked), "GET", run)
    _count(looked, run)
    if looked is not None and looked.content is not None:
        return Answer(200, looked.content)
    found = read()
    if looked is not None and found.keep and isinstance(found.answer, Answer):
        content, seconds = found.answer.content, _seconds(asked)
        if not _tried(lambda: keep(store, looked, content, seconds), "SET", run):
            run.metrics.add(signals.CACHE_UNAVAILABLE, 1)
    return found.answer


def _count(looked: Looked | None, run: Invocation) -> None:
    hit = looked is not None and looked.content is not None
    run.metrics.add(signals.CACHE_HITS, int(hit))
    run.metrics.add(signals.CACHE_MISSES, int(looked is not None and not hit))
    run.metrics.add(signals.CACHE_UNAVAILABLE, int(looked is None))


def look(store: Cache, asked: Asked | str) -> Looked:
    """What the cache has. Raises `Unavailable`."""
    key, since = _key(asked), time.monotonic()
    if isinstance(asked, str):
        (value,) = store.read(key)
        return Looked(key, _NO_EPOCH, since, opened(value, _NO_EPOCH))
    now, value = store.read(epoch.KEY, key)
    if now is None:
        return Looked(key, epoch.settled(store), since)
    return Looked(key, now, since, opened(value, now))


def keep(store: Cache, looked: Looked, content: Mapping[str, Any], seconds: float) -> bool:
    """Puts what the database said, for what is left of its time; True. Raises `Unavailable`."""
    left = int((seconds - (time.monotonic() - looked.since)) * 1000)
    if left > 0:
        store.write(looked.key, f"{looked.epoch}\n{json.dumps(content)}", left)
    return True


def opened(value: str | None, now: str) -> Mapping[str, Any] | None:
    """The content of a value, if it is of this epoch and is one of ours."""
    before, _, text = (value or "").partition("\n")
    if before != now:
        return None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _key(asked: Asked | str) -> str:
    """Where an answer stands. Both are bounded: an id by its pattern, a page by what a token may hold."""
    if isinstance(asked, str):
        return f"users:{_FORM}:one:{asked}"
    below = pages.token(asked.after) if asked.after else ""
    return f"users:{{pages}}:{_FORM}:{asked.limit}:{below}"


def _seconds(asked: Asked | str) -> float:
    name = "CACHE_USER_SECONDS" if isinstance(asked, str) else "CACHE_PAGE_SECONDS"
    return settings.number(os.environ, name)


def _tried(question: Callable[[], T], name: str, run: Invocation) -> T | None:
    """What it gives; None where the cache does not answer, which is logged when it was really asked."""
    with run.child(f"{name} cache", "CLIENT", {"db.system.name": "valkey"}) as span:
        try:
            return question()
        except Unavailable as error:
            span.fail(error.reason)
            if error.reason != PAUSED:
                run.log.warning("The cache did not answer", reason=error.reason)
            return None
