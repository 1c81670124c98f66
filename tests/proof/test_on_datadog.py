"""Whom Datadog's monitors tell in an alert test: of which changes, by which of their words."""

from __future__ import annotations

from typing import Any

import pytest

from sereno.engine.parameters import State
from sereno.language.model import Receiver
from sereno.proof import on_datadog
from tests.engine.series import Minutes

_ = None
RECEIVERS = {
    name: Receiver(name=name, description="", datadog=(handle,))
    for name, handle in (("on-call", "@pagerduty-users"), ("tickets", "@slack-users"))
}


def _monitor(**options: Any) -> dict[str, Any]:
    return {
        "name": "m",
        "type": "query alert",
        "query": "sum(last_1m):sum:a{*}.as_count() > 4",
        "options": options,
    }


@pytest.mark.parametrize(
    ("options", "acted"),
    [
        pytest.param({"on_missing_data": "show_no_data"}, [(120, "ALARM")], id="silence is shown"),
        pytest.param(
            {"on_missing_data": "show_and_notify_no_data"},
            [(120, "ALARM"), (180, "INSUFFICIENT_DATA"), (240, "OK")],
            id="silence is told, and its end",
        ),
        pytest.param({"on_missing_data": "resolve"}, [(120, "ALARM"), (180, "OK")], id="silence is health"),
    ],
)
def test_of_what_somebody_is_told(options: dict[str, Any], acted: list[tuple[int, State]]) -> None:
    found = on_datadog.timelines({"m": _monitor(**options)}, Minutes(a=[1, 9, _, 1]), 240)["m"]
    assert [(each.at, each.state) for each in found.acted] == acted


@pytest.mark.parametrize(
    ("message", "state", "told"),
    [
        ("burns\n@pagerduty-users @slack-users", "ALARM", ("on-call", "tickets")),
        ("burns\n@pagerduty-users", "OK", ("on-call",)),
        ("{{#is_alert}}@pagerduty-users{{/is_alert}} @slack-users", "OK", ("tickets",)),
        ("{{#is_no_data}}@slack-users{{/is_no_data}}", "INSUFFICIENT_DATA", ("tickets",)),
        ("{{#is_recovery}}@slack-users{{/is_recovery}}", "OK", ("tickets",)),
        ("mail @pagerduty-users-of-others", "ALARM", ()),
    ],
)
def test_who_is_told(message: str, state: State, told: tuple[str, ...]) -> None:
    assert on_datadog.told({"message": message}, state, RECEIVERS) == told
