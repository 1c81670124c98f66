"""The words specifications are made of: names, numbers, durations, flags, each with its own complaint.

A scalar comes from `text.py` as `str` or as `Bare` (an unquoted number or truth value). What a field
expects decides: a number takes a `Bare` only, text takes a `str` only, `Scalar` takes both as written.
A complaint is raised as a `PydanticCustomError` whose type is a code of `faults/values.py`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from sereno.language import durations
from sereno.language.text import Bare, Filled


class Spec(BaseModel):
    """A mapping with these keys and no others. Python says `when_resolved`, YAML `whenResolved`."""

    model_config = ConfigDict(
        extra="forbid", strict=True, alias_generator=to_camel, arbitrary_types_allowed=True, defer_build=True
    )


NAME_PATTERN: Final = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
SIGNAL_PATTERN: Final = r"^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$"
NAME: Final = re.compile(NAME_PATTERN, re.ASCII)
NUMBER: Final = re.compile(r"[-+]?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d{1,3})?|[-+]?\.\d+", re.ASCII)
MAX_DIGITS, MAX_MAGNITUDE = 30, 18


def broken(code: str, **context: Any) -> PydanticCustomError:
    """A complaint with a code of `faults/values.py`, which finds its words from the context."""
    return PydanticCustomError(code, "{code}", {"code": code, **context})


def _is_absent(value: object) -> bool:
    """A variable that nothing gives, which is told at its place; what is made of it is never shown."""
    return isinstance(value, Filled) and "${" in value


def _number(value: object) -> object:
    """The exact number as written; a bound on digits and magnitude keeps arithmetic finite."""
    if _is_absent(value):
        return Decimal("0.99")  # neither too much for a target nor for a threshold
    if not isinstance(value, Bare | Filled):
        raise broken("number-expected", value=value)
    text = str(value)
    if not NUMBER.fullmatch(text):
        raise broken("number-form", value=text)
    number = Decimal(text)
    if number and (abs(number.adjusted()) > MAX_MAGNITUDE or len(number.as_tuple().digits) > MAX_DIGITS):
        raise broken("number-range", value=text)
    return number


def _whole(value: object) -> object:
    if _is_absent(value):
        return 1
    number = _number(value)
    if not isinstance(number, Decimal) or number != number.to_integral_value():
        raise broken("whole-number", value=value)
    return int(number)


def _flag(value: object) -> object:
    if _is_absent(value):
        return True
    if isinstance(value, Bare | Filled) and str(value) in ("true", "false"):
        return str(value) == "true"
    raise broken("flag-expected", value=value)


def _scalar(value: object) -> object:
    if isinstance(value, Bare):
        return value.text
    if isinstance(value, str):
        return value
    raise broken("text-expected", value=value)


def _text(value: object) -> object:
    if isinstance(value, str):
        return value
    raise broken("text-expected", value=value)


def verbatim(value: object) -> object:
    """A vendor's own JSON: unquoted numbers and truth values are what they look like, all else is text."""
    if isinstance(value, dict):
        return {str(key): verbatim(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [verbatim(inner) for inner in value]
    if isinstance(value, Bare | Filled):
        return _looks_like(str(value))
    return value


def _looks_like(text: str) -> object:
    if text in ("true", "false"):
        return text == "true"
    if not NUMBER.fullmatch(text):
        return text
    return int(text) if re.fullmatch(r"[-+]?\d{1,30}", text) else float(text)


def _duration(value: object) -> object:
    if _is_absent(value):
        return durations.DAY
    text = value.text if isinstance(value, Bare) else value
    length = durations.seconds(text) if isinstance(text, str) else None
    if not length:
        raise broken("bad-duration", value=text, units="s m h d w")
    return length


def _shorthand(value: object) -> object:
    if _is_absent(value):
        return "1d"
    text = value.text if isinstance(value, Bare) else value
    if not isinstance(text, str) or durations.shorthand(text) is None:
        raise broken("bad-duration", value=text, units="m h d w M Q Y")
    return text


_STRING = {"type": "string"}
# pydantic's own constraints where there is one: they cost a tenth of a function of ours.
Text = str
Words = Annotated[str, StringConstraints(min_length=1)]  # text that may not be empty
Scalar = Annotated[str, BeforeValidator(_scalar), WithJsonSchema({"type": ["string", "number", "boolean"]})]
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
SignalName = Annotated[str, StringConstraints(pattern=SIGNAL_PATTERN)]
Number = Annotated[Decimal, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
Whole = Annotated[int, BeforeValidator(_whole), WithJsonSchema({"type": "integer"})]
Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"type": "boolean"})]
Verbatim = Annotated[Any, BeforeValidator(verbatim), WithJsonSchema({})]
Seconds = Annotated[
    int, BeforeValidator(_duration), WithJsonSchema({**_STRING, "pattern": "^[0-9]+[smhdw]$"})
]
Shorthand = Annotated[
    str, BeforeValidator(_shorthand), WithJsonSchema({**_STRING, "pattern": "^[0-9]+[mhdwMQY]$"})
]
Description = Annotated[str, StringConstraints(max_length=1050)]
DisplayName = Annotated[str, StringConstraints(max_length=63)]

LABEL_KEY: Final = re.compile(r"[a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?", re.ASCII)
ANNOTATION_KEY: Final = re.compile(
    r"(?=.{1,253}/|[^/]+$)([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*/)?"
    r"[a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?",
    re.ASCII,
)


def _label_key(value: str) -> str:
    if not LABEL_KEY.fullmatch(value):
        raise broken("bad-label", value=value)
    return value


def _annotation_key(value: str) -> str:
    if not ANNOTATION_KEY.fullmatch(value):
        raise broken("bad-annotation", value=value)
    return value


def _label(value: object) -> object:
    """A text or a list of texts; a list is read as its items joined by `,`."""
    if isinstance(value, list):
        return ",".join(str(_text(item)) for item in value)
    return _text(value)


Labels = dict[
    Annotated[str, AfterValidator(_label_key)],
    Annotated[
        str,
        BeforeValidator(_label),
        WithJsonSchema({"anyOf": [_STRING, {"type": "array", "items": _STRING}]}),
    ],
]
Annotations = dict[Annotated[str, AfterValidator(_annotation_key)], Text]


class Metadata(Spec):
    """Who a document is."""

    name: Name
    display_name: DisplayName | None = None
    labels: Labels | None = None
    annotations: Annotations | None = None
