"""A person reads what concerns the change, and is told of those changes only that the monitor tells of."""

from __future__ import annotations

from typing import Any

import pytest

from sereno.language.model import AlarmState
from sereno.vendors.datadog import messages

OK: AlarmState = "OK"
ALARM: AlarmState = "ALARM"
SILENT: AlarmState = "INSUFFICIENT_DATA"
SILENCE_ENDS = "{{#is_no_data_recovery}}x{{/is_no_data_recovery}}"


@pytest.mark.parametrize(
    ("message", "before", "after", "text"),
    [
        pytest.param("burns\n@a", OK, ALARM, "burns\n@a", id="without conditions, always the same"),
        pytest.param("{{#is_alert}}@a{{/is_alert}}!", OK, ALARM, "@a!", id="an alert"),
        pytest.param("{{#is_alert}}@a{{/is_alert}}!", ALARM, OK, "!", id="no alert any more"),
        pytest.param("{{^is_alert}}@a{{/is_alert}}!", OK, SILENT, "@a!", id="anything but an alert"),
        pytest.param("{{^is_alert}}@a{{/is_alert}}!", OK, ALARM, "!", id="nothing but an alert"),
        pytest.param("{{#is_no_data}}x{{/is_no_data}}", OK, SILENT, "x", id="silence"),
        pytest.param("{{#is_recovery}}x{{/is_recovery}}", SILENT, OK, "x", id="the end of silence"),
        pytest.param("{{#is_recovery}}x{{/is_recovery}}", ALARM, OK, "x", id="the end of an alert"),
        pytest.param("{{#is_alert_recovery}}x{{/is_alert_recovery}}", ALARM, OK, "x", id="of an alert alone"),
        pytest.param("{{#is_alert_recovery}}x{{/is_alert_recovery}}", SILENT, OK, "", id="not of silence"),
        pytest.param("{{#is_no_data_recovery}}x{{/is_no_data_recovery}}", SILENT, OK, "x", id="of silence"),
        pytest.param(
            "{{#is_no_data_recovery}}x{{/is_no_data_recovery}}", ALARM, OK, "", id="not of an alert"
        ),
        pytest.param("{{#is_warning}}x{{/is_warning}}y", OK, ALARM, "y", id="nothing here warns"),
        pytest.param(
            "{{#is_recovery}}a{{#is_alert_recovery}}b{{/is_alert_recovery}}c{{/is_recovery}}",
            SILENT,
            OK,
            "ac",
            id="one condition in another",
        ),
        pytest.param("{{value}} of {{ value }}", OK, ALARM, "7 of 7", id="the value"),
        pytest.param(
            "{{host.name}} {{threshold}}", OK, ALARM, "{{host.name}} {{threshold}}", id="what is not known"
        ),
    ],
)
def test_what_is_read(message: str, before: AlarmState, after: AlarmState, text: str) -> None:
    assert messages.said({"message": message}, before, after, {"value": "7"}) == text


@pytest.mark.parametrize(
    ("options", "before", "after", "told"),
    [
        pytest.param({}, OK, ALARM, True, id="an alert"),
        pytest.param({}, ALARM, OK, True, id="its end"),
        pytest.param({}, ALARM, ALARM, False, id="no change"),
        pytest.param({}, SILENT, ALARM, True, id="an alert after silence"),
        pytest.param({}, OK, SILENT, False, id="silence of which nothing is said"),
        pytest.param({"on_missing_data": "show_no_data"}, OK, SILENT, False, id="silence that is shown"),
        pytest.param({"on_missing_data": "show_no_data"}, SILENT, OK, False, id="the end of it"),
        pytest.param({"on_missing_data": "show_and_notify_no_data"}, OK, SILENT, True, id="silence told"),
        pytest.param({"on_missing_data": "show_and_notify_no_data"}, SILENT, OK, True, id="its end told"),
        pytest.param({"notify_no_data": True}, OK, SILENT, True, id="silence told, the older way"),
        pytest.param(
            {"notify_no_data": True, "on_missing_data": "resolve"},
            OK,
            SILENT,
            False,
            id="the newer way counts",
        ),
    ],
)
def test_of_what_is_told(options: dict[str, Any], before: AlarmState, after: AlarmState, told: bool) -> None:
    assert messages.notified({"options": options}, before, after) is told


@pytest.mark.parametrize(
    ("text", "handles"),
    [
        ("burns\n@pagerduty-users @slack-users", ("@pagerduty-users", "@slack-users")),
        ("@a, then @b. (@c)", ("@a", "@b")),
        ("write to ada@example.com or @ada@example.com", ("@ada@example.com",)),
        ("@a @a @", ("@a",)),
        ("", ()),
    ],
)
def test_whom_it_names(text: str, handles: tuple[str, ...]) -> None:
    assert messages.handles(text) == handles


def test_a_title_says_priority_and_change() -> None:
    body = {"name": "GET answers: page", "priority": 2}
    assert messages.title(body, ALARM) == "[P2] [Triggered] GET answers: page"
    assert messages.title({"name": "x"}, OK) == "[Recovered] x"
    assert messages.title({"name": "x"}, SILENT) == "[No data] x"


@pytest.mark.parametrize(
    ("kind", "state", "value", "said"),
    [
        ("query alert", ALARM, 7.5, "ALARM: the value is 7.5 for `q`"),
        ("slo alert", OK, 0.1 + 0.2, "OK: the value is 0.3 for `q`"),
        ("query alert", SILENT, float("nan"), "INSUFFICIENT_DATA: there is no value for `q`"),
        ("composite", ALARM, 2.0, "ALARM: `q` holds"),
        ("composite", OK, 0.0, "OK: `q` does not hold"),
        ("composite", SILENT, 3.0, "INSUFFICIENT_DATA: `q` has no data to tell"),
    ],
)
def test_why_it_is_so(kind: str, state: AlarmState, value: float, said: str) -> None:
    assert messages.reason({"type": kind, "query": "q"}, state, value) == said
