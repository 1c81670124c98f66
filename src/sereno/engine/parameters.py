"""Where AWS publishes no rule, the choice has a name here, and may be changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
STATES: Final[tuple[State, ...]] = ("OK", "ALARM", "INSUFFICIENT_DATA")
OK, ALARM, INSUFFICIENT_DATA = range(3)
KEEP: Final = -1  # the state stays what it was

Premature = Literal["evaluation range", "evaluation periods"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """How the engine reads CloudWatch where its documentation is silent or contradicts itself.

    `extra_periods`: CloudWatch looks at more than N datapoints and does not say at how many;
    its only examples look at 5 for N = 3, so N + 2.
    `premature`: where the oldest breaching datapoint of the premature-alarm rule is looked for
    (see `window.py`).
    `lag`: seconds from the end of a metric's minute until CloudWatch has it, `lags` the same for
    a namespace. 0 judges the data as if it were there at once.
    `hourly_at`: seconds past the hour at which windows of more than a day are evaluated.
    `dynamodb_always_ignores`: the user guide says that AWS/DynamoDB alarms ignore missing data by
    default, the API reference that they always do.
    `initial`: the state before the first evaluation.
    """

    extra_periods: int = 2
    premature: Premature = "evaluation range"
    lag: int = 0
    lags: Mapping[str, int] = field(default_factory=dict)
    hourly_at: int = 0
    dynamodb_always_ignores: bool = False
    initial: State = "INSUFFICIENT_DATA"


DEFAULT: Final = Parameters()
