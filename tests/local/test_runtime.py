"""Functions run as on Lambda: the real runtime client, its environments, errors, limits and metrics."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from sereno.local.children import Children
from sereno.local.environment import Config
from sereno.local.runtime import Function, Result, Runtime

TASK = Path(__file__).with_name("task")


class Seen:
    """A `Put` and a `LogSink` that keep all they get."""

    def __init__(self) -> None:
        self.metrics: dict[str, list[float]] = defaultdict(list)
        self.dimensions: Counter[tuple[str, str]] = Counter()
        self.lines: Queue[str] = Queue()

    def put(
        self,
        namespace: str,
        metric: str,
        dimensions: Mapping[str, str],
        values: Sequence[float],
        *,
        at: float | None = None,
        unit: str = "None",
    ) -> None:
        self.metrics[f"{namespace} {metric}"] += values
        self.dimensions.update(dimensions.items())

    def log(self, function: str, line: str, wall: float) -> None:
        self.lines.put(f"{function}: {line}")


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def runtime(seen: Seen) -> Iterator[Runtime]:
    children = Children()
    made = Runtime(children, seen.put, seen.log)
    yield made
    made.close()
    children.close()


def config(**changes: Any) -> Config:
    return Config(**({"name": "probe", "handler": "probe.handler", "root": TASK, "timeout": 5.0} | changes))


def call(function: Function, **event: Any) -> Any:
    result = function.invoke(json.dumps(event).encode())
    return json.loads(result.payload)


def test_the_first_invocation_is_cold_and_the_next_reuses_its_environment(runtime: Runtime) -> None:
    function = runtime.add(config())
    first, second = call(function), call(function)
    assert (first["cold"], second["cold"], first["pid"] == second["pid"]) == (True, False, True)


def test_the_context_is_lambdas(runtime: Runtime) -> None:
    function = runtime.add(config(timeout=7.0))
    result = function.invoke(b'{"n": 1}', request_id="0b5c4bd7-3a55-4d6c-b6c4-0a6d5f6d8f11")
    said = json.loads(result.payload)
    assert said["request"] == "0b5c4bd7-3a55-4d6c-b6c4-0a6d5f6d8f11"
    assert said["arn"] == "arn:aws:lambda:us-east-1:000000000000:function:probe"
    assert said["name"] == "probe"
    assert said["event"] == {"n": 1}
    assert 6_000 < said["left"] <= 7_000


def test_the_environment_is_lambdas_and_nothing_of_the_host(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_CA_BUNDLE", "HTTPS_PROXY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "of the host")
    function = runtime.add(config(memory=256, variables={"OURS": "a", "AWS_ACCESS_KEY_ID": "key"}))
    env = call(function)["environment"]
    assert "of the host" not in env.values()
    expected = {
        "_HANDLER": "probe.handler",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_NAME": "probe",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": "us-east-1",
        "LAMBDA_TASK_ROOT": str(TASK),
        "OURS": "a",
        "TZ": ":UTC",
    }
    assert {name: env.get(name) for name in expected} == expected


def test_the_trace_given_is_the_trace_the_function_sees(runtime: Runtime) -> None:
    function = runtime.add(config())
    trace = "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1"
    result = function.invoke(b"{}", trace=trace)
    assert json.loads(result.payload)["environment"]["_X_AMZN_TRACE_ID"] == trace


@pytest.mark.parametrize(
    ("changes", "event", "kind", "words"),
    [
        ({}, {"do": "raise"}, "ValueError", "as told"),
        ({"handler": "probe.broken"}, {}, "NameError", "name 'unknown' is not defined"),
        ({"handler": "absent.handler"}, {}, "Runtime.ImportModuleError", "Unable to import module 'absent'"),
        ({"handler": "probe.absent"}, {}, "Runtime.HandlerNotFound", "Handler 'absent' missing on module"),
        ({"handler": "unimportable.handler"}, {}, "RuntimeError", "at import"),
        (
            {"timeout": 0.3},
            {"do": "sleep", "seconds": 60},
            "Sandbox.Timedout",
            "timed out after 0.30 seconds",
        ),
        ({}, {"do": "exit"}, "Runtime.ExitError", "Runtime exited with error: exit status 3"),
        ({}, {"do": "fill", "bytes": 6_291_560}, "Function.ResponseSizeTooLarge", "6291556 bytes"),
    ],
    ids=[
        "a handler that raises",
        "a handler with a bug",
        "a module that is not there",
        "a handler that is not there",
        "a module that fails on import",
        "a handler over its timeout",
        "a handler that ends its process",
        "an answer over 6 MB",
    ],
)
def test_a_failure_is_answered_as_lambda_does_and_the_next_invocation_is_served(
    runtime: Runtime, seen: Seen, changes: dict[str, Any], event: dict[str, Any], kind: str, words: str
) -> None:
    function = runtime.add(config(**changes))
    result = function.invoke(json.dumps(event).encode())
    said = json.loads(result.payload)
    assert (result.failed, said["errorType"]) == (True, kind)
    assert words in said["errorMessage"]
    assert seen.metrics["AWS/Lambda Errors"] == [1.0]
    function.configure(handler="probe.handler", timeout=5.0)
    assert call(function, n=2)["event"] == {"n": 2}


def test_an_environment_survives_its_handlers_errors_but_not_a_timeout(runtime: Runtime) -> None:
    function = runtime.add(config(timeout=1.0))
    first = call(function)["pid"]
    call(function, do="raise")
    assert call(function)["pid"] == first
    call(function, do="sleep", seconds=60)
    assert call(function)["pid"] != first


def concurrently(function: Function, seen: Seen, seconds: float, times: int) -> list[Result]:
    """Invocations at once, each begun only when the one before is under way."""
    results: list[Result] = []
    event = json.dumps({"do": "sleep", "seconds": seconds}).encode()
    threads = [threading.Thread(target=lambda: results.append(function.invoke(event))) for _ in range(times)]
    for thread in threads:
        thread.start()
        while seen.lines.get(timeout=10) != "probe: asleep":
            pass
    for thread in threads:
        thread.join()
    return results


def test_invocations_at_once_have_environments_of_their_own(runtime: Runtime, seen: Seen) -> None:
    results = concurrently(runtime.add(config()), seen, 1.0, 2)
    assert len({json.loads(r.payload)["pid"] for r in results}) == 2
    assert sorted(seen.metrics["AWS/Lambda ConcurrentExecutions"]) == [1.0, 2.0]


def test_past_the_reserved_concurrency_an_invocation_is_throttled(runtime: Runtime, seen: Seen) -> None:
    function = runtime.add(config(reserved=1))
    thread = threading.Thread(target=lambda: concurrently(function, seen, 1.0, 1))
    thread.start()
    while not function.busy:
        time.sleep(0.01)
    result = function.invoke(b"{}")
    thread.join()
    assert (result.throttled, result.failed) == (True, True)
    assert seen.metrics["AWS/Lambda Throttles"] == [1.0, 0.0]
    assert seen.metrics["AWS/Lambda Invocations"] == [1.0]


def test_every_invocation_leaves_the_metrics_of_lambda(runtime: Runtime, seen: Seen) -> None:
    function = runtime.add(config())
    call(function)
    call(function, do="raise")
    assert seen.metrics["AWS/Lambda Invocations"] == [1.0, 1.0]
    assert seen.metrics["AWS/Lambda Errors"] == [0.0, 1.0]
    assert seen.metrics["AWS/Lambda Throttles"] == [0.0, 0.0]
    assert all(0 < ms < 5_000 for ms in seen.metrics["AWS/Lambda Duration"])
    assert set(seen.dimensions) == {("FunctionName", "probe")}


def test_what_a_function_prints_is_its_log(runtime: Runtime, seen: Seen) -> None:
    call(runtime.add(config()), do="say", words="a line")
    lines = [seen.lines.get(timeout=5) for _ in range(5)]
    assert lines.count("probe: a line") == 2
    assert [line.split(" ")[1] for line in lines if "a line" not in line] == ["START", "END", "REPORT"]


def test_a_new_configuration_starts_cold_with_its_own_variables(runtime: Runtime) -> None:
    function = runtime.add(config(variables={"STAGE": "old"}))
    old = call(function)
    function.configure(variables={"STAGE": "new"})
    new = call(function)
    assert (old["environment"]["STAGE"], new["environment"]["STAGE"], new["cold"]) == ("old", "new", True)


def post(url: str, body: bytes) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(url, body) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_over_http_an_event_is_invoked_with_the_trace_of_its_headers(runtime: Runtime) -> None:
    runtime.add(config())
    trace = "Root=1-67891233-abcdef012345678912345678"
    status, said = post(runtime.url("probe"), json.dumps({"headers": {"x-amzn-trace-id": trace}}).encode())
    assert (status, said["environment"]["_X_AMZN_TRACE_ID"]) == (200, trace)
    assert post(runtime.url("probe"), b'{"do": "raise"}')[0] == 500
    assert post(runtime.url("absent"), b"{}")[0] == 404


def test_the_plain_python_runtime_client_does_what_the_native_one_does(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = Path(__file__).parents[2] / "src" / "sereno" / "local" / "shim"
    function = runtime.add(config(variables={"PYTHONPATH": str(shim)}))
    said = call(function, n="ü" * 70_000)
    assert said["client"] == str(shim / "runtime_client.py")
    assert said["event"] == {"n": "ü" * 70_000}
    assert 4_000 < said["left"] <= 5_000
    assert call(function, do="raise")["errorType"] == "ValueError"
    assert call(function, n=3)["pid"] == said["pid"]
