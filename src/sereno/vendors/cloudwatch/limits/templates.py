"""A file of resources: JSON, or YAML with its places, `!Sub x` read as `{"Fn::Sub": "x"}`. Pure.

The events of libyaml are put together here, as in `language.text`, so that nothing recurses and aliases
are bounded.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from yaml import events

from sereno.vendors.cloudwatch.limits.places import Path

MOST: Final = 300_000  # values, those of aliases counted each time
LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER: Final[Any] = yaml.resolver.Resolver()


@dataclass
class Template:
    """The data, where each value (of a member, its key) stands in YAML, and keys that stand twice."""

    document: Any = None
    at: dict[Path, tuple[int, int]] = field(default_factory=dict)
    twice: list[str] = field(default_factory=list)


def read(text: str) -> Template:
    """Raises `ValueError` for what is neither JSON nor YAML, or too much of it."""
    twice: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        body = dict(pairs)
        if len(body) < len(pairs):
            names = [name for name, _ in pairs]
            twice.extend(name for name in body if names.count(name) > 1)
        return body

    try:
        return Template(json.loads(text, object_pairs_hook=once), {}, twice)
    except ValueError:
        if text.lstrip().startswith(("{", "[")):
            raise
    return _yaml(text)


def _yaml(text: str) -> Template:
    building = _Building()
    try:
        for event in yaml.parse(text, Loader=LOADER):
            building.take(event)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error
    return building.template


@dataclass
class _Open:
    """A list or an object that is not closed yet, and the key that waits for its value."""

    value: Any
    tag: str
    path: Path
    anchor: str | None
    began: int  # how many values there were
    key: str | None = None


class _Building:
    def __init__(self) -> None:
        self.template = Template()
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.count = 0

    def take(self, event: Any) -> None:
        match event:
            case events.MappingStartEvent() | events.SequenceStartEvent():
                path = self._next(event)
                empty: Any = {} if isinstance(event, events.MappingStartEvent) else []
                self.open.append(_Open(empty, event.tag or "", path, event.anchor, self.count))
            case events.MappingEndEvent() | events.SequenceEndEvent():
                closed = self.open.pop()
                self._put(_tagged(closed.tag, closed.value), closed.anchor, self.count - closed.began)
            case events.ScalarEvent() if self._is_key():
                self._key(event)
            case events.ScalarEvent():
                self._next(event)
                self._put(_tagged(event.tag or "", _scalar(event)), event.anchor, 1)
            case events.AliasEvent():
                value, size = self.anchors.get(event.anchor or "", (None, 1))
                self._next(event, size)
                self._put(value, None, size)

    def _is_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1].value, dict) and self.open[-1].key is None

    def _key(self, event: Any) -> None:
        within = self.open[-1]
        within.key = event.value
        if event.value in within.value:
            self.template.twice.append(event.value)
        self.template.at[(*within.path, event.value)] = (event.start_mark.index, event.end_mark.index)

    def _next(self, event: Any, size: int = 1) -> Path:
        """The path of the value that begins here."""
        self.count += size
        if self.count > MOST or len(self.open) > 100:
            raise ValueError("it holds more values, or deeper ones, than a template has")
        if not self.open:
            return ()
        within = self.open[-1]
        step = within.key if isinstance(within.value, dict) else len(within.value)
        path = (*within.path, step if step is not None else "")
        self.template.at.setdefault(path, (event.start_mark.index, event.end_mark.index))
        return path

    def _put(self, value: Any, anchor: str | None, size: int) -> None:
        if anchor:
            self.anchors[anchor] = (value, size)
        if not self.open:
            self.template.document = value
        elif isinstance(self.open[-1].value, list):
            self.open[-1].value.append(value)
        else:
            self.open[-1].value[self.open[-1].key or ""] = value
            self.open[-1].key = None


def _tagged(tag: str, value: Any) -> Any:
    """`!Ref x` and its like, as JSON writes them."""
    if not tag.startswith("!") or tag == "!":
        return value
    name = tag[1:]
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


def _scalar(event: events.ScalarEvent) -> Any:
    """A number, a truth value or nothing, where it is written without quotes; else a text."""
    if event.tag or not event.implicit[0]:
        return event.value
    kind = _RESOLVER.resolve(yaml.ScalarNode, event.value, (True, False)).rpartition(":")[2]
    try:
        match kind:
            case "null":
                return None
            case "bool":
                return event.value.lower() in ("true", "yes", "on")
            case "int":
                return int(event.value)
            case "float":
                return float(event.value)
    except ValueError:  # 0x1F, 1_000, 10:30
        return event.value
    return event.value
