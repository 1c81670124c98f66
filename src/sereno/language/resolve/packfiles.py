"""The packs that ship: found, read, their parameters put in.

A project opens the same few packs many times over. So a pack is read and validated once for each of its
forms, with a mark in place of each name, and only the marks are put right for every `Use`.
"""

from __future__ import annotations

import functools
import pickle
import re
from collections.abc import Callable, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from pydantic import BaseModel

from sereno.language.load import Document, Loaded, Variables, fill_in, read_documents, validated
from sereno.language.problem import Problem
from sereno.language.rules import ours as rules
from sereno.language.rules.openslo import whole
from sereno.language.spec import ours
from sereno.language.text import Map, read

BURN_RATES: Final = "burn-rates"
NO_PACKS: Final = frozenset((BURN_RATES, "prices"))  # folders of data that `use` does not open

# A name is shorter than its mark, so whatever is short enough for the mark is so for the name.
NAME: Final = re.compile(r"[a-z]([-a-z0-9]{0,37}[a-z0-9])?", re.ASCII)
REST: Final = 34 * "x"
MARK: Final = "mark{:02}" + REST
MARKED: Final = re.compile(rf"mark(\d\d){REST}")

Given = Mapping[str, str]


def _folder() -> Traversable:
    return files("sereno") / "packs"


@functools.cache
def names() -> tuple[str, ...]:
    """The packs that ship, as `use:` writes them."""
    found = [
        f"{vendor.name}/{file.name.removesuffix('.yaml')}"
        for vendor in _folder().iterdir()
        if vendor.is_dir() and vendor.name not in NO_PACKS
        for file in vendor.iterdir()
        if file.name.endswith(".yaml")
    ]
    return tuple(sorted(found))


@functools.cache
def policies() -> tuple[Document, ...]:
    """Every burn-rate policy that ships, as OpenSLO documents."""
    into = Loaded()
    for file in sorted((_folder() / BURN_RATES).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            read_documents(file.read_bytes(), f"packs/{BURN_RATES}/{file.name}", None, into)
    return tuple(into.documents)


def pack(name: str, given: Given) -> tuple[ours.Pack | None, list[Problem]]:
    """The pack with its parameters put in."""
    if any(REST in value for value in given.values()):
        return opened(name, given)
    marks = {key: MARK.format(n) for n, key in enumerate(_named_only(name, given))}
    make = _form(name, frozenset({**given, **marks}.items()))
    return (make(*(given[key] for key in marks)), []) if make else opened(name, given)


def _named_only(name: str, given: Given) -> list[str]:
    """The parameters that are nothing but a name here; one with a default may be a number or a choice."""
    wanted = parameters(name)
    return [
        key
        for key, value in given.items()
        if key in wanted and wanted[key].default is None and NAME.fullmatch(value)
    ]


Make = Callable[..., Any]  # makes a part of a pack of the names, which are in the order of their marks


@functools.lru_cache(maxsize=256)
def _form(name: str, given: frozenset[tuple[str, str]]) -> Make | None:
    """Makes the pack, if it is sound with marks in it."""
    found, problems = opened(name, dict(given))
    return None if found is None or problems else _make(found) or (lambda *_: found)


def _make(value: Any) -> Make | None:
    """None for a part without a mark: it is shared. To look for marks at each use takes twice as long."""
    if isinstance(value, str):
        return _make_text(value) if REST in value else None
    if isinstance(value, BaseModel):
        return _make_model(value)
    if isinstance(value, dict):
        return _make_dict(value)
    return _make_list(value) if isinstance(value, list) else None


def _make_text(text: str) -> Make:
    escaped = text.replace("{", "{{").replace("}", "}}")
    return MARKED.sub(lambda mark: f"{{{int(mark[1])}}}", escaped).format


def _make_model(model: BaseModel) -> Make | None:
    marked = {field: make for field, inner in model.__dict__.items() if (make := _make(inner))}
    if not marked:
        return None
    return lambda *names: _with(model, {field: make(*names) for field, make in marked.items()})


def _make_dict(given: Mapping[str, Any]) -> Make | None:
    parts = [(_make(key), key, _make(value), value) for key, value in given.items()]
    if not any(of_key or of_value for of_key, _, of_value, _ in parts):
        return None
    return lambda *names: {
        of_key(*names) if of_key else key: of_value(*names) if of_value else value
        for of_key, key, of_value, value in parts
    }


def _make_list(given: list[Any]) -> Make | None:
    parts = [(_make(item), item) for item in given]
    if not any(make for make, _ in parts):
        return None
    return lambda *names: [make(*names) if make else item for make, item in parts]


_set: Final = object.__setattr__


def _with(model: BaseModel, new: Mapping[str, Any]) -> BaseModel:
    """As `model_copy`, which copies what is shared here, and so takes five times as long."""
    made = type(model).__new__(type(model))
    _set(made, "__dict__", {**model.__dict__, **new})
    _set(made, "__pydantic_fields_set__", model.__pydantic_fields_set__)
    _set(made, "__pydantic_extra__", None)
    _set(made, "__pydantic_private__", None)
    return made


def opened(name: str, given: Given) -> tuple[ours.Pack | None, list[Problem]]:
    """The pack with its parameters put in, validated for what they are."""
    shown = _shown(name)
    tree, problems = _read(name)
    variables = Variables({**given, **_defaults(tree, given)})
    problems += fill_in(tree["spec"], shown, variables)
    tree["spec"] = _named(tree["spec"], variables)
    into = Loaded()
    found: ours.Pack | None = validated(ours.Pack, tree, shown, into)
    at = whole(shown, tree)["spec"]["alerts"]
    for each in at.value or ():
        into.error(*rules.alert(at[each]))
    return found, problems + into.problems


def _shown(name: str) -> str:
    return f"packs/{name}.yaml"


@functools.cache
def _written(name: str) -> bytes:
    """What the pack's file says, pickled: a copy of that comes 30 times faster than from the file."""
    vendor, _, file = name.partition("/")
    return pickle.dumps(read((_folder() / vendor / f"{file}.yaml").read_bytes(), _shown(name)))


def _read(name: str) -> tuple[Map, list[Problem]]:
    """The pack as it is written, and what is wrong with it."""
    trees, problems = pickle.loads(_written(name))  # noqa: S301 - we wrote it just now
    return trees[0], problems


@functools.cache
def parameters(name: str) -> Mapping[str, ours.Parameter]:
    """What a pack asks for."""
    tree, _ = _read(name)
    return {key: ours.Parameter.model_validate(value) for key, value in tree["spec"]["parameters"].items()}


def _defaults(tree: Map, given: Given) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, parameter in tree["spec"]["parameters"].items():
        if key not in given and parameter.get("default") is not None:
            found[key] = _substituted(str(parameter["default"]), {**given, **found})
    return found


def _substituted(text: str, values: Given) -> str:
    for key, value in values.items():
        text = text.replace("${" + key + "}", value)
    return text


def _named(spec: Map, variables: Variables) -> Map:
    """The keys of `signals` and `alerts` hold parameters too."""
    for part in ("signals", "alerts"):
        old = spec.get(part)
        if not isinstance(old, Map):
            continue
        new = Map(old.mark)
        for key, value in old.items():
            name = _substituted(key, variables.values)
            new[name], new.keys_at[name], new.at[name] = value, old.keys_at[key], old.at[key]
        spec[part] = new
    return spec
