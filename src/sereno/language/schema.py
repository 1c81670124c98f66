"""JSON Schema of everything a person may write, for editors. Rules between fields are `sereno check`'s."""

from __future__ import annotations

from typing import Any, Final

from pydantic.json_schema import models_json_schema

from sereno.language.spec import KINDS, ours

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


def documents() -> dict[str, Any]:
    """One schema for documents of every kind: `apiVersion` and `kind` say which rules hold."""
    found, shared = models_json_schema([(model, "validation") for model in KINDS.values()], by_alias=True)
    chosen = [
        {
            "if": {"properties": {"apiVersion": {"const": api}, "kind": {"const": kind}}},
            "then": found[(model, "validation")],
        }
        for (api, kind), model in KINDS.items()
    ]
    return {
        "$schema": DRAFT,
        "title": "sereno: OpenSLO v1 and sereno/v1 documents",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {
            "apiVersion": {"enum": sorted({api for api, _ in KINDS})},
            "kind": {"enum": sorted({kind for _, kind in KINDS})},
        },
        "allOf": chosen,
        **_with_variables(shared),
    }


# What a value with a variable in it is to an editor, which does not know what will be put in.
VARIABLE: Final = {"type": "string", "pattern": r"\$\{"}
NARROW: Final = ("pattern", "enum", "maxLength")
KEYS: Final = "propertyNames"  # no variable is put into a key


def _with_variables(schema: Any) -> Any:
    """The schema, in which a text with a variable may stand for any number, truth value or narrower text."""
    if isinstance(schema, list):
        return [_with_variables(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") in ("number", "integer", "boolean") or _is_narrow(schema):
        return {"anyOf": [schema, VARIABLE]}
    return {key: value if key == KEYS else _with_variables(value) for key, value in schema.items()}


def _is_narrow(schema: dict[str, Any]) -> bool:
    """Whether it bounds a text; what is a mapping is a field of that name."""
    return any(key in schema and not isinstance(schema[key], dict) for key in NARROW)


def project() -> dict[str, Any]:
    """The schema of `sereno.yaml`."""
    return {"$schema": DRAFT, **ours.Project.model_json_schema(by_alias=True)}
