"""OpenSLO documents written back as plain OpenSLO v1: variables put in, policies of packs beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import yaml

from sereno.language import spec as kinds
from sereno.language.load import Document
from sereno.language.text import BARE, Bare, Filled, Map, Seq

# Fields that are no text, so that what a variable gave stands without quotes; below `TEXTS` all is text.
PLAIN: Final = frozenset(
    (
        *("target", "targetPercent", "timeSliceTarget", "compositeWeight", "value", "threshold"),
        *("isRolling", "counter", "alertWhenNoData", "alertWhenBreaching", "alertWhenResolved"),
    )
)
TEXTS: Final = frozenset(("labels", "annotations"))


class _Plain(str):
    """A scalar that stands without quotes: a number or a truth value."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Long lines are kept, lists are indented below their key, aliases are written out."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        del indentless
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _plain(dumper: _Dumper, value: _Plain) -> yaml.ScalarNode:
    tag = dumper.resolve(yaml.ScalarNode, str(value), (True, False))  # type: ignore[no-untyped-call]
    return dumper.represent_scalar(tag, str(value))


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    """In quotes where some reader takes it for a number or a truth value; PyYAML does not know of all."""
    style = '"' if BARE.fullmatch(value) or "\x85" in value else None  # which ends a line in any other style
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(_Plain, _plain)
_Dumper.add_representer(str, _text)


def openslo(documents: Iterable[Document]) -> str:
    """Every OpenSLO document of these, and of those that ship only what they refer to."""
    found = [d for d in documents if d.api == kinds.OPENSLO and d.spec is not None]
    used = set(_references(d.tree for d in found if not d.file.startswith("packs/")))
    kept = [d for d in found if not d.file.startswith("packs/") or d.name in used]
    trees = [_value(d.tree) for d in kept]
    return yaml.dump_all(trees, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000)


def _references(trees: Iterable[Any]) -> Iterator[str]:
    stack: list[Any] = list(trees)
    while stack:
        value = stack.pop()
        if isinstance(value, Map):
            yield from (v for k, v in value.items() if k.endswith("Ref") and isinstance(v, str))
            stack.extend(value.values())
        elif isinstance(value, Seq):
            stack.extend(value)


def _value(value: Any, key: str = "", *, text: bool = False) -> Any:
    text = text or key in TEXTS
    match value:
        case Map():
            return {k: _value(v, k, text=text) for k, v in value.items() if v is not None}
        case Seq():
            return [_value(item, key, text=text) for item in value]
        case Bare():
            return _Plain(value.text)
        case Filled():
            return _Plain(value) if key in PLAIN and not text else str(value)
    return value
