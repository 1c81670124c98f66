"""Resources as one JSON file that can be reviewed: a line a field, and a line an item of its lists.

Not `json.dumps(indent=2)`: it makes a line of every brace, and takes five times as long.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sereno.language.model import System
from sereno.vendors.backend import Resource

_json: Final = json.JSONEncoder(ensure_ascii=False).encode  # one encoder: dumps makes one a value


def document(system: System, resources: Sequence[Resource]) -> str:
    """What `sereno build` writes and `sereno check --resources` reads; the same for the same system."""
    head = {
        "project": system.project,
        "environment": system.environment.name,
        "backend": system.environment.backend,
    }
    lines = [f"{_json(key)}: {_json(value)}," for key, value in head.items()]
    body = ",\n".join(_resource(resource) for resource in resources)
    return "{\n" + "\n".join(lines) + f'\n"resources": [\n{body}\n]\n}}\n'


def _resource(resource: Resource) -> str:
    first = f'{{"kind": {_json(resource.kind)}, "address": {_json(resource.address)}, "body": {{\n'
    return first + ",\n".join(_fields(resource.body, " ")) + "\n}}"


def _fields(body: Mapping[str, Any], margin: str) -> Iterator[str]:
    for key, value in body.items():
        yield f"{margin}{_json(key)}: {_value(value, margin)}"


def _value(value: Any, margin: str) -> str:
    """Objects that hold lists, and lists of objects, over several lines; everything else on one."""
    if isinstance(value, Mapping) and any(isinstance(inner, Mapping | list) for inner in value.values()):
        return "{\n" + ",\n".join(_fields(value, f"{margin} ")) + f"\n{margin}}}"
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        return "[\n" + ",\n".join(f"{margin} {_json(item)}" for item in value) + f"\n{margin}]"
    return _json(value)
