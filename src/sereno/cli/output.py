"""Output, or a sentence that says why it cannot be written: a full disk, a closed descriptor."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sereno import whole
from sereno.errors import Unable


class Unwritten(Unable):
    """Nothing more reaches standard output."""


class Output(io.TextIOWrapper):
    """Takes the place of `sys.stdout`; raises `Unwritten` where that raises OSError."""

    def write(self, text: str) -> int:
        with _told():
            return super().write(text)

    def flush(self) -> None:
        with _told():
            super().flush()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise Unwritten("") from None  # whoever read it, as `head` does, has read enough
    except OSError as error:
        raise Unwritten(f"standard output cannot be written: {error.strerror}") from error


def take() -> None:
    """Puts `Output` in the place of the process's standard output. Unwritten where there is none.

    What somebody else has put there, as a test that captures it, is left alone.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115  # as long as the process
    if sys.stdout is None:
        raise Unwritten("standard output is closed; give it a file, a terminal or /dev/null")
    if sys.stdout is sys.__stdout__ and isinstance(sys.stdout, io.TextIOWrapper):
        old, buffered = sys.stdout, sys.stdout.line_buffering
        # Files and pipes get UTF-8, as JSON and YAML are; a terminal that knows less, signs that it knows.
        encoding, errors = (old.encoding, "backslashreplace") if old.isatty() else ("utf-8", old.errors)
        sys.stdout = Output(old.detach(), encoding, errors, line_buffering=buffered)


def drop() -> None:
    """Lets go of what could not be written, which the interpreter would try once more at its end."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def save(path: Path, text: str) -> None:
    """A file, whole or as it was, in a folder that is made. Raises `Unable` where it cannot be written."""
    try:
        whole.write(path, text)
    except OSError as error:
        raise Unable(f"{path} cannot be written: {error.strerror}") from error
