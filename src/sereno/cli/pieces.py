"""A CSV, `.csv.gz` or Parquet file as pieces of CSV, so that memory is bounded however large the file is.

Each piece has the header. It also has the first line of the next one, so that the length of its last
interval is known; that line is no part of it unless it is the last piece.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from sereno.errors import Unable
from sereno.report import packed

PIECE: Final = 1 << 23  # bytes; the slow reader of odd files needs twenty times as many
LINE: Final = 1 << 16  # bytes of a line, at most
ROWS: Final = 1 << 17  # of Parquet at once
MAGIC: Final = b"PAR1"


@dataclass(frozen=True, slots=True)
class Piece:
    text: bytes
    before: int  # lines between the header and its first line
    last: bool


def pieces(path: Path) -> Iterator[Piece]:
    """Raises `Unable` for what cannot be read."""
    try:
        yield from _cut(_blocks(path))
    except packed.NotPackedError:
        raise Unable(f"{path} cannot be read: {packed.WRONG}; {packed.WAY_OUT}") from None
    except OSError as error:
        raise Unable(f"{path} cannot be read: {error.strerror or error}") from error


def _blocks(path: Path) -> Iterator[bytes]:
    """The header, then whole lines. What a file is, its first bytes say; of an empty one, its name."""
    with path.open("rb") as file:
        first = file.read(len(MAGIC))
        file.seek(0)
        if first == MAGIC:
            yield from _of_parquet(path)
        elif first.startswith(packed.MAGIC) or path.suffix == packed.ENDING:
            with packed.opened(file) as unpacked:
                yield from _of_csv(unpacked)
        else:
            yield from _of_csv(file)


def _cut(blocks: Iterator[bytes]) -> Iterator[Piece]:
    """`blocks` are the header, then whole lines."""
    header, lines, before = next(blocks, b""), next(blocks, b""), 0
    for block in blocks:
        newest = lines.rfind(b"\n", 0, len(lines.rstrip())) + 1
        yield Piece(header + lines, before, last=False)
        before += lines.count(b"\n", 0, newest)
        lines = lines[newest:] + block
    yield Piece(header + lines, before, last=True)


def _of_csv(file: BinaryIO) -> Iterator[bytes]:
    yield file.readline(LINE)
    while block := file.read(PIECE):
        block += file.readline(LINE)
        yield block.replace(b"\r\n", b"\n")
        if not block.endswith(b"\n"):  # the last line, or one so long that it is none
            return


def _of_parquet(path: Path) -> Iterator[bytes]:
    try:
        arrow, arrow_csv, parquet = map(
            importlib.import_module, ("pyarrow", "pyarrow.csv", "pyarrow.parquet")
        )
    except ImportError:
        raise Unable(f"{path} is Parquet, which needs pyarrow: install it, or give a CSV file") from None
    try:
        with parquet.ParquetFile(path) as file:
            yield (",".join(file.schema_arrow.names) + "\n").encode()
            for batch in file.iter_batches(ROWS):
                out = io.BytesIO()
                arrow_csv.write_csv(batch, out, arrow_csv.WriteOptions(include_header=False))
                yield out.getvalue()
    except arrow.ArrowInvalid as error:
        raise Unable(f"{path} is no sound Parquet file: {error}") from error
