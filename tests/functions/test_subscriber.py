"""The subscriber's handler: batches in, rows in a real database, and what it tells the queue."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import psycopg
import pytest

from tests.functions import events
from tests.functions.aws import Aws
from tests.functions.conftest import Configure, Context, Written

Admin = psycopg.Connection[tuple[Any, ...]]
Output = Callable[[], Written]


def call(handler: ModuleType, *records: dict[str, Any], left_ms: int = 30_000) -> list[str]:
    """The items that the answer names as failed."""
    answer = handler.handler(events.batch(*records), Context(left_ms))
    assert list(answer) == ["batchItemFailures"]
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def names(admin: Admin) -> list[str]:
    return [found[0] for found in admin.execute("SELECT name FROM users ORDER BY message_id")]


def just_now(seconds: float = 0) -> str:
    from datetime import UTC, datetime, timedelta

    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def test_stores_a_batch(subscriber: ModuleType, admin: Admin, aws: Aws) -> None:
    assert call(subscriber, *(events.record(events.message(n), n) for n in (1, 2, 3))) == []
    assert names(admin) == ["Ana 1", "Ana 2", "Ana 3"]
    assert aws.calls == 0


def test_a_poison_message_in_a_batch_of_100_fails_alone(
    subscriber: ModuleType, admin: Admin, aws: Aws
) -> None:
    records = [events.record(events.message(n), n) for n in range(1, 101)]
    records[56] = events.record(events.message(57, name="A\x00"), 57)
    assert call(subscriber, *records) == ["item-57"]
    assert names(admin) == [f"Ana {n}" for n in range(1, 101) if n != 57]
    assert aws.hidden == {"receipt-57": 0}  # back at once, and so soon in the DLQ


@pytest.mark.parametrize(
    "poison",
    [
        pytest.param("{", id="no JSON"),
        pytest.param(events.message(2, name=None), id="no name"),
        pytest.param(events.message(2, name="n" * 201), id="a name the table refuses"),
        pytest.param(events.message(2, published_at="2026-99-99T00:00:00Z"), id="a day that never was"),
        pytest.param(events.message(2, name="A\ud800"), id="half a surrogate pair"),
    ],
)
def test_is_rejected(subscriber: ModuleType, admin: Admin, aws: Aws, poison: str) -> None:
    good = events.record(events.message(1), 1)
    assert call(subscriber, good, events.record(poison, 2)) == ["item-2"]
    assert (names(admin), aws.hidden) == (["Ana 1"], {"receipt-2": 0})


def test_a_batch_of_poison_only_asks_no_database(
    subscriber: ModuleType, configure: Configure, aws: Aws, written: Output
) -> None:
    configure("subscriber", DB_PORT="1")
    assert call(subscriber, events.record("{", 1), events.record("", 2)) == ["item-1", "item-2"]
    assert "DatabaseUnavailable" not in written().metrics


def test_a_rejected_message_is_counted_once_when_it_leaves_for_the_dlq(
    subscriber: ModuleType, admin: Admin, aws: Aws, written: Output
) -> None:
    rejected = []
    for receives in range(1, 21):
        call(subscriber, events.record("{", 1, receives=receives))
        rejected.append(written().metrics["RowsRejected"][0])
    assert rejected == [0] * 19 + [1]


def test_delivered_twice_is_stored_once(subscriber: ModuleType, admin: Admin, written: Output) -> None:
    first, again = events.record(events.message(1), 1), events.record(events.message(1, name="other"), 2)
    assert call(subscriber, first, again) == []
    assert written().metrics["RowsDuplicate"] == [1]
    assert call(subscriber, again) == []
    metrics = written().metrics
    assert names(admin) == ["Ana 1"]
    assert (metrics["RowsStored"], metrics["RowsDuplicate"]) == ([0], [1])


def test_counts_rows_and_how_old_they_were(subscriber: ModuleType, admin: Admin, written: Output) -> None:
    ages = {1: 0, 2: 29, 3: 31, 4: 3600, 5: -60}  # the last: the API's clock is a minute ahead
    records = [events.record(events.message(n, published_at=just_now(age)), n) for n, age in ages.items()]
    assert call(subscriber, *records) == []
    metrics = written().metrics
    lags = sorted(metrics.pop("PublishToRow"))
    assert lags[0] == 0
    assert lags[2:] == [pytest.approx(seconds * 1000, abs=900) for seconds in (29, 31, 3600)]
    assert metrics == {
        "DatabaseUnavailable": [0],
        "RowsStored": [5],
        "RowsFresh": [3],
        "RowsDuplicate": [0],
        "RowsRejected": [0],
        "ColdStarts": [1],
    }


def test_a_hundred_rows_leave_a_hundred_times(subscriber: ModuleType, admin: Admin, written: Output) -> None:
    """Powertools writes a line by itself at 100 values: nothing may be lost or written twice by that."""
    call(subscriber, *(events.record(events.message(n), n) for n in range(1, 101)))
    metrics = written().metrics
    assert len(metrics.pop("PublishToRow")) == 100
    assert metrics == {
        "DatabaseUnavailable": [0],
        "RowsStored": [100],
        "RowsFresh": [0],
        "RowsDuplicate": [0],
        "RowsRejected": [0],
        "ColdStarts": [1],
    }


def test_without_a_database_all_wait_each_by_its_own_count(
    subscriber: ModuleType, configure: Configure, aws: Aws, written: Output
) -> None:
    configure("subscriber", DB_PORT="1")
    receives = {1: 1, 2: 4, 3: 8, 4: 19}
    records = [events.record(events.message(n), n, receives=count) for n, count in receives.items()]
    assert call(subscriber, *records) == ["item-1", "item-2", "item-3", "item-4"]
    assert list(aws.hidden) == ["receipt-1", "receipt-2", "receipt-3", "receipt-4"]
    full = [1, 8, 120, 120]
    assert all(0.8 * most <= got <= most for got, most in zip(aws.hidden.values(), full, strict=True))
    metrics = written().metrics
    assert metrics == {
        "DatabaseUnavailable": [1],
        "RowsStored": [0],
        "RowsFresh": [0],
        "RowsDuplicate": [0],
        "RowsRejected": [0],
        "ColdStarts": [1],
    }


def test_without_a_database_poison_goes_its_way(
    subscriber: ModuleType, configure: Configure, aws: Aws
) -> None:
    configure("subscriber", DB_PORT="1")
    call(subscriber, events.record(events.message(1), 1), events.record("{", 2))
    assert aws.hidden == {"receipt-1": 1, "receipt-2": 0}


def test_a_large_batch_is_hidden_ten_at_a_time(
    subscriber: ModuleType, configure: Configure, aws: Aws
) -> None:
    configure("subscriber", DB_PORT="1")
    call(subscriber, *(events.record(events.message(n), n) for n in range(1, 26)))
    assert (len(aws.hidden), aws.calls) == (25, 3)


@pytest.mark.parametrize("fault", ["500 InternalError", "400 ThrottlingException", "closed"])
def test_where_sqs_does_not_answer_the_queues_own_timeout_holds(
    subscriber: ModuleType, configure: Configure, aws: Aws, written: Output, fault: str
) -> None:
    configure("subscriber", DB_PORT="1")
    if fault == "closed":
        aws.close()
    aws.fault = fault
    assert len(call(subscriber, *(events.record(events.message(n), n) for n in range(1, 26)))) == 25
    assert aws.calls <= 1
    warnings = [line for line in written().logs if line["level"] == "WARNING"]
    assert [(line["message"], line["messages"]) for line in warnings] == [
        ("The queue's own visibility timeout holds", 25)
    ]


def test_a_receipt_that_is_too_old_disturbs_no_other(
    subscriber: ModuleType, configure: Configure, aws: Aws, written: Output
) -> None:
    configure("subscriber", DB_PORT="1")
    aws.refused = {"receipt-2"}
    call(subscriber, *(events.record(events.message(n), n) for n in (1, 2, 3)))
    assert aws.hidden == {"receipt-1": 1, "receipt-3": 1}
    assert [line["messages"] for line in written().logs if line["level"] == "WARNING"] == [1]


def test_a_connection_lost_in_the_freezer_loses_nothing(
    subscriber: ModuleType, admin: Admin, aws: Aws
) -> None:
    call(subscriber, events.record(events.message(1), 1))
    admin.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'users_subscriber'"
    )
    assert call(subscriber, events.record(events.message(2), 2)) == []
    assert (names(admin), aws.calls) == (["Ana 1", "Ana 2"], 0)


def test_the_longest_that_the_api_takes_is_stored(subscriber: ModuleType, admin: Admin) -> None:
    from api import validation

    name, email = "Ñ" * validation.NAME_MOST, "e@" + "x" * (validation.EMAIL_MOST - 2)
    user = validation._user({"name": name, "email": email})
    assert user == validation.User(name, email)
    assert call(subscriber, events.record(events.message(1, name=name, email=email), 1)) == []
    assert admin.execute("SELECT name, email FROM users").fetchall() == [(name, email)]


def test_a_locked_table_is_a_database_away(
    subscriber: ModuleType, admin: Admin, aws: Aws, written: Output
) -> None:
    admin.execute("ALTER ROLE users_subscriber SET statement_timeout = '50ms'")
    try:
        with admin.transaction():
            admin.execute("LOCK TABLE users")
            assert call(subscriber, events.record(events.message(1), 1)) == ["item-1"]
    finally:
        admin.execute("ALTER ROLE users_subscriber SET statement_timeout = '5s'")
    assert [line["reason"] for line in written().logs if line["level"] == "ERROR"] == ["57014"]
    assert names(admin) == []


def test_without_time_nothing_is_begun(subscriber: ModuleType, admin: Admin, aws: Aws) -> None:
    assert call(subscriber, events.record(events.message(1), 1), left_ms=17_000) == ["item-1"]
    assert (names(admin), aws.hidden) == ([], {"receipt-1": 1})


def test_a_wrong_deployment_is_said_before_anything_is_stored(
    subscriber: ModuleType, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SYNTHETIC_DELETE_LIMIT")
    with pytest.raises(Exception, match="SYNTHETIC_DELETE_LIMIT is not set"):
        call(subscriber, events.record(events.message(1), 1))
    assert names(admin) == []


def old_canary_rows(admin: Admin) -> None:
    admin.execute(
        "INSERT INTO users (message_id, name, email, synthetic, published_at, stored_at)"
        " SELECT 'old-' || n, 'old', 'e@x', true, now(), now() - interval '61 min'"
        " FROM generate_series(1, 3) n"
    )


def test_a_canarys_row_clears_away_old_ones(subscriber: ModuleType, admin: Admin) -> None:
    old_canary_rows(admin)
    call(subscriber, events.record(events.message(1, synthetic=True), 1))
    assert names(admin) == ["Ana 1"]


def test_a_persons_row_clears_nothing_away(subscriber: ModuleType, admin: Admin) -> None:
    old_canary_rows(admin)
    call(subscriber, events.record(events.message(1), 1))
    assert names(admin) == ["Ana 1", "old", "old", "old"]


def test_that_clearing_fails_harms_no_batch(subscriber: ModuleType, admin: Admin, written: Output) -> None:
    admin.execute("REVOKE DELETE ON users FROM users_subscriber")
    try:
        assert call(subscriber, events.record(events.message(1, synthetic=True), 1)) == []
    finally:
        admin.execute("GRANT DELETE ON users TO users_subscriber")
    assert [line["reason"] for line in written().logs if line["level"] == "WARNING"] == ["42501"]


def test_no_address_and_no_name_reaches_the_log(
    subscriber: ModuleType, admin: Admin, aws: Aws, written: Output
) -> None:
    quux = {"name": "Zacharias Quux", "email": "zacharias@quux.example"}
    bad = (
        {**quux, "name": quux["name"] + "\x00"},
        {**quux, "name": quux["name"] * 20},
        {**quux, "synthetic": quux["name"]},
        {**quux, "published_at": quux["email"]},
    )
    records = [
        events.record(events.message(n, **more), n, receives=20) for n, more in enumerate((quux, *bad), 1)
    ]
    call(subscriber, *records, events.record('{"name": "Zacharias Quux"', 9, receives=20))
    output = written()
    assert output.metrics["RowsRejected"] == [5]
    assert not re.search("zacharias|quux", output.text, re.IGNORECASE)
