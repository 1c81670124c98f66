"""The Lambda behind the queue: a batch in, rows stored, the failed messages named."""

from __future__ import annotations

import functools
import os
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from common import caching, epoch, settings
from common.caching import PAUSED
from common.database import Database
from common.faults import Refused, Unavailable
from subscriber import messages, store, visibility
from subscriber.backoff import delay_seconds
from subscriber.messages import Message
from subscriber.store import Outcome
from telemetry import metrics, signals
from telemetry.invocation import Event, Invocation, LambdaContext, Telemetry
from telemetry.tracing import Attributes

if TYPE_CHECKING:
    from common.cache import Cache

TELEMETRY: Final = Telemetry(signals.SUBSCRIBER)
SPARE_MS: Final = 18_000  # what one statement, a new connection, the back-off and the telemetry may yet take

Fate = Literal["stored", "duplicate", "rejected", "waiting"]
FATES: Final[tuple[Fate, ...]] = ("stored", "duplicate", "rejected", "waiting")


@dataclass(frozen=True, slots=True)
class Limits:
    """What infra/pipeline.yaml sets for this function."""

    fresh_seconds: float
    backoff_base: float
    backoff_cap: float
    most_receives: float
    synthetic_age: float
    synthetic_limit: int

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Limits:
        return cls(
            fresh_seconds=settings.number(environ, "FRESHNESS_THRESHOLD_SECONDS"),
            backoff_base=settings.number(environ, "BACKOFF_BASE_SECONDS"),
            backoff_cap=settings.number(environ, "BACKOFF_CAP_SECONDS"),
            most_receives=settings.number(environ, "MAX_RECEIVE_COUNT"),
            synthetic_age=settings.number(environ, "SYNTHETIC_MAX_AGE_SECONDS"),
            synthetic_limit=int(settings.number(environ, "SYNTHETIC_DELETE_LIMIT")),
        )


@dataclass(frozen=True, slots=True)
class Fated:
    """A message, what became of it, and the reason where it failed."""

    message: Message
    fate: Fate
    reason: str = ""


@functools.cache
def limits() -> Limits:
    return Limits.of(os.environ)


@functools.cache
def database() -> Database:
    return Database.of(os.environ)


@functools.cache
def cache() -> Cache | None:
    return caching.cache(os.environ)


@functools.cache
def hider() -> visibility.Hide:
    return visibility.hider(os.environ)


def handler(event: Event, context: LambdaContext) -> dict[str, Any]:
    """Stores a batch; the answer names the messages that were not. Raises only for a wrong deployment."""
    limits()
    cache()
    batch = [messages.read(record) for record in event["Records"]]
    links = [message.trace for message in batch if message.trace]
    facts: Attributes = {"messaging.system": "aws_sqs", "messaging.batch.message_count": len(batch)}
    with TELEMETRY.invocation(context, "process users", "CONSUMER", links=links, attributes=facts) as run:
        started_ns = time.time_ns()
        outcome = _store(batch, run, context)
        fates = _fates(batch, outcome)
        _trace_each(fates, run, started_ns)
        _count(fates, outcome, run)
        failed = [fated for fated in fates if fated.fate in ("rejected", "waiting")]
        if failed:
            run.span.fail(failed[0].reason)
            _back_off(failed, run)
        _delete_synthetic(fates, run)
    return {"batchItemFailures": [{"itemIdentifier": fated.message.item} for fated in failed]}


def _store(batch: Sequence[Message], run: Invocation, context: LambdaContext) -> Outcome:
    rows = [message.row for message in batch if message.row]
    if not rows:
        return Outcome()
    with run.child("INSERT users", "CLIENT", {"db.system.name": "postgresql"}) as span:
        outcome = store.store(
            rows,
            store.inserter(database()),
            in_time=lambda: context.get_remaining_time_in_millis() > SPARE_MS,
        )
        if outcome.unavailable:
            span.fail(outcome.unavailable.reason)
    run.metrics.add(signals.DATABASE_UNAVAILABLE, int(bool(outcome.unavailable)))
    if any(not row.synthetic for row in rows):
        _end_epoch(run)
    return outcome


def _end_epoch(run: Invocation) -> None:
    """Pages of lists that were read before these rows are shown no more. Lists leave canaries' rows out.

    Whatever became of the rows: one that seems a duplicate, or waits, may have been stored by a statement
    whose answer was lost. Without a cache to tell, its pages end by themselves (api/cached.py says when).
    """
    store = cache()
    if store is None:
        return
    reason = ""
    try:
        epoch.renew(store)
    except Unavailable as error:
        reason = error.reason
    run.metrics.add(signals.CACHE_UNAVAILABLE, int(bool(reason)))
    if reason not in ("", PAUSED):
        run.log.warning("The cache was not told of new rows", reason=reason)


