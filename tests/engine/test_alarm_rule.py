"""The rules of composite alarms."""

from __future__ import annotations

import numpy as np
import pytest

from sereno.engine.parameters import STATES
from sereno.engine.rules import holds
from sereno.vendors.cloudwatch.alarm_rule import RuleFault, alarm_name, alarms, elements, parse, quote

NOW = {"a": "ALARM", "b": "OK", "c": "INSUFFICIENT_DATA", 'd, "e"': "ALARM"}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        pytest.param("ALARM(a)", True, id="a name without quotes"),
        pytest.param('ALARM("d, \\"e\\"")', True, id="a name that needs them"),
        pytest.param("OK(a) OR OK(b) AND ALARM(b)", False, id="AND binds tighter than OR"),
        pytest.param("(OK(b) OR OK(a)) AND ALARM(a)", True, id="brackets"),
        pytest.param("NOT ALARM(b) AND INSUFFICIENT_DATA(c)", True, id="NOT binds tightest"),
        pytest.param("NOT (ALARM(a) OR FALSE)", False, id="NOT of a bracket"),
        pytest.param("TRUE", True, id="a constant"),
        pytest.param("AT_LEAST(2, ALARM, (a, b, c))", False, id="one of three is not two"),
        pytest.param("AT_LEAST(2, NOT ALARM, (a, b, c))", True, id="two of three are not in ALARM"),
        pytest.param("AT_LEAST(34%, ALARM, (a, b, c))", False, id="a third is not 34 %"),
        pytest.param("AT_LEAST(33%, ALARM, (a, b, c))", True, id="but more than 33 %"),
    ],
)
def test_holds(rule: str, expected: bool) -> None:
    found = holds(parse(rule), lambda name: np.array([STATES.index(NOW[name])]))

    assert expected == bool(found.all())


@pytest.mark.parametrize(
    ("rule", "at", "words"),
    [
        pytest.param("ALARM(a) AND", 12, "was expected", id="nothing after AND"),
        pytest.param("ALARM(a", 7, "`\\)` was expected", id="a bracket not closed"),
        pytest.param("ALARM(a) ALARM(b)", 9, "was not expected", id="no operator between"),
        pytest.param("alarm(a)", 0, "ALARM, OK or", id="lower case"),
        pytest.param('ALARM("a)', 6, "not closed", id="a quote not closed"),
        pytest.param("AT_LEAST(0, ALARM, (a))", 9, "a count or a percentage", id="at least none"),
        pytest.param("", 0, "was expected", id="nothing at all"),
    ],
)
def test_a_fault_has_its_place(rule: str, at: int, words: str) -> None:
    with pytest.raises(RuleFault, match=words) as caught:
        parse(rule)

    assert at == caught.value.at


def test_names_and_elements() -> None:
    rule = f"ALARM({quote('a b')}) AND (OK(c) OR AT_LEAST(2, ALARM, (c, d, e)))"

    assert alarms(parse(rule)) == ("a b", "c", "d", "e")
    assert elements(rule) == 6


def test_an_arn_is_read_as_its_name() -> None:
    assert alarm_name("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:shop:pair") == "shop:pair"
