"""When a message that could not be stored is tried again."""

from __future__ import annotations

import math

JITTER = 0.2  # the share of a delay that is random, so that a queue does not come back in one wave
MOST_SECONDS = 43_200  # SQS allows a visibility timeout of 12 hours


def delay_seconds(receives: int, base: float, cap: float, chance: float) -> int:
    """Whole seconds until the next try: base, twice that, four times ... up to cap, less up to a fifth.

    `receives` counts deliveries so far, this one too; `chance` is a random number in [0, 1).
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    doublings = min(max(receives, 1) - 1, 32)
    full = min(cap, base * float(1 << doublings), MOST_SECONDS)
    return math.ceil(full * (1 - JITTER * chance))
