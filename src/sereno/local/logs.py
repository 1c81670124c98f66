"""What the functions wrote, as CloudWatch Logs would show it: the newest lines of each."""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import dataclass

from sereno.local.seams import LogSink

KEPT = 500  # lines of a function
LONGEST = 4_000  # characters of a line; the rest is left out
# What would push out what is to be read: metrics, which are shown as such, and Lambda's own marks.
_METRICS = '"_aws"'
_MARKS = ("START RequestId", "END RequestId")


@dataclass(frozen=True, slots=True)
class Line:
    """`level` and `message` are a JSON line's own; of any other line the level is empty."""

    function: str
    wall: float  # epoch seconds
    level: str
    message: str
    text: str  # the whole line


class Logs:
    """A `LogSink`: keeps lines and passes each on. Safe from any thread.

    Nothing is taken out of a line: that it holds no secret and no address is its function's logger's doing.
    """

    def __init__(self, then: LogSink) -> None:
        self._then = then
        self._kept: dict[str, deque[Line]] = {}
        self._lock = threading.Lock()

    def __call__(self, function: str, line: str, wall: float) -> None:
        if line.strip() and _METRICS not in line and not line.startswith(_MARKS):
            with self._lock:
                self._kept.setdefault(function, deque(maxlen=KEPT)).append(read(function, line, wall))
        self._then(function, line, wall)

    def functions(self) -> list[str]:
        """Those that wrote something, by name."""
        with self._lock:
            return sorted(self._kept)

    def find(self, function: str = "", text: str = "") -> list[Line]:
        """The lines of a function, or of all, that hold the text in whatever case; the newest first."""
        with self._lock:
            lines = [line for name, kept in self._kept.items() if function in ("", name) for line in kept]
        wanted = text.casefold()
        return sorted((x for x in lines if wanted in x.text.casefold()), key=lambda x: -x.wall)


def read(function: str, line: str, wall: float) -> Line:
    """A line as it came, with what its JSON says of level and message."""
    text = line[:LONGEST]
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return Line(function, wall, "", text, text)
    if not isinstance(said, dict) or "message" not in said:
        return Line(function, wall, "", text, text)
    return Line(function, wall, str(said.get("level", "")), str(said["message"])[:LONGEST], text)
