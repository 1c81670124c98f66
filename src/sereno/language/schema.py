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
        **shared,
    }


def project() -> dict[str, Any]:
    """The schema of `sereno.yaml`."""
    return {"$schema": DRAFT, **ours.Project.model_json_schema(by_alias=True)}