def _fates(batch: Sequence[Message], outcome: Outcome) -> list[Fated]:
    """Each message's fate. Of several with one id the first is the stored one, the others duplicates."""
    unclaimed = set(outcome.stored)
    fates = []
    for message in batch:
        fates.append(_fate(message, outcome, unclaimed))
        if message.row:
            unclaimed.discard(message.row.message_id)
    return fates


def _fate(message: Message, outcome: Outcome, unclaimed: set[str]) -> Fated:
    if message.row is None:
        return Fated(message, "rejected", message.fault)
    message_id = message.row.message_id
    if message_id in outcome.refused:
        return Fated(message, "rejected", outcome.refused[message_id])
    if message_id in outcome.waiting:
        return Fated(message, "waiting", outcome.unavailable.reason if outcome.unavailable else "out of time")
    return Fated(message, "stored" if message_id in unclaimed else "duplicate")


def _count(fates: Sequence[Fated], outcome: Outcome, run: Invocation) -> None:
    """The metrics and the log line of the batch.

    A rejected message is counted at its last delivery, once, when it leaves for the DLQ.
    The clocks of the API and the database may differ: less than no time counts as none.
    """
    fresh = limits().fresh_seconds
    lags = [max(0.0, seconds) for seconds in outcome.stored.values()]
    counts: dict[str, int] = {fate: sum(fated.fate == fate for fated in fates) for fate in FATES}
    run.metrics.add(signals.ROWS_STORED, len(lags))
    run.metrics.add(signals.ROWS_FRESH, sum(lag < fresh for lag in lags))
    run.metrics.add(signals.ROWS_DUPLICATE, counts["duplicate"])
    run.metrics.add(signals.ROWS_REJECTED, len(_leaving(fates, run)))
    metrics.add_each(run.metrics, signals.PUBLISH_TO_ROW, (lag * 1000 for lag in lags))
    run.log.info("Batch", extra=dict(counts))
    if outcome.unavailable:
        why = outcome.unavailable
        run.log.error("The database did not take rows", reason=why.reason, detail=why.detail)


def _leaving(fates: Sequence[Fated], run: Invocation) -> list[Fated]:
    """The rejected messages that the queue will not deliver again."""
    most = limits().most_receives
    leaving = [fated for fated in fates if fated.fate == "rejected" and fated.message.receives >= most]
    for fated in leaving:
        run.log.warning(
            "A message goes to the dead-letter queue", item=fated.message.item, reason=fated.reason
        )
    return leaving


def _trace_each(fates: Sequence[Fated], run: Invocation, started_ns: int) -> None:
    """A span a message below the POST that published it, with a link to the batch it was in."""
    for fated in fates:
        row = fated.message.row
        with run.tracer.span(
            "store row",
            "CONSUMER",
            parent=fated.message.trace,
            links=[run.span.context],
            attributes={"sereno.fate": fated.fate}
            | ({"messaging.message.id": row.message_id} if row else {}),
            started_ns=started_ns,
        ) as span:
            if fated.reason:
                span.fail(fated.reason)


def _back_off(failed: Sequence[Fated], run: Invocation) -> None:
    """A waiting message comes back after a while, a rejected one at once: it is to reach the DLQ soon."""
    delays = {fated.message.receipt: _delay(fated) for fated in failed}
    try:
        kept = hider()(delays)
    except Unavailable:  # no credentials to tell the queue with
        kept = len(delays)
    if kept:
        run.log.warning("The queue's own visibility timeout holds", messages=kept)


def _delay(fated: Fated) -> int:
    if fated.fate == "rejected":
        return 0
    chance = random.random()  # noqa: S311 - nobody gains by guessing it
    return delay_seconds(fated.message.receives, limits().backoff_base, limits().backoff_cap, chance)


def _delete_synthetic(fates: Sequence[Fated], run: Invocation) -> None:
    """A canary's row that was just stored pays for the deleting of old ones: it needs no schedule."""
    if not any(
        fated.fate == "stored" and fated.message.row and fated.message.row.synthetic for fated in fates
    ):
        return
    try:
        deleted = store.delete_synthetic(database(), limits().synthetic_age, limits().synthetic_limit)
    except (Refused, Unavailable) as error:
        run.log.warning("Old rows of canaries were not deleted", reason=error.reason)
        return
    if deleted:
        run.log.info("Old rows of canaries were deleted", rows=deleted)
