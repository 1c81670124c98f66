"""Where the resources of `terraform show -json` stand, in a plan, a state, or a list of changes.

https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Body = Mapping[str, Any]
Path = tuple[str | int, ...]


def declared(document: Body) -> Iterator[tuple[Path, Body, Any]]:
    """(path to its values, resource, values) of what is planned or there; else of what is to be changed."""
    key = "planned_values" if document.get("planned_values") else "values"
    planned = document.get(key)
    if isinstance(planned, Mapping):
        for at, resource in _managed(planned.get("root_module"), (key, "root_module")):
            yield (*at, "values"), resource, resource.get("values")
        return
    changes = document.get("resource_changes")
    for n, change in enumerate(changes if isinstance(changes, list) else ()):
        if isinstance(change, Mapping) and change.get("mode", "managed") == "managed":
            inner = change.get("change")
            after = inner.get("after") if isinstance(inner, Mapping) else None
            yield ("resource_changes", n, "change", "after"), change, after


def later(document: Body) -> dict[str, frozenset[str]]:
    """Of each address, the fields in which something is known after the apply."""
    changes = document.get("resource_changes")
    return {
        str(change.get("address")): frozenset(key for key, what in _unknowns(change) if _unknown(what))
        for change in (changes if isinstance(changes, list) else ())
        if isinstance(change, Mapping)
    }


def _unknowns(change: Body) -> list[tuple[str, Any]]:
    inner = change.get("change")
    unknown = inner.get("after_unknown") if isinstance(inner, Mapping) else None
    return list(unknown.items()) if isinstance(unknown, Mapping) else []


def _unknown(what: Any) -> bool:
    if isinstance(what, Mapping):
        return any(_unknown(inner) for inner in what.values())
    return any(_unknown(inner) for inner in what) if isinstance(what, list) else what is True


def _managed(module: Any, at: Path) -> Iterator[tuple[Path, Body]]:
    """(path, resource) of a module and of those in it."""
    if not isinstance(module, Mapping):
        return
    found, modules = module.get("resources"), module.get("child_modules")
    for n, resource in enumerate(found if isinstance(found, list) else ()):
        if isinstance(resource, Mapping) and resource.get("mode", "managed") == "managed":
            yield (*at, "resources", n), resource
    for n, child in enumerate(modules if isinstance(modules, list) else ()):
        yield from _managed(child, (*at, "child_modules", n))
