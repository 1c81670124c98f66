"""What was observed for one objective, interval by interval: counts, or a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sereno.vendors.backend import Unavailable

Times = NDArray[np.int64]
Key = tuple[str, str]  # SLO, objective


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Bad and total events of each interval, sorted by start; integers or floats."""

    times: Times
    seconds: Times
    bad: NDArray[Any]
    total: NDArray[Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """The indicator's own value in each interval: a share (raw) or what a threshold judges."""

    times: Times
    seconds: Times
    values: NDArray[Any]
    notes: tuple[str, ...] = ()


Series = Counts | Values
Readings = Mapping[Key, Series | Unavailable]
