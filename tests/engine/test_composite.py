"""Composite alarms: their states, and when their actions run."""

from __future__ import annotations

import pytest

from sereno.engine import evaluate
from tests.engine.series import Minutes, alarm, composite, letters

WAIT, EXTENSION = 120, 180  # two and three units, as in AWS's examples


def acted(fires: list[int], suppresses: list[int], minutes: int = 11) -> list[tuple[int, str]]:
    """When a composite acts (its minute and state), given in which minutes each alarm is in ALARM."""
    bodies = [
        alarm("main", MetricName="main"),
        alarm("suppressor", MetricName="suppressor"),
        composite(
            "composite",
            "ALARM(main)",
            ActionsSuppressor="arn:aws:cloudwatch:eu-west-1:123456789012:alarm:suppressor",
            ActionsSuppressorWaitPeriod=WAIT,
            ActionsSuppressorExtensionPeriod=EXTENSION,
        ),
    ]
    series = [[float(m in on) for m in range(1, minutes + 1)] for on in (fires, suppresses)]
    history = Minutes(main=[0.0, *series[0]], suppressor=[0.0, *series[1]])
    start = {name: line.last for name, line in evaluate(bodies, history, start=0, end=60).items()}
    start["composite"] = type(start["composite"])("OK", "", 60, 60)
    found = evaluate(bodies, history, start=60, end=(minutes + 1) * 60, previous=start)
    return [(act.at // 60 - 1, act.state) for act in found["composite"].acted]


# The six examples of "Composite alarm action suppression"; minute t is AWS's t.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-suppression.html
@pytest.mark.parametrize(
    ("fires", "suppresses", "expected"),
    [
        pytest.param(
            range(2, 12), (), [(4, "ALARM")], id="1: not suppressed, it acts when the wait ends at t4"
        ),
        pytest.param(range(2, 12), range(3, 12), [], id="2: suppressed at t3, before the wait ends"),
        pytest.param([2], (), [(5, "OK")], id="3: back to OK at t3, a new wait, it acts at t5"),
        pytest.param(range(2, 12), range(1, 12), [], id="4: the suppressor is in ALARM already"),
        pytest.param(range(2, 12), [3, 4, 5], [(9, "ALARM")], id="5: the extension from t6 ends at t9"),
        pytest.param(range(2, 7), [3, 4, 5], [(9, "OK")], id="6: OK at t7 within it, a new wait until t9"),
    ],
)
def test_the_six_published_examples(
    fires: list[int], suppresses: list[int], expected: list[tuple[int, str]]
) -> None:
    assert acted(list(fires), list(suppresses)) == expected


@pytest.mark.parametrize(
    ("fires", "suppresses", "expected"),
    [
        pytest.param(
            range(2, 12), range(4, 12), [], id="a suppressor in the minute the wait ends is in time"
        ),
        pytest.param(range(2, 12), range(5, 12), [(4, "ALARM")], id="a minute later it is too late"),
        pytest.param(range(2, 12), [6, 7], [(4, "ALARM")], id="what has acted does not act again"),
        pytest.param((), [2, 3], [], id="a suppressor alone makes nothing act"),
    ],
)
def test_around_the_wait(fires: list[int], suppresses: list[int], expected: list[tuple[int, str]]) -> None:
    assert acted(list(fires), list(suppresses)) == expected


def test_without_a_suppressor_each_change_acts() -> None:
    bodies = [alarm("a"), composite("up", "ALARM(a)"), composite("mute", "ALARM(a)", ActionsEnabled=False)]
    found = evaluate(bodies, Minutes(errors=[0, 1, 0]), start=0, end=180)

    assert [(act.at // 60, act.state) for act in found["up"].acted] == [(1, "OK"), (2, "ALARM"), (3, "OK")]
    assert found["mute"].acted == ()
    assert letters(found, "mute") == "oAo"


def test_composites_of_composites_see_the_same_minute() -> None:
    bodies = [composite("top", "NOT ALARM(pair)"), composite("pair", "ALARM(a) AND OK(b)"), alarm("a")]
    bodies.append(alarm("b", MetricName="other"))
    found = evaluate(bodies, Minutes(errors=[0, 1, 1], other=[0, 0, 1]), start=0, end=180)

    assert (letters(found, "pair"), letters(found, "top")) == ("oAo", "AoA")


def test_a_cycle_is_never_evaluated_and_neither_is_what_stands_on_it() -> None:
    bodies = [composite("x", "ALARM(y)"), composite("y", "NOT ALARM(x)"), composite("z", "ALARM(x) OR TRUE")]
    found = evaluate(bodies, Minutes(), start=0, end=120)

    assert {name: letters(found, name) for name in "xyz"} == {"x": "??", "y": "??", "z": "??"}
    assert found["z"].last.reason == "not evaluated: its rule is part of a cycle"
