"""Metrics as they are written."""

from __future__ import annotations

import json
import warnings

import pytest

from sereno.vendors.cloudwatch.limits import check_resources
from telemetry import metrics, signals


@pytest.fixture
def namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Sereno/test")


def test_emf_has_the_service_for_its_one_dimension(
    namespace: None, capsys: pytest.CaptureFixture[str]
) -> None:
    collected = metrics.collector("users-api")
    collected.add(signals.GET_LATENCY, 12.5)
    collected.add(signals.GET_LATENCY, 37.5)
    collected.add(signals.GET_ANSWERED, 1)
    collected.flush()
    line = json.loads(capsys.readouterr().out)
    assert line.pop("_aws")["CloudWatchMetrics"] == [
        {
            "Namespace": "Sereno/test",
            "Dimensions": [["service"]],
            "Metrics": [
                {"Name": "GetLatency", "Unit": "Milliseconds"},
                {"Name": "GetAnswered", "Unit": "Count"},
            ],
        }
    ]
    assert line == {"service": "users-api", "GetLatency": [12.5, 37.5], "GetAnswered": [1.0]}


def test_what_an_invocation_left_is_not_written_by_the_next(
    namespace: None, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics.collector("users-api").add(signals.GET_FAST, 1)
    following = metrics.collector("users-api")
    following.add(signals.GET_ANSWERED, 1)
    following.flush()
    assert "GetFast" not in capsys.readouterr().out


def test_datadog_takes_a_line_a_value(
    namespace: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SERENO_METRICS", "datadog")
    collected = metrics.collector("users-subscriber")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        metrics.add_each(collected, signals.PUBLISH_TO_ROW, (12.5, 37.5))
        collected.flush()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["m"], line["v"]) for line in lines] == [
        ("users.publish_to_row", 12.5),
        ("users.publish_to_row", 37.5),
    ]
    assert {tuple(line["t"]) for line in lines} == {("service:users-subscriber", "env:test")}


def test_what_is_emitted_keeps_the_limits_of_the_format(
    namespace: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every signal there is, each more often than a line may hold it."""
    emitted = [each for each in vars(signals).values() if isinstance(each, signals.Signal)]
    collected = metrics.collector("users-api")
    for each in emitted:
        metrics.add_each(collected, each, [float(n) for n in range(250)])
    collected.flush()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [problem for line in lines for problem in check_resources(line, "line")] == []
    assert {name for line in lines for name in line} >= {each.name for each in emitted}
