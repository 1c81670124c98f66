"""Free ports on loopback, away from those the kernel hands to outgoing connections.

A server that is stopped and started on one port (the database in an outage) must find it
still free, and a client that knocks at a closed port of the outgoing range can, rarely, be
connected to itself: https://sgros.blogspot.com/2013/08/tcp-client-self-connect.html
"""

from __future__ import annotations

import random
import re
import socket

from sereno.errors import Unable

HOST = "127.0.0.1"
LOOPBACK = frozenset({HOST, "localhost", "[::1]"})
FIRST, LAST = 20_000, 32_000  # below Linux's 32768 and everyone else's 49152
TRIES = 200


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def is_loopback(host: str) -> bool:
    """Whether a Host header names this machine: a page whose name was rebound to it names another."""
    return re.sub(r":\d*$", "", host.strip()).lower() in LOOPBACK


def free() -> int:
    """A port nobody listens on."""
    for port in random.sample(range(FIRST, LAST), TRIES):
        if is_free(port):
            return port
    raise Unable(f"no free port on {HOST}: {TRIES} ports between {FIRST} and {LAST} were tried")


def wanted(port: int) -> int:
    """The port asked for, or a free one for 0."""
    if port and not is_free(port):
        raise Unable(f"port {port} on {HOST} is taken or not allowed; give another, or none for a free one")
    return port or free()
