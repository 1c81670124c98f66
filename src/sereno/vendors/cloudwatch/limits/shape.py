"""The shape of a payload: types, lengths, choices and counts, as tables that one small walker reads.

The numbers are those of the service model that the SDK ships (which the SDK itself does not
enforce, save the lower bounds) and of the API reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from typing import Any

from sereno.language.problem import Severity, did_you_mean


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule of a payload; `code` is set by who knows which rule asked.

    `at` is the path of what is wrong, as in `Metrics[0].Period`; empty where the rule alone says it.
    """

    message: str
    help: str = ""
    severity: Severity = "error"
    code: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """Text of some length, perhaps of one form or one of some words."""

    least: int = 0
    most: int | None = None
    pattern: str = ""
    like: str = ""  # the pattern in words
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within bounds."""

    least: int | None = None
    most: int | None = None
    pointed: bool = False  # `3.0` is one too, as in the JSON of a dashboard


@dataclass(frozen=True, slots=True)
class Real:
    """A number."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A truth value."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A timestamp: ISO 8601 text, or the datetime the SDK takes."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Whatever it is, another rule reads it."""


@dataclass(frozen=True, slots=True)
class Many:
    """A list, with bounds on its length."""

    item: Shape
    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """An object: its fields, and which of them must be there."""

    fields: Mapping[str, Shape]
    required: tuple[str, ...] = ()
    open: bool = field(default=False)  # other fields may stand there too


@dataclass(frozen=True, slots=True)
class Either:
    """A text, or an object that says the same with more."""

    text: Text
    record: Record


Shape = Text | Whole | Real | Flag | Moment | Anything | Many | Record | Either


def faults(value: Any, shape: Shape, path: str = "") -> Iterator[Fault]:
    """Everything in which the value is not of this shape."""
    match shape:
        case Text():
            return _text(value, shape, path)
        case Record():
            return _record(value, shape, path)
        case Many():
            return _many(value, shape, path)
        case Either(text, record):
            return faults(value, record if isinstance(value, Mapping) else text, path)
        case Whole():
            return _whole(value, shape, path)
        case Real():
            return _real(value, path)
        case Flag() if not isinstance(value, bool):
            return iter([wrong_type(path, "true or false", value)])
        case Moment() if not _moment(value):
            return iter([wrong_type(path, "a time such as 2026-04-15T08:00:00Z", value)])
    return iter(())


def sound(value: Any, shape: Shape) -> Any:
    """The value without what is of a wrong type, so that other rules need not ask; None if it is nothing."""
    match shape:
        case Record(fields=fields) if isinstance(value, Mapping):
            kept = {k: sound(v, fields.get(k, Anything())) for k, v in value.items() if isinstance(k, str)}
            return {k: v for k, v in kept.items() if v is not None}
        case Many(item=item) if isinstance(value, list | tuple):
            return [one for one in (sound(v, item) for v in value) if one is not None]
        case Record() | Many():
            return None
        case _:
            wrong = any(fault.code == "cw-wrong-type" for fault in faults(value, shape))
            return _meant(value, shape) if wrong else value


def _meant(value: Any, shape: Shape) -> Any:
    """A number in quotes, and 0 for one that is none; so that its field does not seem to be missing too."""
    if isinstance(shape, Whole) and isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return 0.0 if isinstance(shape, Real) else None


def wrong_type(path: str, wanted: str, value: Any) -> Fault:
    """A value of another kind than the API takes.

    The API's types are strict: a number in quotes is a string, and the call is refused.

    Breaks: `"Period": "60"`
    Keeps: `"Period": 60`
    """
    return Fault(f"{path} must be {wanted}, not {_shown(value)}", code="cw-wrong-type", at=path)


def unknown_field(path: str, known: Mapping[str, Shape], name: str) -> Fault:
    """A field that the API does not have.

    Breaks: `"TreatMissingDatas": "ignore"`
    Keeps: `"TreatMissingData": "ignore"`
    """
    said = f"{path or 'the payload'} has no field `{name}`"
    return Fault(said, did_you_mean(name, known), code="cw-unknown-field", at=_at(path, name))


def missing_field(path: str, name: str) -> Fault:
    """A field that the API demands is not there.

    Breaks: an alarm without `ComparisonOperator`
    Keeps: an alarm with it
    """
    return Fault(f"{_at(path, name)} is missing", f"write `{name}`", code="cw-missing-field", at=path)


