"""A history in memory, and the three lines of the documentation."""

from __future__ import annotations

import pytest

from sereno import engine
from sereno.engine import Arrays, MetricKey, evaluate
from sereno.engine.arrays import metric_key
from tests.engine.series import alarm

_ = None


def test_an_alarm_on_arrays_in_three_lines() -> None:
    history = Arrays({"Shop:errors": [0, 0, 7, 0]})
    changes = evaluate([alarm("errors")], history, start=0, end=240)["errors"].changes()

    assert [(change.at, change.after) for change in changes] == [(60, "OK"), (180, "ALARM"), (240, "OK")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Shop:errors", MetricKey("Shop", "errors"), id="no dimensions"),
        pytest.param(
            "AWS/ApiGateway:5xx{Stage=live,Resource=/users/{id}}",
            MetricKey("AWS/ApiGateway", "5xx", (("Resource", "/users/{id}"), ("Stage", "live"))),
            id="dimensions, sorted by name",
        ),
        pytest.param('Shop:errors{a="b"}', MetricKey("Shop", "errors", (("a", "b"),)), id="a quoted value"),
    ],
)
def test_a_metric_as_text(text: str, expected: MetricKey) -> None:
    assert metric_key(text) == expected


@pytest.mark.parametrize("text", ["errors", "Shop:", ":errors", "Shop:errors{a}"])
def test_what_is_no_metric(text: str) -> None:
    with pytest.raises(ValueError, match="names no metric"):
        metric_key(text)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param(120, 300, [5, 7, 9], id="the whole"),
        pytest.param(0, 180, [_, _, 5], id="nothing before"),
        pytest.param(240, 420, [9, _, _], id="nothing after"),
        pytest.param(600, 660, [_], id="nothing at all"),
    ],
)
def test_what_is_read(start: int, end: int, expected: list[float | None]) -> None:
    slots = Arrays({MetricKey("Shop", "a"): [5, 7, 9]}, start=120).read(MetricKey("Shop", "a"), start, end)

    assert [
        total if count else None for count, total in zip(slots.count, slots.total, strict=True)
    ] == expected


@pytest.mark.parametrize("name", engine.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(engine, name).__name__ == name


def test_a_name_that_is_not_public() -> None:
    with pytest.raises(AttributeError, match="no attribute 'evaluat'"):
        engine.__getattr__("evaluat")
