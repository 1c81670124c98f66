"""How a canary's traffic is told from people's, end to end.

A request with this header is one of its; the message it publishes and the row it makes are
marked. Such rows are found by their id, left out of lists, and deleted past an age.
"""

from typing import Final

HEADER: Final = "x-sereno-synthetic"
CANARY: Final = "canary"
