"""Variables that hold variables: put in, in whatever order they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sereno.language.load import VARIABLE

DEEPEST: Final = 20
LONGEST: Final = 10_000  # characters: each of twenty could be the one before, ten times


def expanded(written: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Every variable with those in it put in; and as written those to which there is no end."""
    done: dict[str, str] = {}
    left = dict(written)
    for _ in range(DEEPEST):
        ready = {n: _put_in(text, done) for n, text in left.items() if left.keys().isdisjoint(_names(text))}
        done |= {name: text for name, text in ready.items() if len(text) <= LONGEST}
        left = {name: text for name, text in left.items() if name not in done}
        if not left or not ready:
            break
    return {name: _literal(text) for name, text in {**written, **done}.items()}, left


def _names(text: str) -> Iterator[str]:
    """What a text asks for; `$${name}` asks for nothing."""
    return (found[2] for found in VARIABLE.finditer(text) if not found[1])


def _put_in(text: str, values: Mapping[str, str]) -> str:
    """What is not known, and `$${name}`, stays as written: it is told, or taken away, where it is used."""
    return VARIABLE.sub(lambda found: found[0] if found[1] else values.get(found[2], found[0]), text)


def _literal(text: str) -> str:
    """`$${name}` as `${name}`."""
    return VARIABLE.sub(lambda found: found[0].removeprefix(found[1]), text)


def cycles(left: Mapping[str, str]) -> list[list[str]]:
    """The ways from a variable back to itself, each once; of those without one, each by itself."""
    ways = [_way(name, left) for name in left]
    round_ = {frozenset(way): way for way in reversed(ways) if way[1:] and way[0] == way[-1]}
    return [*reversed(round_.values())] or [[name] for name in left]


def _way(name: str, left: Mapping[str, str]) -> list[str]:
    """From a variable to what it holds, until one comes again."""
    way = [name]
    while (below := next((n for n in _names(left[way[-1]]) if n in left), None)) and below not in way[1:]:
        way.append(below)
        if below == name:
            break
    return way
