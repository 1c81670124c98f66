"""Signals as expressions over metrics, the same for every vendor: which metrics, under which ids."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from sereno.language.expr import Binary, Expr, Name, Number, names
from sereno.language.model import Objective, Ratio, RawRatio, Signal, System, Threshold

NO_LETTER = re.compile(r"[^A-Za-z0-9_]")
_ONE = Number(Decimal(1))


def plain(signals: Mapping[str, Signal], expr: Expr) -> Expr:
    """The same, with every computed signal written out, down to those that are a metric."""
    match expr:
        case Name(name):
            inner = signals[name].expr
            return expr if inner is None else plain(signals, inner)
        case Number():
            return expr
        case Binary(op, left, right):
            return Binary(op, plain(signals, left), plain(signals, right))


def leaves(signals: Mapping[str, Signal], wanted: Iterable[str]) -> tuple[str, ...]:
    """The signals that are metrics, which these are made of, each once."""
    found: dict[str, None] = {}
    for name in wanted:
        inner = signals[name].expr
        for leaf in (name,) if inner is None else names(plain(signals, inner)):
            found[leaf] = None
    return tuple(found)


def ids(leaves: Sequence[str]) -> dict[str, str]:
    """An id (`[a-z][A-Za-z0-9_]*`) for each signal, as like its name as can be."""
    given: dict[str, str] = {}
    for leaf in leaves:
        word = NO_LETTER.sub("_", leaf)
        first = word[0].lower() + word[1:] if word[:1].isalpha() else f"m{word}"
        taken = given.values()
        given[leaf] = first if first not in taken else next(w for w in _variants(first) if w not in taken)
    return given


def _variants(word: str) -> Iterable[str]:
    return (f"{word}_{n}" for n in range(2, 10_000))


def signals_of(objective: Objective) -> tuple[str, ...]:
    """The signals its indicator reads, as named."""
    match objective.indicator:
        case Ratio(total=total, good=good, bad=bad):
            return tuple(name for name in (good, bad, total) if name)
        case RawRatio(raw=raw):
            return (raw,)
        case Threshold(signal=signal):
            return (signal,)


def bad_and_total(system: System, objective: Objective) -> tuple[Expr, Expr | None]:
    """Bad events and all events as expressions over metrics; no total where the signal is a share already."""
    match objective.indicator:
        case Ratio(total=total, good=good, bad=bad):
            every = plain(system.signals, Name(total))
            if bad is not None:
                return plain(system.signals, Name(bad)), every
            return Binary("-", every, plain(system.signals, Name(good or total))), every
        case RawRatio(raw=raw, success=success):
            share = plain(system.signals, Name(raw))
            return (Binary("-", _ONE, share) if success else share), None
        case Threshold(signal=signal):
            return plain(system.signals, Name(signal)), None
