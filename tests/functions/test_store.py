"""A batch to rows: the halving by itself, and the statement in a real PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.database import Database
from common.faults import Refused, Unavailable
from subscriber import store
from subscriber.messages import Row
from subscriber.store import Outcome
from tests.functions.conftest import Configure

Admin = psycopg.Connection[tuple[Any, ...]]


def row(id_: str, **more: Any) -> Row:
    facts = {"name": "Ana", "email": "ana@example.org", "synthetic": False}
    return Row(id_, **(facts | {"published_at": "2026-11-24T10:15:00+00:00"} | more))


@dataclass
class Table:
    """What `store` is given to insert with: refuses some ids, and goes away after some statements."""

    bad: frozenset[str] = frozenset()
    leaves_after: int = 10_000
    rows: set[str] = field(default_factory=set)
    statements: int = 0

    def insert(self, rows: Sequence[Row]) -> Mapping[str, float]:
        self.statements += 1
        if self.statements > self.leaves_after:
            raise Unavailable("57P01")
        ids = {each.message_id for each in rows}
        if ids & self.bad:
            raise Refused("22P05")
        new = ids - self.rows
        self.rows |= ids
        return dict.fromkeys(new, 1.5)


def always() -> bool:
    return True


ids = st.integers(0, 60).map(str)


@given(batch=st.lists(ids, max_size=40), bad=st.frozensets(ids, max_size=9), there=st.frozensets(ids))
def test_the_good_are_stored_whatever_the_bad(
    batch: list[str], bad: frozenset[str], there: frozenset[str]
) -> None:
    table = Table(bad, rows=set(there - bad))
    outcome = store.store([row(id_) for id_ in batch], table.insert, always)
    assert table.rows == (there - bad) | (set(batch) - bad)
    assert set(outcome.stored) == set(batch) - bad - there
    assert set(outcome.refused) == set(batch) & bad
    assert (outcome.waiting, outcome.unavailable) == (frozenset(), None)


@given(batch=st.lists(ids, max_size=40), bad=st.frozensets(ids, max_size=9), statements=st.integers(0, 12))
def test_what_is_not_known_to_be_stored_or_bad_waits(
    batch: list[str], bad: frozenset[str], statements: int
) -> None:
    table = Table(bad, leaves_after=statements)
    outcome = store.store([row(id_) for id_ in batch], table.insert, always)
    assert set(outcome.stored) == table.rows
    assert set(batch) == table.rows | set(outcome.refused) | outcome.waiting
    assert bool(outcome.unavailable) == (table.statements > statements)


@pytest.mark.parametrize(
    ("bad", "statements"), [(0, 1), (1, 15), (100, 199)], ids=["none bad", "one bad of 100", "all 100 bad"]
)
def test_statements_needed(bad: int, statements: int) -> None:
    table = Table(frozenset(f"{number:03d}" for number in range(bad)))
    store.store([row(f"{number:03d}") for number in range(100)], table.insert, always)
    assert table.statements <= statements


def test_when_time_is_up_the_rest_waits() -> None:
    table = Table(frozenset({"3"}))
    outcome = store.store(
        [row(str(number)) for number in range(8)], table.insert, lambda: table.statements < 3
    )
    assert outcome == Outcome(stored={"0": 1.5, "1": 1.5}, waiting=frozenset("234567"))


def test_rows_take_their_locks_in_one_order() -> None:
    seen: list[str] = []

    def insert(rows: Sequence[Row]) -> Mapping[str, float]:
        seen.extend(each.message_id for each in rows)
        return {}

    store.store([row("c"), row("a"), row("b")], insert, always)
    assert seen == ["a", "b", "c"]


def test_no_rows_need_no_statement() -> None:
    table = Table()
    assert store.store([], table.insert, always) == Outcome()
    assert table.statements == 0


@pytest.fixture
def database(configure: Configure) -> Iterator[Database]:
    configure("subscriber")
    database = Database.of(os.environ)
    yield database
    database.close()


def stored(admin: Admin) -> list[str]:
    return [found[0] for found in admin.execute("SELECT message_id FROM users ORDER BY message_id")]


def test_a_row_is_stored_with_the_databases_clock(database: Database, admin: Admin) -> None:
    [(before,)] = admin.execute("SELECT clock_timestamp()").fetchall()
    lags = store.inserter(database)(
        [row("a", published_at=before.isoformat(), synthetic=True, name="Ñandú 😀")]
    )
    [found] = admin.execute(
        "SELECT message_id, name, email, synthetic, published_at, stored_at FROM users"
    ).fetchall()
    stored_at: datetime = found[5]
    assert found[:5] == ("a", "Ñandú 😀", "ana@example.org", True, before)
    assert lags == {"a": pytest.approx((stored_at - before).total_seconds(), abs=1e-6)}
    assert 0 < lags["a"] < 5


def test_a_row_that_is_there_stays_and_is_not_new(database: Database, admin: Admin) -> None:
    insert = store.inserter(database)
    insert([row("a", name="first")])
    assert insert([row("a", name="second"), row("b"), row("b", name="third")]).keys() == {"b"}
    assert admin.execute("SELECT message_id, name FROM users ORDER BY 1").fetchall() == [
        ("a", "first"),
        ("b", "Ana"),
    ]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(row("m", name="A\x00na"), "22P05", id="NUL"),
        pytest.param(row("m", name="A\ud800na"), "22P02", id="half a surrogate pair"),
        pytest.param(row("m", name="n" * 201), "23514", id="a name longer than the table's"),
        pytest.param(row("m", name=""), "23514", id="no name"),
        pytest.param(row("m", published_at="2026-13-45T10:15:00+00:00"), "22008", id="a day that never was"),
        pytest.param(row("m", published_at="soon"), "22007", id="a word for a time"),
    ],
)
def test_a_bad_row_leaves_its_neighbours_alone(
    database: Database, admin: Admin, bad: Row, reason: str
) -> None:
    good = [row(letter) for letter in "abcxyz"]
    outcome = store.store([*good, bad], store.inserter(database), always)
    assert (set(outcome.stored), outcome.refused) == (set("abcxyz"), {"m": reason})
    assert stored(admin) == list("abcxyz")


def test_two_batches_with_the_same_ids_wait_for_each_other_and_never_lock_dead(
    database: Database, admin: Admin, configure: Configure
) -> None:
    import threading

    configure("subscriber")
    other = Database.of(os.environ)
    names = [f"{number:04d}" for number in range(400)]
    halves: list[Callable[[], object]] = [
        lambda: store.store([row(n) for n in names], store.inserter(database), always),
        lambda: store.store([row(n) for n in reversed(names)], store.inserter(other), always),
    ]
    outcomes: list[Any] = []
    threads = [threading.Thread(target=lambda half=half: outcomes.append(half())) for half in halves]  # type: ignore[misc]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert sorted(name for outcome in outcomes for name in outcome.stored) == names
    assert [outcome.unavailable for outcome in outcomes] == [None, None]


def test_only_old_rows_of_canaries_are_deleted_and_only_so_many(database: Database, admin: Admin) -> None:
    admin.execute(
        "INSERT INTO users (message_id, name, email, synthetic, published_at, stored_at)"
        " SELECT format('%s-%s', kind, n), 'n', 'e@x', kind = 'canary', now(), now() - n * interval '10 min'"
        " FROM generate_series(1, 12) n, unnest(ARRAY['canary', 'person']) kind"
    )
    assert store.delete_synthetic(database, 3600, 4) == 4
    assert (
        store.delete_synthetic(database, 3600, 4) == 3
    )  # 6 x 10 minutes are past 3600 s by the time it runs
    assert store.delete_synthetic(database, 3600, 4) == 0
    assert stored(admin) == sorted(
        [f"canary-{n}" for n in range(1, 6)] + [f"person-{n}" for n in range(1, 13)]
    )
