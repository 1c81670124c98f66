"""M of N datapoints and missing data: what CloudWatch makes of one evaluation range.

The rule behind the tables AWS publishes
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html):

1. With at least N real datapoints in the range, the newest N of them are judged: at least M
   breaching is ALARM, else OK. How missing data is treated does not matter.
2. With fewer, all real datapoints are judged, and the rest of the N is filled in by the treatment.
   `breaching` and `notBreaching` fill with what they say. M real breaching datapoints are ALARM
   whatever the treatment.
3. With none at all, `missing` is INSUFFICIENT_DATA and `ignore` keeps the state.
4. `missing` and `ignore` have the premature-alarm rule: if every real datapoint breaches and the
   oldest of them is at least M periods old, `missing` is ALARM although fewer than M breached, and
   `ignore` keeps the state. Otherwise missing datapoints count for nothing.

AWS does not say whether the oldest breaching datapoint is looked for in the whole evaluation range
or among its last N periods. The whole range is taken: the published `0-X--` (N=3, M=2) is OK
because of a datapoint older than N periods, so those are looked at. `premature` chooses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from sereno.engine.parameters import ALARM, INSUFFICIENT_DATA, KEEP, OK, STATES, Premature, State

Treatment = Literal["missing", "ignore", "breaching", "notBreaching"]
TREATMENTS: Final[tuple[Treatment, ...]] = ("missing", "ignore", "breaching", "notBreaching")

Bools = NDArray[np.bool_]
Codes = NDArray[np.int8]


def window_state(
    points: Sequence[bool | None],
    *,
    evaluation_periods: int,
    datapoints_to_alarm: int,
    treat_missing_data: Treatment,
    previous: State,
    premature: Premature = "evaluation range",
) -> State:
    """The state after one evaluation.

    `points` are the datapoints of the evaluation range, oldest to newest: True (breaching),
    False, or None (missing). `previous` is the state kept where the rule says so. Raises ValueError for
    other points, such as the values themselves, and for numbers that no alarm can have.
    """
    if not all(point is None or point in (False, True) for point in points):
        raise ValueError("a point is True (breaching), False or None (missing), not a value")
    row = np.array([[bool(point) for point in points]], dtype=np.bool_)
    real = np.array([[point is not None for point in points]], dtype=np.bool_)
    codes = judge(row, real, evaluation_periods, datapoints_to_alarm, treat_missing_data, premature)
    return previous if codes[0] == KEEP else STATES[codes[0]]


def judge(breaching: Bools, real: Bools, n: int, m: int, treatment: Treatment, premature: Premature) -> Codes:
    """The state of each row (an evaluation range, oldest to newest; shape (evaluations, range)), or KEEP.

    `breaching` means nothing where `real` is false.
    """
    if not 1 <= m <= n:
        raise ValueError(f"datapoints to alarm ({m}) must be from 1 to the evaluation periods ({n})")
    if treatment not in TREATMENTS:
        raise ValueError(f"missing data is treated as one of {', '.join(TREATMENTS)}, not `{treatment}`")
    judged = evaluated(real, n)
    bad = np.count_nonzero(judged & breaching, axis=1)
    count = np.count_nonzero(judged, axis=1)
    if treatment == "breaching":
        bad = bad + (n - count)
    alarm = bad >= m
    codes = np.where(alarm, ALARM, OK).astype(np.int8)
    if treatment in ("missing", "ignore"):
        kept = KEEP if treatment == "ignore" else ALARM
        early = ~alarm & (count < n) & (bad == count) & _old_enough(breaching & real, n, m, premature)
        codes[early] = kept
        codes[count == 0] = KEEP if treatment == "ignore" else INSUFFICIENT_DATA
    return codes


def evaluated(real: Bools, n: int) -> Bools:
    """Which datapoints are judged: the newest n real ones of each row."""
    if real.shape[1] <= n:
        return real
    newest_first = np.cumsum(real[:, ::-1], axis=1, dtype=np.int32)
    return real & (newest_first[:, ::-1] <= n)


def _old_enough(breaching: Bools, n: int, m: int, premature: Premature) -> Bools:
    """Whether the oldest breaching datapoint is at least m periods old (the newest is 1 old)."""
    searched = breaching if premature == "evaluation range" else breaching[:, -n:]
    width = searched.shape[1]
    if m > width:
        return np.zeros(len(searched), dtype=np.bool_)
    return np.asarray(searched[:, : width - m + 1].any(axis=1))


def carry(codes: Codes, previous: int) -> Codes:
    """KEEP resolved: each becomes the last state before it, at first `previous`."""
    known = np.where(codes == KEEP, -1, np.arange(len(codes)))
    last = np.maximum.accumulate(known) if len(codes) else known
    return np.where(last < 0, np.int8(previous), codes[np.maximum(last, 0)]).astype(np.int8)
