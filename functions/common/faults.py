"""Whose fault a failed statement is."""

from __future__ import annotations


class Unavailable(Exception):
    """No answer to be had now; the same statement may succeed later. `reason`: an SQLSTATE or a word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(Exception):
    """The server will never take this data: SQLSTATE class 22 (data exception) or 23 (integrity)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
