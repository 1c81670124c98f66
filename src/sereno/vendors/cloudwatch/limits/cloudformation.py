"""The alarms and dashboards of a CloudFormation template, as the calls that a stack will make.

What an intrinsic function gives is not known, so a resource is read twice: once with a sound value in place
of each (of `Fn::If` the first branch), once without them (the second). What is wrong in both is wrong,
whatever it gives. Numbers in quotes are numbers here, as CloudFormation takes them.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sereno.vendors.cloudwatch.limits import tables
from sereno.vendors.cloudwatch.limits.shape import (
    Anything,
    Flag,
    Many,
    Real,
    Record,
    Shape,
    Text,
    Whole,
    faults,
)

Body = Mapping[str, Any]
KINDS: Final[Mapping[str, tuple[str, str, Record]]] = {
    "AWS::CloudWatch::Alarm": ("metric-alarm", "AlarmName", tables.METRIC_ALARM),
    "AWS::CloudWatch::CompositeAlarm": ("composite-alarm", "AlarmName", tables.COMPOSITE_ALARM),
    "AWS::CloudWatch::LogAlarm": ("log-alarm", "AlarmName", tables.LOG_ALARM),
    "AWS::CloudWatch::Dashboard": ("dashboard", "DashboardName", tables.DASHBOARD),
    "AWS::CloudWatch::AnomalyDetector": ("anomaly-detector", "", tables.DETECTOR),
    "AWS::CloudWatch::AlarmMuteRule": ("mute-rule", "Name", tables.MUTE_RULE),
}
_TOPIC: Final = "arn:aws:sns:us-east-1:123456789012:known-after-deploy"
_OTHER: Final = "arn:aws:lambda:us-west-2:123456789013:function:known-after-deploy"
_RESOLVED: Final = re.compile(r"\{\{resolve:[^}]*\}\}")
_HOLE: Final = re.compile(rf"\$\{{(?!!)[^}}]*\}}|{_RESOLVED.pattern}")
_IN_JSON: Final = re.compile(rf'"(?:[^"\\]|\\.)*"|{_HOLE.pattern}', re.DOTALL)
_NO_WIDGETS: Final = '{"widgets": []}'
_GONE: Final = object()  # left out, as AWS::NoValue is


@dataclass(frozen=True, slots=True)
class Reading:
    """How what is not known is read: as something sound, or (not `sound`) as what is left out."""

    sound: bool

    def value(self, value: Any, shape: Shape) -> Any:
        """The value as a call has it; `_GONE` if it is left out."""
        name, inner = _intrinsic(value)
        if name:
            return self._given(name, inner, shape)
        if isinstance(value, Mapping):
            fields = shape.fields if isinstance(shape, Record) else {}
            return _kept((k, self.value(v, fields.get(str(k), Anything()))) for k, v in value.items())
        if isinstance(value, list):
            item = shape.item if isinstance(shape, Many) else Anything()
            return [one for one in (self._item(v, item) for v in value) if one is not _GONE]
        if isinstance(value, str) and _RESOLVED.search(value):
            return self._given("Fn::Sub", value.replace("${", "${!"), shape)
        return _coerced(value, shape)

    def _given(self, name: str, inner: Any, shape: Shape) -> Any:
        if name == "Fn::If" and isinstance(inner, list) and len(inner) == 3:
            return self.value(inner[1 if self.sound else 2], shape)
        if name == "Fn::ToJsonString":
            return self.value(inner, shape)
        text = _text(name, inner)
        if text is not None and not (_HOLE.search(text) and _narrow(shape)):
            return _coerced(self._text(text), shape)
        return _GONE if inner == "AWS::NoValue" or not self.sound else _stand_in(shape)

    def _item(self, value: Any, shape: Shape) -> Any:
        """A text in a list keeps its place in both readings."""
        known = self.value(value, shape)
        if known is _GONE and isinstance(shape, Text) and _intrinsic(value)[1] != "AWS::NoValue":
            return f"{_TOPIC if self.sound else _OTHER}-{_said(value)}"
        return known

    def _text(self, text: str) -> str:
        """With something in place of each `${...}`; in JSON, of one that stands in no text, a value."""
        filled = _HOLE.sub(self._filled, text)
        if text.lstrip().startswith("{") and filled != (closed := _IN_JSON.sub(self._closed, text)):
            filled = closed if _is_json(closed) else _NO_WIDGETS
        return filled.replace("${!", "${")

    def _closed(self, part: re.Match[str]) -> str:
        if part[0].startswith('"'):
            return _HOLE.sub(self._filled, part[0])
        return "60" if self.sound else '["known", "later"]'

    def _filled(self, hole: re.Match[str]) -> str:
        return re.sub(r"[^A-Za-z0-9]+", "-", hole[0])[1:-1] if self.sound else _OTHER


SOUND, LEFT_OUT = Reading(True), Reading(False)


@dataclass(frozen=True, slots=True)
class Made:
    """One resource of a template in its two readings; `owner` is its own where a condition makes it."""

    kind: str
    name: str
    body: Any
    besides: Any
    at: tuple[str, str, str]
    owner: str


def resources(document: Body) -> Iterator[Made]:
    """Everything of CloudWatch's in a template that can be checked."""
    every = document.get("Resources")
    for name, resource in every.items() if isinstance(every, Mapping) else ():
        said = resource if isinstance(resource, Mapping) else {}
        if (what := KINDS.get(str(said.get("Type")))) and isinstance(said.get("Properties"), Mapping):
            kind, named, shape = what
            body, besides = (how.value(said["Properties"], shape) for how in (SOUND, LEFT_OUT))
            if isinstance(body, dict) and isinstance(besides, dict):  # and no function's result as a whole
                if named and not body.get(named):
                    body[named] = str(name)
                owner = f"if {name}" if "Condition" in said else "the stack"
                at = ("Resources", str(name), "Properties")
                yield Made(kind, str(name), _zoned(body), _zoned(besides), at, owner)


