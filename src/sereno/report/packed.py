"""What gzip has compressed, opened: a folder of a report's files may have some, and a backtest's history."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final, cast

ENDING: Final = ".gz"
MAGIC: Final = b"\x1f\x8b"  # what it begins with, https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1
WRONG: Final = "it is no gzip file, or ends too early"
WAY_OUT: Final = "compress it again, or write the plain `.csv`"


class NotPackedError(Exception):
    """It is no gzip file, or ends too early. Nothing at all is none either."""


@contextmanager
def opened(file: BinaryIO) -> Iterator[BinaryIO]:
    """What is in it, to be read within; raises NotPackedError there for what is wrong with it."""
    if not file.read(1):
        raise NotPackedError
    file.seek(0)
    try:
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield cast(BinaryIO, unpacked)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise NotPackedError from None
