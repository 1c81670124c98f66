"""The packs that ship: found, read, their parameters put in.

A project opens the same few packs many times over. So a pack is read and validated once for each of its
forms, with a mark in place of each name, and only the marks are put right for every `Use`.
"""

from __future__ import annotations

import functools
import pickle
import re
from collections.abc import Mapping, Sequence
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
from sereno.records import dataclass

BURN_RATES: Final = "burn-rates"
NO_PACKS: Final = frozenset((BURN_RATES, "prices"))  # folders of data that `use` does not open

# A name is shorter than its mark, so whatever is short enough for the mark is so for the name.
NAME: Final = re.compile(r"[a-z]([-a-z0-9]{0,37}[a-z0-9])?", re.ASCII)
REST: Final = 34 * "x"
MARK: Final = "mark{:02}" + REST

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
    marks = {key: MARK.format(n) for n, key in enumerate(_named_only(name, given))}
    form = _form(name, frozenset({**given, **marks}.items()))
    if form is None:
        return opened(name, given)
    found: ours.Pack = _put(form.pack, form.marked, [(mark, given[key]) for key, mark in marks.items()])
    return found, []


def _named_only(name: str, given: Given) -> list[str]:
    """The parameters that are nothing but a name here; one with a default may be a number or a choice."""
    wanted = parameters(name)
    if any(REST in value for value in given.values()):
        return []
    return [
        key
        for key, value in given.items()
        if key in wanted and wanted[key].default is None and NAME.fullmatch(value)
    ]


@dataclass(frozen=True, slots=True)
class Form:
    """A sound pack with marks in it. `marked`: the parts that hold one, by id; of a model, its fields too."""

    pack: ours.Pack
    marked: Mapping[int, Sequence[str]]


@functools.lru_cache(maxsize=256)
def _form(name: str, given: frozenset[tuple[str, str]]) -> Form | None:
    found, problems = opened(name, dict(given))
    if found is None or problems:
        return None
    marked: dict[int, Sequence[str]] = {}
    _mark(found, marked)
    return Form(found, marked)


def _mark(value: Any, marked: dict[int, Sequence[str]]) -> bool:
    """Whether a part holds a mark; if it does, it is noted."""
    fields: Sequence[str] = ()
    if isinstance(value, str):
        held = REST in value
    elif isinstance(value, BaseModel):
        fields = [name for name, inner in value.__dict__.items() if _mark(inner, marked)]
        held = bool(fields)
    else:
        inside = [*value, *value.values()] if isinstance(value, dict) else value
        held = isinstance(inside, list) and sum(_mark(inner, marked) for inner in inside) > 0
    if held:
        marked[id(value)] = fields
    return held


def _put(value: Any, marked: Mapping[int, Sequence[str]], names: list[tuple[str, str]]) -> Any:
    """The same with names in place of marks. Parts without one are shared."""
    fields = marked.get(id(value))
    if fields is None:
        return value
    if isinstance(value, str):
        for mark, name in names:
            value = value.replace(mark, name)
        return value
    if isinstance(value, BaseModel):
        return _with(value, {field: _put(value.__dict__[field], marked, names) for field in fields})
    if isinstance(value, dict):
        return {_put(k, marked, names): _put(v, marked, names) for k, v in value.items()}
    return [_put(item, marked, names) for item in value]


def _with(model: BaseModel, new: Mapping[str, Any]) -> BaseModel:
    """As `model_copy`, which copies what is shared here, and so takes three times as long."""
    made = type(model).__new__(type(model))
    made.__setstate__({**model.__getstate__(), "__dict__": {**model.__dict__, **new}})
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
