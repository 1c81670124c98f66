"""What may be a message_id. POST mints UUIDs; another publisher may choose its own; all are read alike."""

from __future__ import annotations

import re
from typing import Final

ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
