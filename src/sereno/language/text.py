"""YAML text to plain data that remembers its places. Any bytes at all end in data or in problems.

A mapping is a `Map`, a sequence a `Seq`, a scalar a `str` when it is text whatever the reader,
and a `Bare` when its unquoted form is a number or a truth value to some YAML reader: the
specification (`spec/`) decides by what it expects, so that `yes`, `08` and `1e400` surprise nobody.

Bounds, each a problem when crossed: the size of a file, its number of values, the depth of nesting, what
aliases expand to, how many problems are told.
The events of libyaml are composed here, not by PyYAML, because its composer recurses in C without a
bound, keeps two mark objects a node, and lets the last of two equal keys win.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from sereno.language.faults import syntax as fault
from sereno.language.problem import Problem, Span

MAX_BYTES: Final = 8 * 1024 * 1024
MAX_DEPTH: Final = 60
MAX_EXPANSION: Final = 20_000  # nodes that aliases may add to a file
MAX_NODES: Final = 300_000  # keys and values of a file: six thousand SLOs
MAX_PROBLEMS: Final = 1_000  # told of a file; the rest of it is not read

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What some reader of YAML 1.1 or 1.2 takes for a number or a truth value.
BARE = re.compile(
    r"[-+]?(\d[\d_]*(\.[\d_]*)?|\.\d[\d_]*)([eE][-+]?\d+)?|[-+]?0[xXoObB][\da-fA-F_]+|[-+]?\.(inf|Inf|INF)"
    r"|\.(nan|NaN|NAN)|true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF"
)
BARE_FIRST = frozenset("0123456789+-.tTfFyYnNoO")
NULLS = frozenset(("", "~", "null", "Null", "NULL"))
TAGS = {f"tag:yaml.org,2002:{t}" for t in ("str", "int", "float", "bool", "null", "map", "seq")}

BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # a line ends where YAML 1.1, and so libyaml, ends it

# 1-based line and column, and the column after the last character.
Mark = tuple[int, int, int]


class Bare:
    """An unquoted scalar that is not surely text: a number or a truth value, as written."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bare) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


class Filled(str):
    """A text into which a variable was put: a field that expects a number takes it as one."""

    __slots__ = ()


class Map(dict[str, Any]):
    """A mapping; `keys_at` and `at` hold where each key and each value stands."""

    __slots__ = ("at", "keys_at", "mark")

    def __init__(self, mark: Mark) -> None:
        self.mark = mark
        self.keys_at: dict[str, Mark] = {}
        self.at: dict[str, Mark] = {}


class Seq(list[Any]):
    """A sequence; `at` holds where each item stands."""

    __slots__ = ("at", "mark")

    def __init__(self, mark: Mark) -> None:
        self.mark = mark
        self.at: list[Mark] = []


COLLECTIONS: Final = (Map, Seq)
Path = tuple[str | int, ...]


def mark_of(tree: Any, path: Path, *, key: bool = False) -> Mark:
    """Where `path` stands in the tree; of a path that is not there, the nearest part that is."""
    mark: Mark = tree.mark if isinstance(tree, COLLECTIONS) else (1, 1, 2)
    for step in path:
        if isinstance(tree, Map) and isinstance(step, str) and step in tree:
            at, tree = (tree.keys_at[step], tree.at[step]), tree[step]
            mark = at[0] if key or isinstance(tree, COLLECTIONS) else at[1]
        elif isinstance(tree, Seq) and isinstance(step, int) and step < len(tree):
            mark, tree = tree.at[step], tree[step]
        else:
            break
    return mark


def lines(data: bytes) -> list[str]:
    """The file's lines as the places count them, for excerpts."""
    return BREAK.split(data.decode("utf-8-sig", "replace"))


