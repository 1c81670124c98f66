"""Files that are whole or as they were: an interrupted command leaves no half of one."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path


def write(path: Path, data: str | bytes) -> None:
    """Writes beside the file, then puts that in its place, with the same permissions; makes the folder.

    Raises OSError. What is no plain file, as /dev/stdout, is written to as it is.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(_bytes(data))
        return
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{target.name}.{os.getpid()}")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # it may end the process at once
    try:
        half.write_bytes(_bytes(data))
        if target.exists():
            shutil.copymode(target, half)
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data
