"""What only AWS can compute: judged where a history gives it, an error that names it where not."""

from __future__ import annotations

from typing import Any

import pytest

from sereno.engine import Arrays, evaluate
from sereno.engine.payload import CannotEvaluate
from tests.engine.series import letters, stat

_ = None
BAND = "ANOMALY_DETECTION_BAND:m1{{Alarm=alarm,Bound={}}}"
LOWER, UPPER = BAND.format("lower"), BAND.format("upper")


def banded(
    comparison: str, *, expression: str = "ANOMALY_DETECTION_BAND(m1, 2)", **more: Any
) -> dict[str, Any]:
    """An alarm on Shop:orders, compared with its band, 1 of 1."""
    band = {"Id": "ad1", "Expression": expression, "ReturnData": True}
    body = {
        "AlarmName": "alarm",
        "Metrics": [stat("m1", "orders", watched=True), band],
        "ThresholdMetricId": "ad1",
        "ComparisonOperator": comparison,
        "EvaluationPeriods": 1,
    }
    return {**body, **more}


def quota(expression: str) -> dict[str, Any]:
    """An alarm on an expression of Shop:orders, above 80."""
    watched = {"Id": "e1", "Expression": expression, "ReturnData": True}
    body = {"AlarmName": "alarm", "Metrics": [stat("m1", "orders"), watched], "EvaluationPeriods": 1}
    return {**body, "Threshold": 80, "ComparisonOperator": "GreaterThanThreshold"}


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        pytest.param("LessThanLowerOrGreaterThanUpperThreshold", "ooAoAo", id="outside"),
        pytest.param("LessThanLowerThreshold", "ooooAo", id="below"),
        pytest.param("GreaterThanUpperThreshold", "ooAooo", id="above; on the bound is within"),
    ],
)
def test_a_band_that_is_given(comparison: str, expected: str) -> None:
    history = Arrays({"Shop:orders": [5, 10, 11, 4, 3, 7], LOWER: [4] * 6, UPPER: [10] * 6})

    assert letters(evaluate([banded(comparison)], history, start=0, end=360), "alarm") == expected


def test_where_the_band_is_missing_so_is_the_datapoint() -> None:
    history = Arrays({"Shop:orders": [11, 99, 99, 99, 7], LOWER: [4, _, _, _, 4], UPPER: [10, _, _, _, 10]})
    found = evaluate([banded("GreaterThanUpperThreshold")], history, start=0, end=300)

    assert letters(found, "alarm") == "AAA?o"
    assert found["alarm"].last.reason.startswith("OK: 0 of the last 1 datapoints above the band")


@pytest.mark.parametrize(
    ("expression", "name", "expected"),
    [
        pytest.param("100 * m1 / SERVICE_QUOTA(m1)", "SERVICE_QUOTA:m1{Alarm=alarm}", "oAA", id="a quota"),
        pytest.param(
            "IF(INSIGHT_RULE_METRIC('top', 'Sum') > 0, 100 * m1 / INSIGHT_RULE_METRIC('top', 'Sum'))",
            "INSIGHT_RULE_METRIC:top/Sum{Alarm=alarm}",
            "oAA",
            id="a contributor rule",
        ),
        pytest.param(
            "SUM(METRICS()) - LAMBDA('f') + 70", "LAMBDA:f{Alarm=alarm}", "ooA", id="not among METRICS()"
        ),
    ],
)
def test_a_figure_that_is_given(expression: str, name: str, expected: str) -> None:
    history = Arrays({"Shop:orders": [16, 17, 60], name: [20, 20, 49]})

    assert letters(evaluate([quota(expression)], history, start=0, end=180), "alarm") == expected


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(
            banded("GreaterThanUpperThreshold"),
            r"give it as the metric `ANOMALY_DETECTION_BAND:m1\{Alarm=alarm,Bound=lower\}`",
            id="a band nobody gave",
        ),
        pytest.param(
            quota("m1 / SERVICE_QUOTA(m1)"),
            r"give it as the metric `SERVICE_QUOTA:m1",
            id="a quota nobody gave",
        ),
        pytest.param(quota("ANOMALY_DETECTION_BAND(m1)"), "ANOMALY_DETECTION_BAND", id="a band in a formula"),
        pytest.param(
            banded("GreaterThanUpperThreshold", expression="m1 + 1"),
            "not the id of an ANOMALY_DETECTION_BAND",
            id="a threshold that is no band",
        ),
        pytest.param(
            banded("GreaterThanThreshold"), "not `GreaterThanThreshold`", id="a number's operator with a band"
        ),
    ],
)
def test_what_is_not_given_is_an_error_that_names_it(body: dict[str, Any], words: str) -> None:
    with pytest.raises(CannotEvaluate, match=words):
        evaluate([body], Arrays({"Shop:orders": [1, 2]}), start=0, end=120)
