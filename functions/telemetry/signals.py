"""Every metric the functions emit: the names and units that slo/signals.yaml reads.

Each has one dimension, `service`. A count that did not happen is emitted as 0 by the
invocation that could have counted it, so that "none" and "not measured" stay apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Unit = Literal["Count", "Milliseconds"]

API: Final = "users-api"
SUBSCRIBER: Final = "users-subscriber"
CANARY: Final = "users-canary"


@dataclass(frozen=True, slots=True)
class Signal:
    """A CloudWatch metric's name and unit."""

    name: str
    unit: Unit = "Count"


COLD_STARTS: Final = Signal("ColdStarts")  # the first invocation of an environment; each function
DATABASE_UNAVAILABLE: Final = Signal("DatabaseUnavailable")  # an invocation found none; api, subscriber
CACHE_UNAVAILABLE: Final = Signal("CacheUnavailable")  # one found no cache, where it is on; api, subscriber

# api
GET_ANSWERED: Final = Signal("GetAnswered")  # without a server error
GET_FAST: Final = Signal("GetFast")  # of these, within GET_LATENCY_THRESHOLD_MS
GET_LATENCY: Final = Signal("GetLatency", "Milliseconds")  # in the handler, each GET
CACHE_HITS: Final = Signal("CacheHits")  # GETs that the cache answered, where it is on
CACHE_MISSES: Final = Signal("CacheMisses")  # GETs that it could not answer
PUBLISH_LATENCY: Final = Signal("PublishLatency", "Milliseconds")  # in the handler, each published POST

# subscriber
ROWS_STORED: Final = Signal("RowsStored")  # new rows
ROWS_FRESH: Final = Signal("RowsFresh")  # of these, younger than FRESHNESS_THRESHOLD_SECONDS
ROWS_DUPLICATE: Final = Signal("RowsDuplicate")  # messages whose row was there
ROWS_REJECTED: Final = Signal("RowsRejected")  # messages that go to the DLQ for what is in them
PUBLISH_TO_ROW: Final = Signal("PublishToRow", "Milliseconds")  # stored_at - published_at, each new row

# canary
ROUND_TRIPS: Final = Signal("RoundTrips")  # attempts: POST, then GET /users/{id} until the deadline
ROUND_TRIPS_GOOD: Final = Signal("RoundTripsGood")  # of these, in time
ROUND_TRIP_TIME: Final = Signal("RoundTripTime", "Milliseconds")  # of the good ones
CANARY_GETS: Final = Signal("CanaryGets")  # signed GET /users, attempts
CANARY_GETS_GOOD: Final = Signal("CanaryGetsGood")  # of these, answered 200
CANARY_GET_TIME: Final = Signal("CanaryGetTime", "Milliseconds")  # each attempt
