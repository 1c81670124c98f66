"""Which hosts are this machine."""

from __future__ import annotations


def loopback(host: str) -> bool:
    """Whether the host is this machine: the folder of a socket, or one of its own names."""
    return host.startswith("/") or host in ("localhost", "127.0.0.1", "::1")
