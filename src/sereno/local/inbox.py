"""Who would have been told, and of what: `topics.py` and `monitor_api.py` bring it.

A message is kept once, however often it arrives, by the id of who brings it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

KEPT = 10_000  # notifications


@dataclass(frozen=True, slots=True)
class Notification:
    """What a receiver got. `alarm` and `state` are empty where a message is no alarm's (a test page)."""

    receiver: str
    alarm: str
    state: str
    at: float  # metric time, epoch seconds
    reason: str  # the message itself where it is no alarm's
    runbook: str  # a name of System.runbooks; empty: the description links none
    description: str


class Inbox:
    """Safe from any thread. `runbooks`: the name of each by its URL, by which a text is known to mean it."""

    def __init__(self, runbooks: Mapping[str, str]) -> None:
        self._runbooks = runbooks
        self._kept: deque[Notification] = deque(maxlen=KEPT)
        self._ids: deque[str] = deque(maxlen=KEPT)
        self._news = threading.Condition()

    def all(self) -> tuple[Notification, ...]:
        """Everything kept, as it arrived."""
        with self._news:
            return tuple(self._kept)

    def wait_for(self, wanted: Callable[[Notification], bool], timeout: float) -> Notification | None:
        """The first that is wanted, of those kept or to come; None when none comes in time."""

        def found() -> Notification | None:
            return next((notification for notification in self._kept if wanted(notification)), None)

        with self._news:
            return self._news.wait_for(found, timeout)

    def keep(self, id_: str, notifications: Sequence[Notification]) -> None:
        """What one message brought, the first time it arrives."""
        with self._news:
            if id_ not in self._ids:
                self._ids.append(id_)
                self._kept.extend(notifications)
                self._news.notify_all()

    def runbook(self, text: str) -> str:
        """Which is linked; of several URLs that are there the longest, for one may begin as another does."""
        linked = [url for url in self._runbooks if url in text]
        return self._runbooks[max(linked, key=len)] if linked else ""
