"""infra/pipeline.yaml: that its figures fit each other and AWS."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.functions.conftest import ROOT, pipeline

WHOLE = pipeline()
QUEUE, DEAD = WHOLE["queue"], WHOLE["queue"]["dead_letter"]
FUNCTIONS: dict[str, dict[str, Any]] = WHOLE["functions"]
API, SUBSCRIBER, CANARY = (FUNCTIONS[name] for name in ("api", "subscriber", "canary"))
SOURCE = SUBSCRIBER["event_source"]
DAY = 86_400


def overlaid() -> dict[str, dict[str, Any]]:
    """The functions on one machine: the overlay's words in place of the others."""
    over = WHOLE["local"]["functions"]
    return {
        name: function
        | {key: value for key, value in over[name].items() if not isinstance(value, dict)}
        | {"environment": function["environment"] | over[name].get("environment", {})}
        for name, function in FUNCTIONS.items()
    }


def test_a_message_stays_hidden_while_its_batch_may_still_be_worked_on() -> None:
    assert (
        QUEUE["visibility_timeout_seconds"]
        >= 6 * SUBSCRIBER["timeout_seconds"] + SOURCE["batching_window_seconds"]
    )


def test_a_dead_letter_outlives_the_queue_it_came_from() -> None:
    assert QUEUE["message_retention_seconds"] < DEAD["message_retention_seconds"] <= 14 * DAY


def test_lambda_takes_the_batch() -> None:
    assert 10 < SOURCE["batch_size"] <= 10_000
    assert 1 <= SOURCE["batching_window_seconds"] <= 300
    assert SOURCE["report_batch_item_failures"]


def test_the_subscriber_is_never_throttled_by_its_own_queue() -> None:
    assert 2 <= SOURCE["maximum_concurrency"] <= SUBSCRIBER["reserved_concurrency"]


def test_all_environments_together_leave_connections_to_spare() -> None:
    held = API["reserved_concurrency"] + SUBSCRIBER["reserved_concurrency"]
    assert held <= 0.8 * WHOLE["database"]["max_connections"]


def test_a_full_batch_fits_an_event() -> None:
    """6 MB an invocation; a message has its body, at most, and 1 kB around it."""
    assert SOURCE["batch_size"] * (API["environment"]["MAX_BODY_BYTES"] + 1024) < 6_000_000


def seconds(environment: dict[str, Any]) -> float:
    """How long one statement may take: a kept connection that is lost, a new one, and the statement again."""
    connect = float(environment["DB_CONNECT_TIMEOUT_SECONDS"])
    statement = environment["DB_STATEMENT_TIMEOUT_MS"] / 1000 + 0.5
    return 2 * (connect + statement)


@pytest.mark.parametrize("functions", [FUNCTIONS, overlaid()], ids=["deployed", "on one machine"])
class TestTimes:
    """No function is ended by its own timeout while it waits for somebody else."""

    def test_a_get(self, functions: dict[str, Any]) -> None:
        assert seconds(functions["api"]["environment"]) < functions["api"]["timeout_seconds"]

    def test_a_post(self, functions: dict[str, Any]) -> None:
        declared = functions["api"]["environment"]
        attempt = declared["SNS_CONNECT_TIMEOUT_SECONDS"] + declared["SNS_READ_TIMEOUT_SECONDS"]
        pauses = declared["SNS_ATTEMPTS"] - 1  # the first of botocore's standard mode is at most a second
        assert declared["SNS_ATTEMPTS"] * attempt + pauses < functions["api"]["timeout_seconds"]

    def test_a_batch(self, functions: dict[str, Any]) -> None:
        from subscriber.handler import SPARE_MS

        declared = functions["subscriber"]
        assert seconds(declared["environment"]) + 3 <= SPARE_MS / 1000 <= 0.75 * declared["timeout_seconds"]

    def test_a_run_of_the_canary(self, functions: dict[str, Any]) -> None:
        declared = functions["canary"]["environment"]
        request = declared["CANARY_REQUEST_TIMEOUT_SECONDS"]
        longest = request + max(request, declared["CANARY_DEADLINE_SECONDS"]) + request
        assert longest < functions["canary"]["timeout_seconds"]

    def test_a_trace_on_its_way(self, functions: dict[str, Any]) -> None:
        from telemetry.otlp import MOST_SECONDS

        assert min(each["timeout_seconds"] for each in functions.values()) >= 10 * MOST_SECONDS


