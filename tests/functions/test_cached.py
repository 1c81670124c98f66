"""GETs through the cache: what is kept, what never is, and how old an answer may be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from api import cached
from api.cached import Looked, keep, look
from api.pages import Asked
from common import epoch
from common.cache import Cache
from sereno.local.valkey import Valkey
from tests.functions import events
from tests.functions.conftest import ROOT, Configure, Context, Written
from tests.functions.test_api import ID, USER, Admin, call, insert

LIST, ONE = events.http("GET", "/users"), events.http("GET", f"/users/{ID}")
OTHER = ID[:-1] + "b"
LONG = 60.0  # seconds, beyond any test

Output = Callable[[], Written]
On = Callable[..., None]


@pytest.fixture
def on(api: ModuleType, configure: Configure, valkey: Valkey, anyone: Cache) -> Iterator[On]:
    """Gives a function its environment, the cache on."""

    def put(function: str = "api", **more: str) -> None:
        configure(function, CACHE_HOST="127.0.0.1", CACHE_PORT=str(valkey.port), **more)

    put()
    yield put
    used = cached.cache()
    if used:
        used.close()


@pytest.fixture
def anyone(configure: Configure, valkey: Valkey) -> Iterator[Cache]:
    """A client that may do anything."""
    where = {"CACHE_HOST": "127.0.0.1", "CACHE_PORT": str(valkey.port)}
    configure("api", **where, CACHE_USER="anyone", CACHE_TIMEOUT_MS="20000")  # however busy the machine
    made = Cache.of(os.environ)
    configure("api", **where)
    yield made
    made.close()


def counts(written: Written) -> dict[str, list[float]]:
    return {name: values for name, values in written.metrics.items() if name.startswith("Cache")}


def test_the_database_is_asked_for_a_user_once(
    api: ModuleType, on: On, admin: Admin, written: Output
) -> None:
    insert(admin)
    assert call(api, ONE)[:2] == (200, USER)
    assert counts(written()) == {"CacheHits": [0], "CacheMisses": [1], "CacheUnavailable": [0]}
    admin.execute("TRUNCATE users")
    assert call(api, ONE)[:2] == (200, USER)
    wrote = written()
    assert counts(wrote) == {"CacheHits": [1], "CacheMisses": [0], "CacheUnavailable": [0]}
    assert "DatabaseUnavailable" not in wrote.metrics  # it was not asked


def test_an_answer_from_the_cache_is_the_databases_to_the_byte(api: ModuleType, on: On, admin: Admin) -> None:
    insert(admin)
    for event in (ONE, LIST, events.http("GET", "/users", query={"limit": "1"})):
        first, second = (api.handler(event, Context()) for _ in range(2))
        assert first == second


def test_what_is_not_there_is_asked_for_until_it_is(api: ModuleType, on: On, admin: Admin) -> None:
    assert call(api, ONE)[0] == 404
    insert(admin)
    assert call(api, ONE)[0] == 200


def test_a_canarys_row_is_asked_for_every_time(api: ModuleType, on: On, admin: Admin) -> None:
    insert(admin, synthetic=True)
    assert call(api, ONE)[0] == 200
    admin.execute("TRUNCATE users")
    assert call(api, ONE)[0] == 404


def test_a_failure_is_not_kept(api: ModuleType, on: On, admin: Admin) -> None:
    on(DB_PORT="1")
    assert [call(api, each)[0] for each in (ONE, LIST)] == [503, 503]
    api.database.cache_clear()
    on()
    insert(admin)
    assert [call(api, each)[0] for each in (ONE, LIST)] == [200, 200]


def test_without_a_database_what_is_kept_is_answered(api: ModuleType, on: On, admin: Admin) -> None:
    insert(admin)
    call(api, ONE)
    api.database().close()
    api.database.cache_clear()
    on(DB_PORT="1")
    assert [call(api, ONE)[0], call(api, events.http("GET", f"/users/{OTHER}"))[0]] == [200, 503]


def test_a_page_is_kept_until_the_epoch_ends(api: ModuleType, on: On, admin: Admin, anyone: Cache) -> None:
    insert(admin)
    call(api, LIST)
    insert(admin, OTHER)
    assert [user["id"] for user in call(api, LIST)[1]["users"]] == [ID]
    epoch.renew(anyone)
    assert [user["id"] for user in call(api, LIST)[1]["users"]] == [OTHER, ID]


def page(api: ModuleType, query: dict[str, str]) -> dict[str, Any]:
    return call(api, events.http("GET", "/users", query=query))[1]


def test_pages_are_told_apart(api: ModuleType, on: On, admin: Admin) -> None:
    for last in "0123":
        insert(admin, ID[:-1] + last)
    queries: list[dict[str, str]] = [{}, {"limit": "1"}, {"limit": "2"}]
    queries.append(
        {"limit": "1", "after": call(api, events.http("GET", "/users", query={"limit": "1"}))[1]["next"]}
    )
    answers = [[call(api, events.http("GET", "/users", query=q))[1] for q in queries] for _ in range(2)]
    assert answers[0] == answers[1]
    assert [[user["id"][-1] for user in answer["users"]] for answer in answers[0]] == [
        ["3", "2", "1", "0"],
        ["3"],
        ["3", "2"],
        ["2"],
    ]


@pytest.mark.parametrize(
    ("record", "ends"),
    [
        pytest.param(events.record(events.message(1), 1), True, id="a person's row ends the epoch"),
        pytest.param(events.record(events.message(1, synthetic=True), 1), False, id="a canary's does not"),
        pytest.param(events.record("{", 1), False, id="nor does what is no row"),
    ],
)
def test_the_subscriber(
    subscriber: ModuleType, on: On, admin: Admin, anyone: Cache, record: dict[str, Any], ends: bool
) -> None:
    on("subscriber")
    before = epoch.settled(anyone)
    subscriber.handler(events.batch(record), Context())
    assert (anyone.read(epoch.KEY) != [before]) == ends
    if subscriber.cache():
        subscriber.cache().close()


def test_a_row_whose_first_answer_was_lost_ends_the_epoch_too(
    subscriber: ModuleType, on: On, admin: Admin, anyone: Cache
) -> None:
    on("subscriber")
    record = events.record(events.message(1), 1)
    subscriber.handler(events.batch(record), Context())
    before = anyone.read(epoch.KEY)
    subscriber.handler(events.batch(record), Context())  # a duplicate, as far as the subscriber knows
    assert anyone.read(epoch.KEY) != before
    subscriber.cache().close()


def test_without_a_cache_rows_are_stored_and_said_to_be_untold(
    subscriber: ModuleType, on: On, admin: Admin, valkey: Valkey, written: Output
) -> None:
    on("subscriber")
    valkey.stop()
    batches = [events.batch(events.record(events.message(n), n)) for n in (1, 2)]
    answers = [subscriber.handler(batch, Context()) for batch in batches]
    wrote = written()
    assert answers == [{"batchItemFailures": []}] * 2
    assert (wrote.metrics["RowsStored"], counts(wrote)) == ([1, 1], {"CacheUnavailable": [1, 1]})
    untold = [line for line in wrote.logs if line["message"] == "The cache was not told of new rows"]
    assert [line["reason"] for line in untold] == ["ConnectionError"]  # once: it is left alone then


def test_without_a_cache_gets_are_answered_and_counted(
    api: ModuleType, on: On, admin: Admin, valkey: Valkey, written: Output
) -> None:
    insert(admin)
    valkey.stop()
    assert [call(api, each)[0] for each in (ONE, LIST, ONE)] == [200, 200, 200]
    wrote = written()
    assert counts(wrote) == {"CacheHits": [0] * 3, "CacheMisses": [0] * 3, "CacheUnavailable": [1] * 3}
    assert [line["reason"] for line in wrote.logs if line["level"] == "WARNING"] == ["ConnectionError"]
    assert wrote.metrics["GetFast"] == [1, 1, 1]


def test_a_cache_lost_between_question_and_answer_is_counted_once(
    api: ModuleType, on: On, admin: Admin, valkey: Valkey, monkeypatch: pytest.MonkeyPatch, written: Output
) -> None:
    insert(admin)
    ask = api._ask_database
    monkeypatch.setattr(api, "_ask_database", lambda asked: (ask(asked), valkey.stop())[0])
    assert call(api, ONE)[0] == 200
    assert sum(counts(written())["CacheUnavailable"]) == 1


@pytest.mark.parametrize(
    "value", ["", "-", "-\n", "-\n{", "-\n[]", "-\n7", "other\n{}", "\x00", "-\n" + "[" * 9999]
)
def test_what_is_none_of_ours_is_a_miss(
    api: ModuleType, on: On, admin: Admin, anyone: Cache, value: str
) -> None:
    insert(admin)
    anyone.write(f"users:1:one:{ID}", value, 60_000)
    assert call(api, ONE)[:2] == (200, USER)
    assert cached.opened(*anyone.read(f"users:1:one:{ID}"), "-") == USER


def test_nothing_of_a_person_is_logged_nor_any_token(
    api: ModuleType, on: On, admin: Admin, valkey: Valkey, written: Output
) -> None:
    insert(admin)
    call(api, ONE)
    valkey.stop()
    call(api, ONE)
    text = written().text
    assert [word for word in ("ana@", '"Ana"', ID, "X-Amz-Signature", "AWS_SECRET") if word in text] == []


def milliseconds(anyone: Cache, key: str) -> int:
    found: int = anyone._ask(lambda client: client.pttl(key))
    return found


@pytest.mark.parametrize(
    ("event", "key", "seconds"),
    [
        pytest.param(ONE, f"users:1:one:{ID}", 300, id="a user"),
        pytest.param(LIST, "users:{pages}:1:20:", 5, id="a page"),
    ],
)
def test_is_kept_for_as_long_as_pipeline_yaml_says(
    api: ModuleType, on: On, admin: Admin, anyone: Cache, event: dict[str, Any], key: str, seconds: int
) -> None:
    insert(admin)
    call(api, event)
    assert seconds - 2 < milliseconds(anyone, key) / 1000 <= seconds


def test_the_time_counts_from_before_the_database_was_asked(on: On, anyone: Cache) -> None:
    looked = look(anyone, Asked())
    keep(anyone, replace(looked, since=time.monotonic() - 3), {"users": []}, 5)
    assert milliseconds(anyone, looked.key) <= 2_000
    late = replace(looked, key="users:{pages}:1:7:", since=time.monotonic() - 6)
    keep(anyone, late, {"users": []}, 5)
    assert anyone.read(late.key) == [None]


def test_a_fill_that_comes_after_the_epoch_ended_is_not_shown(anyone: Cache) -> None:
    looked = look(anyone, Asked())
    epoch.renew(anyone)
    keep(anyone, looked, {"users": ["old"]}, LONG)
    assert look(anyone, Asked()).content is None


IMPORTED = """
import json, sys, types
from api import handler
context = types.SimpleNamespace(aws_request_id="r", get_remaining_time_in_millis=lambda: 9000)
answer = handler.handler(json.loads(sys.argv[1]), context)
print(answer["statusCode"], *(name in sys.modules for name in ("valkey", "common.cache")))
"""


@pytest.mark.parametrize(
    ("host", "imported"), [("", "False False"), ("127.0.0.1", "True True")], ids=["off", "on"]
)
def test_a_start_pays_for_the_client_only_where_the_cache_is(
    api: ModuleType, admin: Admin, host: str, imported: str
) -> None:
    env = {**os.environ, "CACHE_HOST": host, "CACHE_PORT": "1"}
    command = [sys.executable, "-c", IMPORTED, json.dumps(LIST)]
    done = subprocess.run(
        command, cwd=ROOT / "functions", env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == f"200 {imported}"


class Law(RuleBasedStateMachine):
    """Readers and writers in any order; the server forgets, fills come late or never, word gets lost.

    The database is the number of its rows. A page shown must have every row whose epoch was
    ended before the question.
    """

    cache: Cache

    def __init__(self) -> None:
        super().__init__()
        self.rows, self.told = 0, 0
        self.asked: list[Looked] = []
        self.read: list[tuple[Looked, int]] = []
        self.cache._ask(lambda client: client.flushall())

    @rule()
    def commit(self) -> None:
        self.rows += 1

    @rule()
    def end_the_epoch(self) -> None:
        rows = self.rows
        epoch.renew(self.cache)
        self.told = rows

    @rule()
    def ask(self) -> None:
        looked = look(self.cache, Asked())
        if looked.content is None:
            self.asked.append(looked)
        else:
            assert self.told <= looked.content["rows"] <= self.rows

    @rule()
    def get(self) -> None:
        """All of it at once, as it mostly happens."""
        self.ask()
        if self.asked:
            keep(self.cache, self.asked.pop(), {"rows": self.rows}, LONG)

    @precondition(lambda self: self.asked)
    @rule(which=st.randoms(use_true_random=False))
    def read_the_database(self, which: Any) -> None:
        self.read.append((self.asked.pop(which.randrange(len(self.asked))), self.rows))

    @precondition(lambda self: self.read)
    @rule(which=st.randoms(use_true_random=False))
    def fill(self, which: Any) -> None:
        looked, rows = self.read[which.randrange(len(self.read))]  # perhaps once more, as after a lost answer
        keep(self.cache, looked, {"rows": rows}, LONG)

    @rule(what=st.sampled_from(["epoch", "page"]))
    def forget(self, what: str) -> None:
        key = epoch.KEY if what == "epoch" else "users:{pages}:1:20:"
        self.cache._ask(lambda client: client.delete(key))


def test_a_page_shown_has_every_row_whose_epoch_was_ended(anyone: Cache) -> None:
    run_state_machine_as_test(
        type("OnThisServer", (Law,), {"cache": anyone}),
        settings=settings(max_examples=100, stateful_step_count=30, deadline=None, database=None),
    )
