"""Work that may hang, kept away from who cannot wait: one thread, one question at a time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Errand(Generic[T]):
    """Asks again and again; an answer that is late is dropped, and nobody asks while one is awaited."""

    def __init__(self, ask: Callable[[], T], patience: float, name: str) -> None:
        self._ask = ask
        self._patience = patience  # seconds
        self._thread = ThreadPoolExecutor(1, name)
        self._asked: Future[T] | None = None

    def __call__(self) -> T | None:
        """The answer; None when there is none in time."""
        if self._asked is not None and not self._asked.done():
            return None
        self._asked = self._thread.submit(self._ask)
        try:
            return self._asked.result(self._patience)
        except TimeoutError:
            return None

    def close(self, last: Callable[[], None] = lambda: None) -> None:
        """Asks no more; `last` runs in the thread, after what it is at."""
        self._thread.submit(last)
        self._thread.shutdown(wait=False)
