"""The seam to a vendor, in our words. Compiling is pure; only a vendor's `client.py` does I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from sereno.language.model import CloudWatchMetric, DatadogMetric, System
from sereno.language.problem import NOWHERE, Problem, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing the vendor shall have.

    `kind` is the vendor's word (`metric-alarm`, `composite-alarm`, `dashboard`), `address`
    our identity for it (from `language/names.py`), `body` the vendor's own JSON: for
    CloudWatch the arguments of PutMetricAlarm, PutCompositeAlarm or PutDashboard
    (with `DashboardBody` as an object, not a string, so that it can be read in review).
    """

    kind: str
    address: str
    body: Body
    where: Span = field(default=NOWHERE, compare=False)


Verb = Literal["create", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Change:
    """A step of a plan. `fields` lists (path, live, wanted) of an update."""

    verb: Verb
    resource: Resource
    fields: tuple[tuple[str, Any, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change; `error` is empty when it was done."""

    change: Change
    error: str = ""


class Backend(Protocol):
    """What a vendor must be able to do. The contract test runs over every implementation."""

    def compile(self, system: System) -> tuple[tuple[Resource, ...], tuple[Problem, ...]]:
        """The resources, in an order that is the same for the same system, and what cannot be said."""

    def read(self, system: System) -> Iterator[Resource]:
        """What is live and owned by this project and environment."""

    def apply(self, changes: Sequence[Change]) -> Iterable[Outcome]:
        """Does the changes one by one, in the order given; yields each as it ends."""

    def place(self) -> str:
        """Which account (and region) it works on; empty where the vendor does not say."""

    def cost(self, system: System, live: Sequence[Resource], changes: Sequence[Change]) -> str:
        """What the live state costs a month and what the changes make of it; empty where nothing is known."""


Metric = CloudWatchMetric | DatadogMetric


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """What a metric was: only intervals that have data, sorted, not overlapping.

    `times` are interval starts in epoch seconds, `seconds` interval lengths (retention makes
    older ones longer), `values` the metric's own statistic over each.
    """

    times: NDArray[np.int64]
    seconds: NDArray[np.int64]
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Why a metric could not be asked for; never the same as "no data"."""

    reason: str


@dataclass(frozen=True, slots=True)
class Event:
    """An alarm's change of state. `name` is the live name (see `language/names.py`)."""

    name: str
    at: float  # epoch seconds
    state: Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
    reason: str = ""


class Observer(Protocol):
    """What the report asks of a back end, of the local stack, or of files."""

    def observe(
        self, metrics: Sequence[Metric], start: int, end: int
    ) -> Mapping[Metric, Points | Unavailable]:
        """Each metric over [start, end), at the finest period still kept for each part."""

    def events(self, names: Sequence[str], start: int, end: int) -> Sequence[Event] | Unavailable:
        """The state changes of these alarms in [start, end), oldest first."""
