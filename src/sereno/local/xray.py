"""The trace header of AWS X-Ray: `Root=1-<8 hex>-<24 hex>`, then perhaps `;Parent=...;Sampled=...`.

https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
"""

from __future__ import annotations

import re
import time
import uuid
from typing import Final, TypeGuard

HEADER: Final = "x-amzn-trace-id"
_MEMBERS: Final = r"(;[A-Za-z]{1,32}=[\w:?-]{0,128}){0,8}"
_FORM: Final = re.compile(r"Root=1-[\da-fA-F]{8}-[\da-fA-F]{24}" + _MEMBERS, re.ASCII)


def is_header(text: object) -> TypeGuard[str]:
    """Whether a caller's header has AWS's form; anything else starts a new trace."""
    return isinstance(text, str) and _FORM.fullmatch(text) is not None


def root() -> str:
    """A new trace, as a gateway begins one."""
    return f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"


def sampled() -> str:
    """A new trace that is recorded, as Lambda begins one."""
    return f"{root()};Parent={uuid.uuid4().hex[:16]};Sampled=1"