def holds(document: Body) -> bool:
    """Whether it is a template."""
    every = document.get("Resources")
    return isinstance(every, Mapping) and any(isinstance(r, Mapping) and "Type" in r for r in every.values())


def _zoned(body: dict[str, Any]) -> dict[str, Any]:
    zone = body.get("Configuration", {})
    if isinstance(zone, dict) and "MetricTimeZone" in zone:  # the API writes it with a small z
        zone["MetricTimezone"] = zone.pop("MetricTimeZone")
    return body


def _intrinsic(value: Any) -> tuple[str, Any]:
    """A function's name and what it is given; no name for a plain value."""
    if isinstance(value, Mapping) and len(value) == 1:
        ((name, inner),) = value.items()
        if name == "Ref" or str(name).startswith("Fn::"):
            return str(name), inner
    return "", None


def _text(name: str, inner: Any) -> str | None:
    """What a function gives as a text with `${...}` for what is not known; None if it may be no text."""
    if name == "Fn::Sub":
        template = inner[0] if isinstance(inner, list) and inner else inner
        return template if isinstance(template, str) else None
    if name == "Fn::Join" and isinstance(inner, list) and len(inner) == 2 and isinstance(inner[1], list):
        return str(inner[0]).join(_part(part) for part in inner[1])
    return None


def _part(part: Any) -> str:
    known = part if isinstance(part, str) else _text(*_intrinsic(part))
    return f"${{{_said(part)}}}" if known is None else known


def _said(part: Any) -> str:
    """A short name for what a part of a text is, the same for the same part."""
    return re.sub(r"[^A-Za-z0-9]+", "-", json.dumps(part, default=str))[1:40]


def _narrow(shape: Shape) -> bool:
    """Whether a text with something unknown in it is no text there, or one of some words."""
    return not isinstance(shape, Text | Anything) or (isinstance(shape, Text) and bool(shape.choices))


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _stand_in(shape: Shape) -> Any:
    match shape:
        case Text(choices=choices) if choices:
            return choices[0]
        case Text(pattern=pattern):
            return _TOPIC if pattern.startswith("arn") else "known-after-deploy"
        case Whole(least=least):
            return max(least or 0, 60)
        case Real():
            return 0
        case Flag():
            return True
        case Many():
            return [{}]
        case Anything():
            return _NO_WIDGETS
    return _GONE


def _kept(pairs: Iterator[tuple[Any, Any]]) -> dict[Any, Any]:
    return {key: value for key, value in pairs if value is not _GONE}


def _coerced(value: Any, shape: Shape) -> Any:
    """A number or a truth value that is written as a text, and the other way round; one text as a list."""
    match shape:
        case Text() if isinstance(value, bool):
            return str(value).lower()
        case Text() if value is not None and not isinstance(value, str):
            return str(value)
        case Many(item=Text()) if isinstance(value, str):  # as in the reference's own example
            return [value]
        case Flag() if str(value).lower() in ("true", "false"):
            return str(value).lower() == "true"
        case Whole() | Real() if isinstance(value, str):
            return _number(value, shape)
    return value


def _number(text: str, shape: Shape) -> Any:
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        return text if any(faults(number, shape)) else number
    return text
