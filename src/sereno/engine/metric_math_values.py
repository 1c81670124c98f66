"""What metric math computes with: scalars, time series and arrays of time series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sereno.engine.series import Floats

Indexes = NDArray[np.int64]


class Unsupported(ValueError):
    """An expression the engine cannot evaluate: it says so, and never guesses a state."""


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """Where in time an expression is evaluated.

    `starts` are the epoch seconds at which each datapoint's period begins, shape (evaluations, datapoints).
    """

    starts: Indexes
    period: int

    @property
    def rows(self) -> int:
        return int(self.starts.shape[0])

    @property
    def width(self) -> int:
        return int(self.starts.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    points: Floats  # (evaluations, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    points: Floats  # (evaluations, datapoints), NaN: missing


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """An array of time series; of row t the first size[t] count, so that rows may have different ones."""

    points: Floats  # (series, evaluations, datapoints)
    size: Indexes  # (evaluations,)

    @staticmethod
    def of(values: Sequence[Value], context: Context) -> Group:
        """Series (and arrays, flattened) in order. A number is refused."""
        parts = [part for value in values for part in _parts(value)]
        shape = (len(parts), context.rows, context.width)
        points = np.stack(parts) if parts else np.empty(shape)
        if not any(isinstance(value, Group) for value in values):
            return Group(points, np.full(context.rows, len(parts)))
        present = np.concatenate([_present(value, context.rows) for value in values])
        return pack(points, present)

    def each(self, change: Callable[[Floats], Floats]) -> Group:
        """Every series changed; an array of none stays one."""
        return Group(
            np.stack([change(p) for p in self.points]) if len(self.points) else self.points, self.size
        )

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which series count, shape (series, evaluations)."""
        return np.arange(len(self.points))[:, None] < self.size[None, :]


Value = Scalar | Series | Group


def pack(points: Floats, present: NDArray[np.bool_]) -> Group:
    """The series that are present, moved to the front of each row, in their order."""
    order = np.argsort(~present, axis=0, kind="stable")
    return Group(np.take_along_axis(points, order[:, :, None], axis=0), np.count_nonzero(present, axis=0))


def members(group: Group) -> list[Floats]:
    """Its series, where every row has the same number. Raises `Unsupported` where not."""
    if len(group.size) and np.any(group.size != group.size[0]):
        raise Unsupported("the number of time series the expression gives changes with time")
    return list(group.points[: int(group.size[0]) if len(group.size) else 0])


def _parts(value: Value) -> list[Floats]:
    match value:
        case Series(points):
            return [points]
        case Group(points):
            return list(points)
    raise Unsupported("an array holds time series, and a number is in it")


def _present(value: Value, rows: int) -> NDArray[np.bool_]:
    return value.present if isinstance(value, Group) else np.ones((1, rows), dtype=np.bool_)