def test_the_gateway_waits_longer_than_the_function() -> None:
    assert API["timeout_seconds"] < WHOLE["api"]["integration_timeout_ms"] / 1000 <= 30


def test_a_run_of_the_canary_is_over_before_the_next() -> None:
    assert CANARY["schedule"] == "rate(1 minute)"
    assert CANARY["timeout_seconds"] < 60


def test_a_round_trip_is_good_when_the_row_was_fresh() -> None:
    fresh = WHOLE["thresholds"]["freshness_seconds"]
    assert CANARY["environment"]["CANARY_DEADLINE_SECONDS"] == fresh
    assert SUBSCRIBER["environment"]["FRESHNESS_THRESHOLD_SECONDS"] == fresh


def test_the_subscriber_deletes_more_than_the_canary_makes() -> None:
    assert SUBSCRIBER["environment"]["SYNTHETIC_DELETE_LIMIT"] > 1


def test_the_back_off_counts_as_the_queue_does() -> None:
    assert SUBSCRIBER["environment"]["MAX_RECEIVE_COUNT"] == DEAD["max_receive_count"]


def named_in(folder: str) -> set[str]:
    """The environment variables that a package's modules name, AWS's own aside."""
    text = "".join(file.read_text() for file in (ROOT / "functions" / folder).glob("*.py"))
    return {name for name in re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', text) if not name.startswith("AWS_")}


@pytest.mark.parametrize("name", ["api", "subscriber", "canary"])
def test_a_function_has_the_variables_it_reads_and_no_others(name: str) -> None:
    function = FUNCTIONS[name]
    shared = named_in("common") - {"DB_SECRET_ARN"} if name != "canary" else set()  # the secret's: local only
    declared = {*function["environment"], *function["environment_from"]}
    assert {each for each in declared if not each.startswith("POWERTOOLS_")} == named_in(name) | shared


def test_names_are_minted_with_the_prefix() -> None:
    names = [
        WHOLE["api"]["name"],
        WHOLE["topic"]["name"],
        QUEUE["name"],
        DEAD["name"],
        WHOLE["database"]["cluster"],
    ]
    assert [*names, *(each["name"] for each in FUNCTIONS.values())] == [
        "sereno-test-users",
        "sereno-test-users",
        "sereno-test-users",
        "sereno-test-users-dlq",
        "sereno-test",
        "sereno-test-api",
        "sereno-test-subscriber",
        "sereno-test-canary",
    ]


CACHE = WHOLE["cache"]


def test_a_get_that_loses_the_cache_and_asks_a_healthy_database_is_still_fast() -> None:
    lost = 2 * API["environment"]["CACHE_TIMEOUT_MS"]  # to look, and to keep
    assert lost < WHOLE["thresholds"]["get_latency_ms"]


def test_a_page_whose_end_was_not_told_is_well_within_the_promise_of_freshness() -> None:
    assert API["environment"]["CACHE_PAGE_SECONDS"] <= WHOLE["thresholds"]["freshness_seconds"] / 5


@pytest.mark.parametrize("function", ["api", "subscriber"])
def test_a_function_signs_in_to_the_cache_as_its_own_user(function: str) -> None:
    environment = FUNCTIONS[function]["environment"]
    assert environment["CACHE_USER"] == CACHE["users"][function]["name"] == FUNCTIONS[function]["name"]
    assert environment["CACHE_NAME"] == CACHE["name"]


@pytest.mark.parametrize(
    ("function", "keys", "commands"),
    [("api", "~users:*", {"mget", "set"}), ("subscriber", "~users:{pages}:epoch", {"set"})],
)
def test_a_user_of_the_cache_has_the_commands_of_its_function(
    function: str, keys: str, commands: set[str]
) -> None:
    on, key, nothing, *allowed = CACHE["users"][function]["access"].split()
    assert (on, key, nothing) == ("on", keys, "-@all")
    assert {word.removeprefix("+") for word in allowed} == commands


def test_names_are_short_enough_for_elasticache_in_the_longest_environment() -> None:
    longest = "sereno-" + "e" * 12
    names = [CACHE["name"], *(user["name"] for user in CACHE["users"].values())]
    assert [n for n in names if len(n.replace("sereno-test", longest)) > 40] == []
