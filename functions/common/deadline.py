"""One clock for all that an exchange waits for. A socket's own timeout would begin anew at each byte."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from typing import Any


class Deadline:
    """So many seconds from now."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds; raises TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def connected(addresses: Sequence[tuple[Any, ...]], deadline: Deadline) -> socket.socket:
    """To the first of `getaddrinfo`'s addresses that takes a connection, in its order. Raises OSError."""
    failure: OSError = OSError("no address")
    for family, kind, protocol, _, address in addresses:
        attempt = socket.socket(family, kind, protocol)
        try:
            attempt.settimeout(deadline.left())
            attempt.connect(address)
        except OSError as error:
            attempt.close()
            failure = error
        else:
            return attempt
    raise failure