def length(path: str, size: int, least: int, most: int | None) -> Fault:
    """A text that is too long, or empty where it must not be.

    Names of alarms have 1 to 255 characters, descriptions up to 1,024, expressions up to 2,048,
    alarm rules up to 10,240.

    Breaks: an `AlarmDescription` of 1,025 characters
    Keeps: one of 1,024
    """
    bound = f"at most {most:,}" if most is not None and size > most else f"at least {least}"
    return Fault(f"{path} has {size:,} characters, and may have {bound}", code="cw-length", at=path)


def choice(path: str, value: str, choices: tuple[str, ...]) -> Fault:
    """A word that is none of those the API knows. Case counts.

    Breaks: `"TreatMissingData": "notbreaching"`
    Keeps: `"TreatMissingData": "notBreaching"`
    """
    way_out = did_you_mean(value, choices) or f"write one of {', '.join(choices[:12])}"
    return Fault(f"{path}: `{value[:60]}` is not known", way_out, code="cw-choice", at=path)


def form(path: str, value: str, like: str) -> Fault:
    """A text with characters, or of a form, that the API does not take.

    Breaks: `"Namespace": ":Shop"`, `"DashboardName": "my dashboard"`, a newline in a name
    Keeps: `"Namespace": "Shop"`, `"DashboardName": "my-dashboard"`
    """
    return Fault(f"{path}: {value[:60]!r} is not {like}", code="cw-form", at=path)


def bounds(path: str, value: float, least: float | None, most: float | None) -> Fault:
    """A number outside of what the API takes.

    Breaks: `"EvaluationPeriods": 0`
    Keeps: `"EvaluationPeriods": 1`
    """
    bound = f"at most {most:,}" if most is not None and value > most else f"at least {least}"
    return Fault(f"{path} is {value}, and must be {bound}", code="cw-bounds", at=path)


def too_many(path: str, count: int, least: int, most: int | None) -> Fault:
    """More (or fewer) entries than the API takes.

    Five actions for each state, 30 dimensions, 50 tags, 500 widgets, 100 alarms in an alarm widget.

    Breaks: six `AlarmActions`
    Keeps: five, or one topic with six subscriptions
    """
    bound = f"at most {most:,}" if most is not None and count > most else f"at least {least}"
    return Fault(f"{path} has {count:,} entries, and may have {bound}", code="cw-too-many", at=path)


SHAPE_RULES = (wrong_type, unknown_field, missing_field, length, choice, form, bounds, too_many)


def _record(value: Any, shape: Record, path: str) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        yield wrong_type(path, "an object", value)
        return
    for name in shape.required:
        if value.get(name) is None:
            yield missing_field(path, name)
    for name, inner in value.items():
        if inner is None:
            continue
        if name in shape.fields:
            yield from faults(inner, shape.fields[name], _at(path, name))
        elif not shape.open:
            yield unknown_field(path, shape.fields, str(name))


def _many(value: Any, shape: Many, path: str) -> Iterator[Fault]:
    if not isinstance(value, list | tuple):
        yield wrong_type(path, "a list", value)
        return
    if len(value) < shape.least or (shape.most is not None and len(value) > shape.most):
        yield too_many(path, len(value), shape.least, shape.most)
    for n, item in enumerate(value):
        yield from faults(item, shape.item, f"{path}[{n}]")


def _text(value: Any, shape: Text, path: str) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield wrong_type(path, "a text", value)
    elif len(value) < shape.least or (shape.most is not None and len(value) > shape.most):
        yield length(path, len(value), shape.least, shape.most)
    elif shape.choices and value not in shape.choices:
        yield choice(path, value, shape.choices)
    elif shape.pattern and not re.fullmatch(shape.pattern, value, re.DOTALL):
        yield form(path, value, shape.like)


def _whole(value: Any, shape: Whole, path: str) -> Iterator[Fault]:
    if shape.pointed and isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        yield wrong_type(path, "a whole number", value)
    elif (shape.least is not None and value < shape.least) or (shape.most is not None and value > shape.most):
        yield bounds(path, value, shape.least, shape.most)


def _real(value: Any, path: str) -> Iterator[Fault]:
    if not isinstance(value, int | float) or isinstance(value, bool) or not isfinite(value):
        yield wrong_type(path, "a finite number", value)


def _moment(value: Any) -> bool:
    if isinstance(value, datetime | int | float):
        return not isinstance(value, bool)
    try:
        return isinstance(value, str) and bool(datetime.fromisoformat(value))
    except ValueError:
        return False


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _shown(value: Any) -> str:
    kinds = {str: "the text ", list: "a list", dict: "an object", type(None): "nothing"}
    word = kinds.get(type(value), "")
    return word + (repr(value)[:60] if word in ("", "the text ") else "")
