"""Takes with it what a stack left behind: run as a script by `children.py`, never imported.

It leads the process group every child of the stack joins, and reads a pipe whose other end
only the stack's process holds. `done` on it: the stack closed in order. End of file without
it: the stack died, however that happened, so the group is ended and the paths are removed.
(PR_SET_PDEATHSIG would be Linux only, and fires when the *thread* that forked ends.)

Standard library only: it starts with `python -I -S`, in a few milliseconds.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path

GRACE = 3.0  # seconds for an orderly end, before SIGKILL


def gone(group: int) -> bool:
    """Whether a process group has no member (macOS answers EPERM for one of zombies)."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return True
    return False


def send(group: int, *signals: signal.Signals) -> None:
    for each in signals:
        if not gone(group):
            os.killpg(group, each)


def wait(group: int, seconds: float) -> bool:
    """Whether the group went within the time."""
    end = time.monotonic() + seconds
    while not gone(group):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def sweep(group: int, paths: list[str]) -> None:
    """Ends the group and removes the paths."""
    # PostgreSQL waits for its clients on SIGTERM and drops them on SIGINT; Python ends on either.
    send(group, signal.SIGTERM, signal.SIGINT)
    if not wait(group, GRACE):
        send(group, signal.SIGKILL)
        wait(group, 1.0)
    for path in paths:
        shutil.rmtree(path) if Path(path).is_dir() else Path(path).unlink(missing_ok=True)


def main(paths: list[str]) -> None:
    group = os.getpid()
    if sys.stdin.buffer.read() == b"done" or os.fork():
        return
    os.setsid()  # out of the group that is about to be ended
    sweep(group, paths)


if __name__ == "__main__":
    main(sys.argv[1:])
