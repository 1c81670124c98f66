"""Work on many things on two processors: the second half in a forked child, the first here.

Only where a fork is safe and pays: a thousand SLOs from files, in a process with one thread. If the
child dies, its half is done here, so that the outcome is the same, only later.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

ENOUGH: Final = 200  # below it a fork costs more than it saves


def in_halves(work: Callable[[Sequence[Item]], Result], items: Sequence[Item]) -> list[Result]:
    """What `work` makes of the items, in one piece or two. Its result must be picklable."""
    if len(items) < ENOUGH or not _two_processors():
        return [work(items)]
    middle = len(items) * 11 // 20  # the child's part is smaller: it has its result to hand over
    reader, child = _fork(lambda: work(items[middle:]))
    first = work(items[:middle])
    with os.fdopen(reader, "rb") as pipe:
        written = pipe.read()
    _, status = os.waitpid(child, 0)
    # The bytes are our own child's, through a pipe nobody else has.
    return [first, pickle.loads(written) if status == 0 else work(items[middle:])]  # noqa: S301


def _two_processors() -> bool:
    """Linux alone: macOS's frameworks do not bear a fork without an exec."""
    return sys.platform == "linux" and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1


def _fork(work: Callable[[], object]) -> tuple[int, int]:
    """The end to read the child's pickled result from, and its process id."""
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        return reader, child
    status = 1
    try:
        os.close(reader)
        with os.fdopen(writer, "wb") as pipe:
            pickle.dump(work(), pipe, pickle.HIGHEST_PROTOCOL)
        status = 0
    finally:
        os._exit(status)  # neither this process's buffers nor its exit handlers are the child's to run
