"""A moment as a person writes it, as epoch seconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import Final

# Digits that are a date of 1900 to 2100, and a moment of August 1970: nobody means that.
_DATE: Final = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")


def epoch(text: str, zone: tzinfo = UTC) -> int | None:
    """Of `1767225600`, `2026-01-01`, `2026-01-01T00:00:00Z`, `...+02:00`; None: none of them.

    Without a zone it is in `zone`; fractions of a second are dropped. A date without dashes, `20260101`, is
    none of them: as seconds it would silently be 1970.
    """
    if re.fullmatch(r"[0-9]+", text):
        # `fromisoformat` would read milliseconds as a date.
        return int(text) if len(text) < 12 and not _DATE.fullmatch(text) else None
    try:
        # RFC 3339, section 5.6: `z` may stand for `Z`.
        moment = datetime.fromisoformat(text[:-1] + "Z" if text.endswith("z") else text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp() // 1)
    except (ValueError, OverflowError):
        return None
