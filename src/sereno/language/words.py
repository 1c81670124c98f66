"""A specification's errors (pydantic's and our own) in our words, each at its place."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sereno.language.faults import values as fault
from sereno.language.problem import Problem, Span
from sereno.language.spec.base import SIGNAL_PATTERN
from sereno.language.text import MAX_PROBLEMS, Bare, Map, Path, mark_of

SHAPES = {
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dict_type": "a mapping",
    "list_type": "a list",
    "too_short": "a list that is not empty",
}


# Lists of references, as early OpenSLO had them, and how each is written now.
REFERENCES: dict[str | int, str] = {
    "alertPolicies": "alertPolicyRef",
    "conditions": "conditionRef",
    "notificationTargets": "targetRef",
}


def problems(error: ValidationError, spec: type[BaseModel], tree: Map, file: str) -> list[Problem]:
    """Every error of one document, as far as they are told."""
    return [_problem(e, spec, tree, file) for e in error.errors(include_url=False)[: MAX_PROBLEMS + 1]]


def _problem(error: ErrorDetails, spec: type[BaseModel], tree: Map, file: str) -> Problem:
    raw = error["loc"]
    on_key = bool(raw) and raw[-1] == "[key]"
    path: Path = raw[:-1] if on_key else raw
    kind, value = error["type"], error["input"]
    name = str(path[-1]) if path else "the document"
    if isinstance(path[-1] if path else None, int):
        name = next((str(step) for step in reversed(path) if isinstance(step, str)), name)
    if kind == "missing" or (value is None and kind != "extra_forbidden"):
        return fault.missing_field(Span(file, *mark_of(tree, path[:-1] if kind == "missing" else path)), name)
    if kind == "extra_forbidden":
        known = _fields(spec, path[:-1])
        return fault.unknown_field(Span(file, *mark_of(tree, path, key=True)), name, known)
    at = Span(file, *mark_of(tree, path, key=on_key))
    if isinstance(value, str) and kind == "model_type" and len(path) > 1 and path[-2] in REFERENCES:
        return fault.wrong_shape(at, name, "a mapping", f"{{{REFERENCES[path[-2]]}: {_shown(value)}}}")
    return _of_value(kind, at, name, value, error.get("ctx", {}))


# The complaints that need only their place, the field's name and the value.
PLAIN: dict[str, Callable[[Span, str, str], Problem]] = {
    "text-expected": fault.text_expected,
    "number-form": fault.number_form,
    "number-range": fault.number_range,
    "whole-number": fault.whole_number,
    "flag-expected": fault.flag_expected,
}


def _of_value(kind: str, at: Span, name: str, value: Any, context: dict[str, Any]) -> Problem:
    shown = _shown(value)
    if isinstance(value, dict | list) and kind not in SHAPES:
        return fault.wrong_shape(at, name, _wanted(kind))
    if kind in PLAIN:
        return PLAIN[kind](at, name, shown)
    if kind.startswith("string_"):
        return _of_text(kind, at, name, value, context)
    match kind:
        case "number-expected":
            return fault.number_expected(at, name, shown, _is_number(shown))
        case "bad-duration":
            return fault.bad_duration(at, name, shown, context["units"])
        case "literal_error":
            return fault.not_allowed(at, name, shown, _quoted(context["expected"]))
    return _of_key(kind, at, name, shown)


def _of_text(kind: str, at: Span, name: str, value: Any, context: dict[str, Any]) -> Problem:
    """The complaints of pydantic's own constraints on text."""
    match kind:
        case "string_pattern_mismatch":
            return fault.bad_name(at, _shown(value), context["pattern"] == SIGNAL_PATTERN)
        case "string_too_short":
            return fault.empty_text(at, name)
        case "string_too_long":
            return fault.text_too_long(at, name, len(value), context["max_length"])
    return fault.text_expected(at, name, _shown(value))


def _of_key(kind: str, at: Span, name: str, shown: str) -> Problem:
    if kind == "bad-label":
        return fault.bad_label(at, shown)
    if kind == "bad-annotation":
        return fault.bad_annotation(at, shown)
    return fault.wrong_shape(at, name, SHAPES.get(kind, "another value"))


def _wanted(kind: str) -> str:
    words = {
        "number-expected": "a number",
        "flag-expected": "`true` or `false`",
        "bad-duration": "a duration",
    }
    return words.get(kind, "text")


def _shown(value: Any) -> str:
    text = value.text if isinstance(value, Bare) else str(value)
    printable = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return printable if len(printable) <= 80 else printable[:77] + "..."


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?\d+(\.\d+)?", text, re.ASCII) is not None


def _quoted(expected: str) -> list[str]:
    return re.findall(r"'([^']*)'", expected)


def _fields(spec: type[BaseModel], path: Path) -> list[str]:
    """The keys that may stand at a path of a document."""
    found: Any = spec
    for step in path:
        found = _below(found, step)
    model = _model(found)
    return [f.alias or n for n, f in model.model_fields.items()] if model else []


def _below(found: Any, step: str | int) -> Any:
    model = _model(found)
    if model is None:
        inner = next((a for a in (found, *get_args(found)) if get_origin(a) in (list, dict)), None)
        return get_args(inner)[-1] if inner else None
    field = next((f for n, f in model.model_fields.items() if step in (f.alias, n)), None)
    return field.annotation if field else None


def _model(found: Any) -> type[BaseModel] | None:
    """The model of `X`, `X | None`; None of a list or a dict of them, which take another step."""
    if isinstance(found, type) and issubclass(found, BaseModel):
        return found
    direct = [a for a in get_args(found) if isinstance(a, type) and issubclass(a, BaseModel)]
    return direct[0] if direct and type(None) in get_args(found) else None
