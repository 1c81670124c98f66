"""Resources as one JSON file that can be reviewed: a line a field, and a line an item of its lists.

Not `json.dumps(indent=2)`: it makes a line of every brace, and takes five times as long.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from json import encoder
from json.encoder import encode_basestring as _text
from typing import Any, Final

from sereno.language.model import System
from sereno.vendors.backend import Resource

NESTED: Final = frozenset((dict, list))


def _one_line() -> Callable[[Any], str]:
    """`json.dumps` without what it prepares anew for each value: most of its time where values are small."""
    make = getattr(encoder, "c_make_encoder", None)
    if make is None:
        return json.JSONEncoder(ensure_ascii=False).encode
    encode = make(None, None, _text, None, ": ", ", ", False, False, True)
    return lambda value: "".join(encode(value, 0))


_json: Final = _one_line()


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
    first = f'{{"kind": {_text(resource.kind)}, "address": {_text(resource.address)}, "body": {{\n'
    return first + ",\n".join(_fields(resource.body, " ")) + "\n}}"


def _fields(body: Mapping[str, Any], margin: str) -> list[str]:
    return [
        f"{margin}{_text(key)}: {_text(value) if type(value) is str else _value(value, margin)}"
        for key, value in body.items()
    ]


def _value(value: Any, margin: str) -> str:
    """Objects that hold lists, and lists of objects, over several lines; everything else on one."""
    if isinstance(value, dict) and not NESTED.isdisjoint(map(type, value.values())):
        return "{\n" + ",\n".join(_fields(value, f"{margin} ")) + f"\n{margin}}}"
    if isinstance(value, list) and dict in map(type, value):
        return f"[\n{margin} {_items(value, margin)}\n{margin}]"
    return _json(value)


def _items(items: list[Any], margin: str) -> str:
    """A line an item. Objects are written all at once, then divided, if no text looks like a division."""
    between = f",\n{margin} "
    whole = _json(items)
    if {dict}.issuperset(map(type, items)) and whole.count("}, {") == len(items) - 1:
        return whole[1:-1].replace("}, {", "}" + between + "{")
    return between.join(_json(item) for item in items)
