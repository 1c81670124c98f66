"""What a monitor's message says in each state, whom it then names, and of which changes Datadog tells. Pure.

`{{#is_alert}} ... {{/is_alert}}` is said in that state only, `{{^is_alert}}` in every other.
https://docs.datadoghq.com/monitors/notify/variables/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isnan
from typing import Final

from sereno.language.model import AlarmState
from sereno.vendors.backend import Body

_BLOCK: Final = re.compile(r"\{\{([#^])(is_\w+)\}\}(.*?)\{\{/\2\}\}", re.DOTALL)
_VARIABLE: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_TITLES: Final[Mapping[AlarmState, str]] = {
    "ALARM": "Triggered",
    "OK": "Recovered",
    "INSUFFICIENT_DATA": "No data",
}
_CONDITION: Final[Mapping[AlarmState, str]] = {
    "ALARM": "holds",
    "OK": "does not hold",
    "INSUFFICIENT_DATA": "has no data to tell",
}
_HOLDS: Final[Mapping[str, tuple[AlarmState | None, AlarmState]]] = {  # (before, after); None: any
    "is_alert": (None, "ALARM"),
    "is_no_data": (None, "INSUFFICIENT_DATA"),
    "is_recovery": (None, "OK"),
    "is_alert_recovery": ("ALARM", "OK"),
    "is_no_data_recovery": ("INSUFFICIENT_DATA", "OK"),
}


def notified(body: Body, before: AlarmState, after: AlarmState) -> bool:
    """Whether a monitor tells anybody of this change: of silence, and of its end, only where it says so."""
    options: Body = body.get("options") or {}
    said = options.get("on_missing_data")
    silence = said == "show_and_notify_no_data" or (not said and bool(options.get("notify_no_data")))
    return before != after and (silence or "INSUFFICIENT_DATA" not in (before, after) or after == "ALARM")


def title(body: Body, after: AlarmState) -> str:
    """`[P2] [Triggered] GET availability: page`."""
    priority = f"[P{body['priority']}] " if body.get("priority") else ""
    return f"{priority}[{_TITLES[after]}] {body.get('name', '')}"


def said(body: Body, before: AlarmState, after: AlarmState, variables: Mapping[str, str]) -> str:
    """The message of this change; a variable that is not given stays as it is written."""
    text = _blocks(str(body.get("message", "")), before, after)
    return _VARIABLE.sub(lambda found: variables.get(found[1], found[0]), text)


def _blocks(text: str, before: AlarmState, after: AlarmState) -> str:
    """A condition that nobody knows (a Warn, a renotification) is one that does not hold."""

    def chosen(block: re.Match[str]) -> str:
        holds = _HOLDS.get(block[2]) in ((None, after), (before, after))
        return _blocks(block[3], before, after) if holds == (block[1] == "#") else ""

    return _BLOCK.sub(chosen, text)


def handles(text: str) -> tuple[str, ...]:
    """Each `@...` of a text, once."""
    words = (word.rstrip(".,;:!?)") for word in text.split() if word.startswith("@"))
    return tuple(dict.fromkeys(word for word in words if len(word) > 1))


def reason(body: Body, state: AlarmState, value: float) -> str:
    """Why it is in a state: what was compared (NaN: nothing), or whether a composite's condition holds."""
    query = body.get("query", "")
    if body.get("type") == "composite":
        return f"{state}: `{query}` {_CONDITION[state]}"
    return f"{state}: {'there is no value' if isnan(value) else f'the value is {value:.10g}'} for `{query}`"
