"""Ctrl-C: one sentence and exit code 130, at once, or after what a block has begun was put in order.

An exception in the middle of anything is no way to end at once: pydantic takes it for a value that does not
fit, and a callback of the interpreter's swallows it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from sereno.errors import Interrupted

CODE: Final = Interrupted.exit_code
SENTENCE: Final = "sereno: interrupted\n"


@contextmanager
def at_once() -> Iterator[None]:
    """In the block Ctrl-C ends the process where it is: for work that leaves nothing behind."""
    this = os.getpid()

    def end(_number: int, _frame: FrameType | None) -> None:
        if os.getpid() == this:  # and not a fork, which the terminal tells too
            os.write(2, SENTENCE.encode())
        os._exit(CODE)

    with _handled(end):
        yield


@contextmanager
def unwound() -> Iterator[None]:
    """In the block it raises KeyboardInterrupt: for work that has to be put in order, or told of."""
    with _handled(signal.default_int_handler):
        yield


@contextmanager
def _handled(by: Callable[[int, FrameType | None], Any]) -> Iterator[None]:
    """Only the main thread may set it, and only there it is raised."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, by)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
