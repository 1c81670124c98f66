"""Where processes listen, as Linux tells it in /proc."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterable
from pathlib import Path

_LISTEN = "0A"
_PROC = Path("/proc")


def listening(pids: Iterable[int]) -> set[tuple[str, int]]:
    """(address, port) of each TCP socket on which one of the processes takes connections."""
    inodes = {inode for pid in pids for inode in _sockets(pid)}
    rows = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in (_PROC / "net" / name).read_text().splitlines()[1:]
    ]
    return {_address(row[1]) for row in rows if row[3] == _LISTEN and row[9] in inodes}


def _sockets(pid: int) -> list[str]:
    try:
        links = [str(link.readlink()) for link in (_PROC / str(pid) / "fd").iterdir()]
    except OSError:
        return []
    return [link[len("socket:[") : -1] for link in links if link.startswith("socket:[")]


def _address(text: str) -> tuple[str, int]:
    """Of "0100007F:22B3": words of 4 bytes in this machine's order."""
    host, _, port = text.partition(":")
    words = [int(host[start : start + 8], 16) for start in range(0, len(host), 8)]
    return str(ipaddress.ip_address(struct.pack(f"={len(words)}I", *words))), int(port, 16)
