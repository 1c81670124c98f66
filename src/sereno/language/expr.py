"""The expression over signals: `+ - * / ( )`, names and numbers. One tree, three readings.

The tree is read as CloudWatch metric math, as a Datadog formula (each in its vendor's
folder) and by numpy (in `sereno.engine`). Precedence and associativity are Python's.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Operator = Literal["+", "-", "*", "/"]


@dataclass(frozen=True, slots=True)
class Name:
    """A signal, by name (names may hold `-`; an operator is set off by spaces)."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    value: Decimal


@dataclass(frozen=True, slots=True)
class Binary:
    op: Operator
    left: Expr
    right: Expr


Expr = Name | Number | Binary


def names(expr: Expr) -> tuple[str, ...]:
    """The signals it reads, in order of first use."""
    match expr:
        case Name(name):
            return (name,)
        case Number():
            return ()
        case Binary(_, left, right):
            return tuple(dict.fromkeys(names(left) + names(right)))
