"""What CloudWatch would extract from a function's log lines, and what it would refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_lambda_powertools import Metrics
from hypothesis import given
from hypothesis import strategies as st

from sereno.local.clock import Clock
from sereno.local.emf import Datum, Emf, Malformed, extract, read
from sereno.local.metrics import MetricStore, key

NOW = 1_800_000_000.0


def _document(**members: Any) -> dict[str, Any]:
    directive = {
        "Namespace": "Sereno/local",
        "Dimensions": [["service"]],
        "Metrics": [{"Name": "GetLatency", "Unit": "Milliseconds"}],
    }
    meta = {"Timestamp": int(NOW * 1000), "CloudWatchMetrics": [directive]}
    return {"_aws": meta, "service": "users-api", "GetLatency": 12.5} | members


def _changed(path: str, value: Any) -> dict[str, Any]:
    """The good document with the member at `path` (dots between names) replaced."""
    document = _document()
    holder: Any = document
    *way, last = path.split(".")
    for name in way:
        holder = holder[int(name) if name.isdigit() else name]
    holder[last] = value
    return document


FIRST = "_aws.CloudWatchMetrics.0"
GET = Datum("Sereno/local", "GetLatency", {"service": "users-api"}, (12.5,), "Milliseconds")


@pytest.mark.parametrize(
    ("document", "found"),
    [
        pytest.param(_document(), [GET], id="one metric of one dimension set"),
        pytest.param(
            _document(GetLatency=[3, 1.5]),
            [Datum(GET.namespace, GET.metric, GET.dimensions, (3.0, 1.5), "Milliseconds")],
            id="an array is that many values",
        ),
        pytest.param(
            _changed(f"{FIRST}.Dimensions", [["service"], []]),
            [GET, Datum(GET.namespace, GET.metric, {}, (12.5,), "Milliseconds")],
            id="each dimension set is a metric of its own, the empty one too",
        ),
        pytest.param(
            _changed(f"{FIRST}.Metrics", [{"Name": "GetLatency", "StorageResolution": 1}]),
            [Datum(GET.namespace, GET.metric, GET.dimensions, (12.5,), "None", 1)],
            id="without a unit it is None, and high resolution is kept when asked for",
        ),
        pytest.param(
            _changed("_aws.CloudWatchMetrics", [_document()["_aws"]["CloudWatchMetrics"][0]] * 2),
            [GET, GET],
            id="each directive counts",
        ),
        pytest.param(_changed(f"{FIRST}.Metrics", []), [], id="a directive without metrics gives none"),
        pytest.param(_document(unrelated={"a": [1]}), [GET], id="other members are only log"),
    ],
)
def test_metrics_are_extracted(document: dict[str, Any], found: list[Datum]) -> None:
    assert list(extract(document, NOW)) == found


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (_changed("_aws", 3), "_aws is not an object"),
        (_changed("_aws.Timestamp", "now"), "_aws.Timestamp is not a number"),
        (
            _changed("_aws.Timestamp", (NOW - 15 * 86_400) * 1000),
            "_aws.Timestamp is over 14 days old or over 2 hours ahead",
        ),
        (
            _changed("_aws.Timestamp", (NOW + 3 * 3_600) * 1000),
            "_aws.Timestamp is over 14 days old or over 2 hours ahead",
        ),
        (_changed("_aws.CloudWatchMetrics", None), "_aws.CloudWatchMetrics is not an array"),
        (_changed("_aws.CloudWatchMetrics", ["x"]), "Namespace is not a text of 1 to 1024 characters"),
        (_changed(f"{FIRST}.Namespace", ""), "Namespace is not a text of 1 to 1024 characters"),
        (_changed(f"{FIRST}.Dimensions", {}), "Dimensions is not an array"),
        (
            _changed(f"{FIRST}.Dimensions", [[f"d{i}" for i in range(31)]]),
            "a dimension set is not an array of at most 30 names",
        ),
        (_changed(f"{FIRST}.Dimensions", [["stage"]]), "a dimension has no text in the document"),
        (_changed(f"{FIRST}.Dimensions", [["GetLatency"]]), "a dimension has no text in the document"),
        (_changed(f"{FIRST}.Metrics", [{"Name": "x"}] * 101), "Metrics is not an array of at most 100"),
        (_changed(f"{FIRST}.Metrics", [7]), "Name is not a text of 1 to 1024 characters"),
        (
            _document(GetLatency="fast"),
            "metric 'GetLatency' has no number, nor an array of 1 to 100 of them",
        ),
        (_document(GetLatency=True), "metric 'GetLatency' has no number, nor an array of 1 to 100 of them"),
        (_document(GetLatency=[]), "metric 'GetLatency' has no number, nor an array of 1 to 100 of them"),
        (
            _document(GetLatency=[1] * 101),
            "metric 'GetLatency' has no number, nor an array of 1 to 100 of them",
        ),
        (
            _document(GetLatency=10**400),
            "metric 'GetLatency' has no number, nor an array of 1 to 100 of them",
        ),
    ],
)
def test_what_cloudwatch_refuses_is_told(document: dict[str, Any], problem: str) -> None:
    assert [str(found) for found in extract(document, NOW)] == [problem]


def test_a_bad_metric_does_not_take_its_neighbours_with_it() -> None:
    document = _changed(f"{FIRST}.Metrics", [{"Name": "Missing"}, {"Name": "GetLatency"}])
    bad, good = extract(document, NOW)
    assert isinstance(bad, Malformed)
    assert isinstance(good, Datum)
    assert good.values == (12.5,)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "START RequestId: 1",
        '{"level":"INFO"}',
        '["_aws"]',
        '{"a":"_aws"}',
        '{"message":"say \\"_aws\\""}',
        '"_aws"',
    ],
)
def test_other_lines_are_no_metrics(line: str) -> None:
    assert read(line) is None


@pytest.mark.parametrize(
    "line",
    ['{"_aws":', '{"_aws": NaN}', '{"x":' * 100_000 + '"_aws"'],
    ids=["cut short", "a number JSON has not", "nested without end"],
)
def test_a_line_that_means_to_be_emf_and_is_no_json_is_malformed(line: str) -> None:
    with pytest.raises(Malformed, match="not JSON"):
        read(line)


def test_values_land_in_the_minute_in_which_their_line_arrived() -> None:
    store = MetricStore(Clock(warp=60.0))
    wall = store.clock.t0 + 3  # three seconds in: three metric minutes
    Emf(store)("sereno-local-api", json.dumps(_document() | _stamped(wall)), wall)
    minute = int(store.clock.metric(wall)) // 60 * 60
    assert store.read(key("Sereno/local", "GetLatency", {"service": "users-api"}), minute, minute + 60).total[
        0
    ] == pytest.approx(12.5)


def _stamped(wall: float) -> dict[str, Any]:
    document = _document()
    document["_aws"]["Timestamp"] = int(wall * 1000)
    return {"_aws": document["_aws"]}


def test_malformed_lines_are_counted_where_cloudwatch_counts_them_and_never_quoted() -> None:
    store = MetricStore(Clock())
    emf = Emf(store)
    wall = store.clock.t0
    emf("sereno-local-api", '{"_aws": "ann@example.com"', wall)
    emf("sereno-local-api", '{"_aws": "ann@example.com"}', wall)
    assert list(emf.problems) == [
        ("sereno-local-api", "the line is not JSON"),
        ("sereno-local-api", "_aws is not an object"),
    ]
    group = {"LogGroupName": "/aws/lambda/sereno-local-api"}
    minute = int(wall) // 60 * 60
    counted = {
        name: store.read(key("AWS/Logs", name, group), minute, minute + 60).total[0] for name in emf.counts
    }
    assert counted == {"EMFParsingErrors": 1.0, "EMFValidationErrors": 1.0}


def test_what_powertools_writes_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = Metrics(namespace="Sereno/local", service="users-subscriber")
    metrics.add_metric("RowsStored", "Count", 2)
    metrics.add_metric("PublishToRow", "Milliseconds", 31)
    metrics.add_metric("PublishToRow", "Milliseconds", 17.5)
    metrics.flush_metrics()
    store = MetricStore(Clock())
    wall = store.clock.t0
    Emf(store)("sereno-local-subscriber", capsys.readouterr().out.strip(), wall)
    minute = int(wall) // 60 * 60
    slots = {k.metric: store.read(k, minute, minute + 60) for k in store.list()}
    assert {name: (s.count[0], s.total[0]) for name, s in slots.items()} == {
        "RowsStored": (1.0, 2.0),
        "PublishToRow": (2.0, 48.5),
    }


def _nest(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.sampled_from(["Timestamp", "CloudWatchMetrics", "Namespace", "Dimensions", "Metrics", "Name"])
    return st.lists(children, max_size=3) | st.dictionaries(names, children)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), _nest))
def test_no_document_makes_it_stumble(meta: Any) -> None:
    for found in extract({"_aws": meta, "service": "a", "GetLatency": 1}, NOW):
        assert isinstance(found, (Datum, Malformed))
