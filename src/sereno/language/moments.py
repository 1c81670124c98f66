"""A moment as a person writes it, as epoch seconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime


def epoch(text: str) -> int | None:
    """Of `1767225600`, `2026-01-01`, `2026-01-01T00:00:00Z`, `...+02:00`; None: none of them.

    Without a zone it is UTC; fractions of a second are dropped.
    """
    if re.fullmatch(r"[0-9]+", text):
        return int(text) if len(text) < 12 else None  # `fromisoformat` would read milliseconds as a date
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() // 1)
    except (ValueError, OverflowError):
        return None
