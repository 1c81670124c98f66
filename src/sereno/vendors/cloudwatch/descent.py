"""Recursive descent on a stack of its own: the depth of a text is bounded by its length alone. Pure."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

Step = Generator["Step", Any, Any]  # yields the readers of what is inside, is sent what those have read


def descend(first: Step) -> Any:
    """What the first reader returns. A fault of one inside ends the whole."""
    waiting = [first]
    read: Any = None
    while waiting:
        try:
            waiting.append(waiting[-1].send(read))
            read = None
        except StopIteration as done:
            waiting.pop()
            read = done.value
    return read
