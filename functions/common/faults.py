"""Whose fault a failed statement is."""

from __future__ import annotations


class Unavailable(Exception):
    """No answer to be had now; the same statement may succeed later.

    `reason` is an SQLSTATE or a word. `detail` is libpq's account of a failed connection, for the
    log; of a failed statement there is none, since that might quote a row.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


class Refused(Exception):
    """The server will never take this data: SQLSTATE class 22 (data exception) or 23 (integrity)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
