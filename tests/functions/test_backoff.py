"""The back-off, through time: that an outage costs no message, and how soon all is stored after it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from subscriber.backoff import delay_seconds
from tests.functions.conftest import ROOT, pipeline

QUEUE = pipeline()["queue"]
DECLARED = pipeline()["functions"]["subscriber"]["environment"]
BASE, CAP = DECLARED["BACKOFF_BASE_SECONDS"], DECLARED["BACKOFF_CAP_SECONDS"]
MOST = QUEUE["dead_letter"]["max_receive_count"]
UNLUCKY = 0.999_999  # the chance that makes every delay shortest


@dataclass(frozen=True)
class Fate:
    """When the message was stored, in seconds, and in which receive; or that it went to the DLQ."""

    stored_at: float | None
    receives: int


def live(outage: float, chance: float, *, starts: float = 0.0, lost: int = 0) -> Fate:
    """A message that arrives `starts` seconds into an outage, having been received `lost` times for nothing.

    The queue gives a message out MOST times; asked again, it moves it to the DLQ instead.
    """
    now, receives = starts, lost
    while receives < MOST:
        receives += 1
        if now >= outage:
            return Fate(now, receives)
        now += delay_seconds(receives, BASE, CAP, chance)
    return Fate(None, receives)


@pytest.mark.parametrize("chance", [0.0, 0.5, UNLUCKY], ids=["longest", "middling", "shortest"])
@pytest.mark.parametrize("outage", [60, 300, 900], ids=["a minute", "five minutes", "fifteen minutes"])
def test_nothing_reaches_the_dlq_in_an_outage_of(outage: int, chance: float) -> None:
    fate = live(outage, chance)
    assert fate.stored_at is not None
    assert fate.stored_at <= outage + CAP


def test_fifteen_minutes_leave_receives_for_other_mishaps() -> None:
    assert MOST - live(900, UNLUCKY).receives == 3
    assert live(900, UNLUCKY, lost=3).stored_at is not None


def test_the_queues_age_says_nothing_of_an_outage_so_no_drill_waits_for_it() -> None:
    """From its fourth receive on a message is not in ApproximateAgeOfOldestMessage, at any outage's length.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    """
    documents = [
        document
        for name in ("users", "drills")
        for document in yaml.safe_load_all((ROOT / "alerts" / f"{name}.yaml").read_text())
    ]
    age = next(d["spec"] for d in documents if d["metadata"]["name"] == "oldest-message-age")
    assert sum(delay_seconds(receives, BASE, CAP, 0.0) for receives in (1, 2, 3)) == 7 < age["threshold"]
    outage = next(d["spec"] for d in documents if d["metadata"]["name"] == "database-stopped")
    assert [e["alert"] for e in outage["expect"]] == ["get-availability/page", "canary-round-trip/page"]


def test_an_hour_is_too_long() -> None:
    assert live(3600, 0.5) == Fate(None, MOST)


@given(outage=st.floats(0, 900), starts=st.floats(0, 900), chance=st.floats(0, 1, exclude_max=True))
def test_a_message_waits_after_an_outage_no_longer_than_during_it(
    outage: float, starts: float, chance: float
) -> None:
    fate = live(outage, chance, starts=min(starts, outage))
    assert fate.stored_at is not None
    suffered = outage - min(starts, outage)
    assert fate.stored_at - outage <= min(CAP, suffered + BASE + 1)


@pytest.mark.parametrize(
    ("outage", "late"), [(1, 1), (5, 2), (10, 5), (30, 1)], ids="an outage of {} s".format
)
def test_a_short_outage_is_over_within_seconds(outage: int, late: int) -> None:
    fate = live(outage, 0.0)
    assert fate.stored_at is not None
    assert fate.stored_at - outage <= late


def test_where_the_delay_cannot_be_set_the_queues_own_is_longer_and_so_lasts_too() -> None:
    assert QUEUE["visibility_timeout_seconds"] >= CAP


def test_delays_double_up_to_the_cap() -> None:
    delays = [delay_seconds(receives, 1, 120, 0.0) for receives in range(1, 11)]
    assert delays == [1, 2, 4, 8, 16, 32, 64, 120, 120, 120]


@given(
    receives=st.integers(-1, 10_000),
    base=st.floats(0.1, 60),
    cap=st.floats(1, 100_000),
    chance=st.floats(0, 1, exclude_max=True),
)
def test_a_delay_is_what_sqs_takes(receives: int, base: float, cap: float, chance: float) -> None:
    assert 0 < delay_seconds(receives, base, cap, chance) <= min(cap + 1, 43_200)
