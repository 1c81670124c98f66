"""Alarms through time, minute by minute."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.engine import Parameters, burn_firing, evaluate, step
from sereno.engine.payload import CannotEvaluate
from sereno.engine.series import MetricKey, Slots
from tests.engine.series import Minutes, Once, Values, alarm, burning, composite, letters, stat

HOUR, DAY = 3_600, 86_400
_ = None


def states(values: Values, minutes: int, parameters: Parameters | None = None, **changed: Any) -> str:
    """What an alarm on `errors` is at the end of each of the first minutes: o OK, A ALARM, ? neither."""
    asked = parameters or Parameters()
    found = evaluate([alarm(**changed)], Minutes(errors=values), start=0, end=minutes * 60, parameters=asked)
    return letters(found, "alarm")


@pytest.mark.parametrize(
    ("values", "changed", "expected"),
    [
        pytest.param([0, 3, 0, 0], {}, "oAoo", id="one of one fires and resets within the minute"),
        pytest.param(
            [1, 1, 1, 0, 0], {"EvaluationPeriods": 3}, "ooAoo", id="three of three need three minutes"
        ),
        pytest.param(
            [1, 1, 1, 0, 0],
            {"EvaluationPeriods": 3, "TreatMissingData": "breaching"},
            "AAAoo",
            id="unless what is not there yet breaches",
        ),
        pytest.param(
            [1, 0, 1, 0, 0], {"EvaluationPeriods": 3, "DatapointsToAlarm": 2}, "ooAoo", id="two of three"
        ),
        pytest.param([4, 0, 0, 0, 0, 0], {"Period": 180}, "AAAooo", id="a window of three minutes slides"),
        pytest.param([_, _, _, _], {}, "????", id="nothing at all is insufficient data"),
        pytest.param([7, _, _, _, _], {}, "AAA??", id="the last point is looked back at for two periods"),
        pytest.param(
            [7, _, _, _, _],
            {"TreatMissingData": "notBreaching"},
            "AAAoo",
            id="then it is filled in as healthy",
        ),
        pytest.param([7, _, _, _, _], {"TreatMissingData": "ignore"}, "AAAAA", id="or the state is kept"),
        pytest.param([0, _, _, _], {"TreatMissingData": "breaching"}, "oooA", id="silence that breaches"),
        pytest.param(
            [5, 6, 7],
            {"Threshold": 6.0, "ComparisonOperator": "GreaterThanOrEqualToThreshold"},
            "oAA",
            id="at least",
        ),
        pytest.param(
            [5, 6, 7], {"Threshold": 6.0, "ComparisonOperator": "LessThanThreshold"}, "Aoo", id="below"
        ),
        pytest.param(
            [5, 6, 7],
            {"Threshold": 6.0, "ComparisonOperator": "LessThanOrEqualToThreshold"},
            "AAo",
            id="at most",
        ),
    ],
)
def test_minute_by_minute(values: Values, changed: dict[str, Any], expected: str) -> None:
    assert states(values, len(expected), **changed) == expected


def test_how_far_is_looked_back_is_a_parameter() -> None:
    values: Values = [7, _, _, _, _, _, _]
    found = [states(values, 7, Parameters(extra_periods=extra)) for extra in (0, 2, 4)]

    assert found == ["A??????", "AAA????", "AAAAA??"]


def test_a_late_metric_is_seen_late() -> None:
    late = Parameters(lags={"Shop": 120}, extra_periods=0)

    assert states([0, 5, 0, 0, 0, 0], 6, late, TreatMissingData="ignore") == "??????"
    assert states([0, 5, 0, 0, 0, 0], 6, late, EvaluationPeriods=3, DatapointsToAlarm=1) == "??oAoo"


def test_windows_over_a_day_are_evaluated_once_an_hour_up_to_the_full_hour() -> None:
    minutes = [0] * (4 * 24 * 60)
    minutes[3 * 24 * 60 + 10 * 60 + 2] = 1  # 10:02 on the fourth day
    body = alarm(Period=2 * DAY, Threshold=0.0)
    found = evaluate(
        [body], Minutes(errors=minutes), start=3 * DAY, end=4 * DAY, parameters=Parameters(hourly_at=180)
    )

    assert [(c.at % DAY / HOUR, c.after) for c in found["alarm"].changes()] == [
        (1 / 60, "OK"),
        (11.05, "ALARM"),
    ]


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        pytest.param("UTC", "2026-03-30 00:00", id="the day ends at midnight in UTC"),
        pytest.param("Europe/Berlin", "2026-03-29 22:00", id="and two hours before in Berlin, in summer"),
    ],
)
def test_a_wall_clock_day_is_the_last_full_day_of_its_zone(zone: str, expected: str) -> None:
    midnight = int(datetime(2026, 3, 28, tzinfo=UTC).timestamp())
    noon = int(datetime(2026, 3, 29, 12, tzinfo=ZoneInfo("Europe/Berlin")).timestamp())  # clocks changed at 2

    body = alarm(Period=DAY, EvaluationWindow={"WallClockWindow": {"Timezone": zone}})
    found = evaluate([body], Once(noon), start=midnight, end=midnight + 4 * DAY)
    fired = [change.at for change in found["alarm"].changes() if change.after == "ALARM"]

    assert [f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}" for at in fired] == [expected]


def test_high_resolution_is_evaluated_every_ten_seconds() -> None:
    body = alarm(Period=10, EvaluationPeriods=3, DatapointsToAlarm=2)
    found = evaluate([body], Minutes(resolution=10, errors=[0, 2, 0, 2, 0, 0, 0, 0]), start=0, end=60)

    assert letters(found, "alarm") == "oooAoo"
    assert found["alarm"].times.tolist() == [10, 20, 30, 40, 50, 60]


@pytest.mark.parametrize(
    ("percentile", "least"),
    [
        pytest.param("p90", 100, id="p90 wants 100 samples"),
        pytest.param("p99.9", 10_000, id="p99.9 wants 10,000"),
        pytest.param("p25", 40, id="p25 wants 40"),
    ],
)
def test_a_percentile_of_too_few_samples_keeps_the_state(percentile: str, least: int) -> None:
    body = alarm(Statistic=None, ExtendedStatistic=percentile, EvaluateLowSampleCountPercentile="ignore")
    counts = [least, least - 1, least, least, 3]

    class Counted:
        def read(self, key: object, start: int, end: int) -> Slots:
            one = Minutes(errors=[9, 0, 0, 9, 0]).read(MetricKey("Shop", "errors"), start, end)
            many = np.array([float(counts[m]) if 0 <= m < 5 else 0.0 for m in range(start // 60, end // 60)])
            return replace(one, count=many, total=one.low * many)

    assert letters(evaluate([body], Counted(), start=0, end=300), "alarm") == "AAoAA"


def test_a_metric_math_alarm_reads_what_it_names() -> None:
    body = burning("share", period=120, threshold=0.1, expression="IF(requests >= 20, errors / requests, 0)")
    history = Minutes(errors=[0, 4, 4, 0, 0, 9], requests=[10, 20, 20, 20, _, 9])

    assert letters(evaluate([body], history, start=0, end=360), "share") == "oAAooo"


MINUTES = st.lists(st.one_of(st.none(), st.integers(0, 3)), min_size=2, max_size=40)
TREATMENTS = st.sampled_from(["missing", "ignore", "breaching", "notBreaching"])


@given(MINUTES, st.integers(1, 4), st.integers(1, 5), TREATMENTS, st.integers(1, 39), st.data())
def test_states_do_not_depend_on_how_the_time_is_cut(
    values: Values, m: int, n: int, treatment: str, cut: int, data: st.DataObject
) -> None:
    bodies = [
        alarm("a", EvaluationPeriods=n, DatapointsToAlarm=min(m, n), TreatMissingData=treatment),
        alarm("b", Period=180, Threshold=2.0),
        composite(
            "c",
            'ALARM("a")',
            ActionsSuppressor="b",
            ActionsSuppressorWaitPeriod=data.draw(st.integers(0, 200)),
            ActionsSuppressorExtensionPeriod=data.draw(st.integers(0, 200)),
        ),
    ]
    history, end = Minutes(errors=values), len(values) * 60
    whole = evaluate(bodies, history, start=0, end=end)
    first = evaluate(bodies, history, start=0, end=min(cut * 60, end))
    then = evaluate(
        bodies, history, start=min(cut * 60, end), end=end, previous={k: t.last for k, t in first.items()}
    )
    stepped: dict[str, Any] = {}
    said: dict[str, list[tuple[str, tuple[str, ...]]]] = {name: [] for name in whole}
    for minute in range(1, len(values) + 1):
        stepped = dict(step(bodies, history, minute * 60, stepped))
        for name, judgement in stepped.items():
            said[name].append((judgement.state, judgement.acted))

    for name, timeline in whole.items():
        assert letters(whole, name) == letters(first, name) + letters(then, name)
        assert timeline.acted == first[name].acted + then[name].acted
        assert [state for state, _ in said[name]] == [timeline.at((i + 1) * 60) for i in range(len(values))]
        assert [s for _, acted in said[name] for s in acted] == [act.state for act in timeline.acted]


# With traffic in every minute: a window without any is 0 / 0, no datapoint, and judged by older ones.
COUNTS = st.lists(
    st.integers(1, 60).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))),
    min_size=1,
    max_size=40,
)


@given(COUNTS, st.sampled_from(["0.99", "0.999", "0.9", "0.97"]), st.sampled_from(["14.4", "6", "3", "1.7"]))
def test_a_pair_of_alarms_is_the_exact_burn_rate(
    counts: list[tuple[int, int]], target: str, burn: str
) -> None:
    limit = float(Decimal(burn) * (1 - Decimal(target)))
    bodies = [
        burning("long", period=900, threshold=limit),
        burning("short", period=180, threshold=limit),
        composite("pair", "ALARM(long) AND ALARM(short)"),
    ]
    bad, total = [b for b, _ in counts], [t for _, t in counts]
    exact = burn_firing(bad, total, target=target, long_window=15, short_window=3, threshold=burn)
    found = evaluate(bodies, Minutes(errors=bad, requests=total), start=0, end=len(counts) * 60)

    assert letters(found, "pair") == "".join("A" if fires else "o" for fires in exact)


def test_step_says_why() -> None:
    body = alarm(EvaluationPeriods=3, DatapointsToAlarm=2)
    judged = step([body], Minutes(errors=[0, 4, _, 6]), 240)["alarm"]

    assert judged.points == (None, 0.0, 4.0, None, 6.0)
    seen = "[0 (00:00:00), 4 (00:01:00), 6 (00:03:00)]"
    assert judged.reason == f"ALARM: 2 of the last 3 datapoints > 0 (at least 2 for ALARM): {seen}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(alarm(Statistic="Median"), "`Median` is not a statistic", id="a statistic AWS lacks"),
        pytest.param(alarm(Period=45), "a multiple of 60 s, not 45", id="a period AWS refuses"),
        pytest.param(alarm(Threshold=None), "no Threshold", id="no threshold"),
        pytest.param(alarm(Threshold="high"), "Threshold `high` is no number", id="a threshold in words"),
        pytest.param(alarm(Threshold=math.nan), "is no number", id="a threshold that nothing is above"),
        pytest.param(alarm(Period="1m"), "Period `1m` is no whole number", id="a period in words"),
        pytest.param(alarm(MetricName=""), "no MetricName", id="a metric without a name"),
        pytest.param(
            {**burning("alarm", period=60, threshold=1.0), "Metrics": [{"Expression": "1 + 1"}]},
            "has no Id",
            id="an expression without an id",
        ),
        pytest.param(
            burning("alarm", period=60, threshold=1.0, expression=f"{'-' * 2_000}errors"),
            "nested too deep",
            id="too many signs",
        ),
        pytest.param(
            burning("alarm", period=60, threshold=1.0, expression="errors" + " + errors" * 300),
            "longer than 2,048",
            id="an expression longer than AWS takes",
        ),
        pytest.param(composite("alarm", "NOT " * 2_000 + "TRUE"), "nested too deep", id="a rule of NOT"),
        pytest.param(alarm(DatapointsToAlarm=0), "DatapointsToAlarm \\(0\\)", id="none of 1"),
        pytest.param(alarm(DatapointsToAlarm=2), "DatapointsToAlarm \\(2\\)", id="2 of 1"),
        pytest.param(alarm(TreatMissingData="never"), "`never`", id="a treatment AWS lacks"),
        pytest.param(
            alarm(ComparisonOperator="GreaterThanUpperThreshold"),
            "ANOMALY_DETECTION_BAND",
            id="a trained band",
        ),
        pytest.param(
            burning("alarm", period=60, threshold=1.0, expression="MEDIAN(errors)"), "MEDIAN", id="a function"
        ),
        pytest.param(
            burning("alarm", period=60, threshold=1.0, expression="errors / people"),
            "ids that are not there",
            id="an id nobody has",
        ),
        pytest.param(
            burning("alarm", period=60, threshold=1.0, expression="errors +"), "not metric math", id="a slip"
        ),
        pytest.param(
            {
                **burning("alarm", period=60, threshold=1.0),
                "Metrics": [stat("a", "errors"), stat("b", "errors")],
            },
            "exactly one",
            id="nothing watched",
        ),
        pytest.param(composite("alarm", "ALARM(nobody)"), "`nobody`", id="a child that is not there"),
        pytest.param(composite("alarm", "ALARM("), "its rule is not one", id="a rule that is none"),
        pytest.param({"AlarmName": "alarm", "EvaluationCriteria": {}}, "names no metric", id="PromQL"),
    ],
)
def test_what_cannot_be_evaluated_is_an_error_that_names_it(body: dict[str, Any], words: str) -> None:
    with pytest.raises(CannotEvaluate, match=words) as caught:
        evaluate([body], Minutes(), start=0, end=60)

    assert "`alarm` cannot be evaluated" in str(caught.value)


def test_two_alarms_of_one_name_are_refused() -> None:
    with pytest.raises(CannotEvaluate, match="another one has its name"):
        evaluate([alarm(), composite("alarm", "TRUE")], Minutes(), start=0, end=60)