class _StopError(Exception):
    """The rest of this file cannot be read; the problem says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read(data: bytes, file: str) -> tuple[list[Any], list[Problem]]:
    """The documents of a file, in order, as far as it can be read."""
    if len(data) > MAX_BYTES:
        return [], [fault.file_too_large(Span(file), len(data), MAX_BYTES)]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return [], [fault.not_utf8(byte_span(data, error.start, file), data[error.start])]
    return _Composer(text, file).documents()


def byte_span(data: bytes, offset: int, file: str) -> Span:
    """Where a byte stands."""
    before = BREAK.split(data[:offset].decode("utf-8-sig", "replace"))
    column = len(before[-1]) + 1
    return Span(file, len(before), column, column + 1)


class _Composer:
    """Events to trees, with every bound kept."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.problems: list[Problem] = []
        self.plain: dict[str, Any] = {}
        self.anchors: dict[str, tuple[Any, int] | None] = {}  # name -> node and its size; None: still open
        self.nodes = 0
        self.expanded = 0
        self.depth = 0

    def documents(self) -> tuple[list[Any], list[Problem]]:
        found: list[Any] = []
        try:
            self.events: Iterator[Any] = iter(Loader(self.text).get_event, None)
            for event in self.events:
                if isinstance(event, DocumentStartEvent):
                    self.anchors = {}
                    found.append(self._node(next(self.events)))
        except _StopError as stop:
            self.problems.append(stop.problem)
        except yaml.reader.ReaderError as error:
            self.problems.append(fault.control_character(self._character_span(error), _character(error)))
        except yaml.MarkedYAMLError as error:
            self.problems.append(fault.yaml_syntax(self._error_span(error), _sentence(error)))
        return found, self.problems

    def _character_span(self, error: yaml.reader.ReaderError) -> Span:
        before = BREAK.split(self.text[: error.position])
        column = len(before[-1]) + 1
        return Span(self.file, len(before), column, column + 1)

    def _error_span(self, error: yaml.MarkedYAMLError) -> Span:
        at = error.problem_mark or error.context_mark
        if at is None:
            return Span(self.file)
        found = BREAK.split(self.text)
        line = min(at.line, len(found) - 1)
        column = min(at.column, len(found[line])) + 1
        return Span(self.file, line + 1, column, column + 1)

    def _node(self, event: Any) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _StopError(fault.too_many_values(self._span(_mark(event)), MAX_NODES))
        kind = type(event)
        if kind is ScalarEvent:
            value = event.value if event.style else self._plain(event.value)
            if event.tag is not None:
                value = self._tagged(event)
        elif kind is AliasEvent:
            return self._alias(event)
        else:
            return self._collection(event, kind is MappingStartEvent)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        return value

    def _plain(self, text: str) -> Any:
        """What a word without quotes is, found out once a file: most are keys, and come again."""
        try:
            return self.plain[text]
        except KeyError:
            return self.plain.setdefault(text, _meant(text))

    def _tagged(self, event: Any) -> Any:
        if event.tag not in TAGS and event.tag != "!":
            self._report(fault.yaml_tag(self._span(_mark(event)), event.tag))
        if event.tag.endswith(":null"):
            return None
        return Bare(event.value) if event.tag.endswith((":int", ":float", ":bool")) else event.value

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self.anchors:
            raise _StopError(fault.unknown_anchor(self._span(_mark(event)), event.anchor, self.anchors))
        known = self.anchors[event.anchor]
        if known is None:
            raise _StopError(fault.anchor_cycle(self._span(_mark(event)), event.anchor))
        self.nodes += known[1]
        self.expanded += known[1]
        if self.expanded > MAX_EXPANSION:
            raise _StopError(fault.alias_expansion(self._span(_mark(event)), MAX_EXPANSION))
        return known[0]

    def _collection(self, event: Any, mapping: bool) -> Any:
        if self.depth >= MAX_DEPTH:
            raise _StopError(fault.too_deep(self._span(_mark(event)), MAX_DEPTH))
        if event.tag is not None and event.tag not in TAGS:
            self._report(fault.yaml_tag(self._span(_mark(event)), event.tag))
        if event.anchor:
            self.anchors[event.anchor] = None
        self.depth += 1
        before = self.nodes
        node = self._mapping(event) if mapping else self._sequence(event)
        self.depth -= 1
        if event.anchor:
            self.anchors[event.anchor] = (node, self.nodes - before + 1)
        return node

    def _sequence(self, start: Any) -> Seq:
        seq = Seq(_mark(start))
        for event in self.events:
            if type(event) is SequenceEndEvent:
                break
            seq.append(self._node(event))
            seq.at.append(_mark(event))
        return seq

    def _mapping(self, start: Any) -> Map:
        found = Map(_mark(start))
        merged: list[Any] = []
        for event in self.events:
            if type(event) is MappingEndEvent:
                break
            key = self._key(event)
            value_event = next(self.events)
            value = self._node(value_event)
            if key == "<<" and not event.style:
                merged.append((value, value_event))
            elif key in found:
                first = found.keys_at[key][0]
                self._report(fault.duplicate_key(self._span(_mark(event)), key, first))
            else:
                found[key] = value
                found.keys_at[key] = _mark(event)
                found.at[key] = _mark(value_event)
        for value, event in merged:
            self._merge(found, value, event)
        return found

    def _key(self, event: Any) -> str:
        node = self._node(event)
        if type(node) is str:
            return node
        if node is None:
            return ""
        if isinstance(node, Bare):
            return node.text
        raise _StopError(fault.key_not_text(self._span(_mark(event))))

    def _merge(self, found: Map, value: Any, event: Any) -> None:
        """`<<: *base`: keys of the base that are not written here. https://yaml.org/type/merge.html"""
        for base in value if isinstance(value, Seq) else (value,):
            if not isinstance(base, Map):
                self._report(fault.merge_not_mapping(self._span(_mark(event))))
                continue
            for key in [key for key in base if key not in found]:  # in its order
                found[key], found.keys_at[key], found.at[key] = base[key], base.keys_at[key], base.at[key]

    def _span(self, mark: Mark) -> Span:
        return Span(self.file, *mark)

    def _report(self, problem: Problem) -> None:
        if len(self.problems) >= MAX_PROBLEMS:
            raise _StopError(fault.too_many_problems(problem.where, MAX_PROBLEMS))
        self.problems.append(problem)


def _meant(text: str) -> str | Bare | None:
    """A word without quotes: nothing, text, or what may be a number or a truth value."""
    if text in NULLS:
        return None
    return Bare(text) if text[0] in BARE_FIRST and BARE.fullmatch(text) else text


def _mark(event: Any) -> Mark:
    start, end = event.start_mark, event.end_mark
    line, column, last = start.line, start.column, end.column
    if last <= column or end.line != line:
        last = column + 1
    return line + 1, column + 1, last + 1


def _character(error: yaml.reader.ReaderError) -> int:
    character = error.character
    return character if isinstance(character, int) else ord(character[:1] or "\0")


def _sentence(error: yaml.MarkedYAMLError) -> str:
    return ", ".join(part for part in (error.context, error.problem) if part)
