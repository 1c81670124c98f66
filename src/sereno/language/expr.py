"""The expression over signals: `+ - * / ( )`, names and numbers. One tree, three readings.

The tree is read as CloudWatch metric math, as a Datadog formula (each in its vendor's
folder) and by numpy (in `sereno.engine`). Precedence and associativity are Python's.
"""

from __future__ import annotations

import re
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
    """A number, exact."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and what stands between them."""

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


def divides_by_zero(expr: Expr) -> bool:
    """Whether a divisor is written as 0: such an expression never has a value."""
    match expr:
        case Binary(op, left, right):
            zero = op == "/" and isinstance(right, Number) and not right.value
            return zero or divides_by_zero(left) or divides_by_zero(right)
    return False


class NotAnExpression(Exception):
    """Why a text is none: where it begins to go wrong (0-based), the reason, and the way out."""

    def __init__(self, offset: int, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.offset, self.reason, self.hint = offset, reason, hint


MAX_TERMS = 100
MAX_BRACKETS = 30

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?![\w.]))|(?P<name>[a-z](?:[-a-z0-9]*[a-z0-9])?(?![\w]))"
    r"|(?P<op>[-+*/()])|(?P<end>$))",
    re.ASCII,
)


def parse(text: str) -> Expr:
    """The tree of a text; raises `NotAnExpression`."""
    parser = _Parser(text)
    found = parser.sum()
    if parser.kind != "end":
        raise parser.wrong("an operator was expected", "put `+ - * /` between the terms")
    return found


class _Parser:
    """Recursive descent over one token of look-ahead."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = self.next = 0
        self.kind, self.value = "", ""
        self.terms = self.brackets = 0
        self.advance()

    def advance(self) -> None:
        found = _TOKEN.match(self.text, self.next)
        if found is None:
            blank = len(self.text[self.next :]) - len(self.text[self.next :].lstrip())
            self.offset = self.next + blank
            raise self.wrong(f"`{self.text[self.offset]}` has no meaning here", _hint(self.text, self.offset))
        self.kind = found.lastgroup or "end"
        self.value = found[self.kind]
        self.offset, self.next = found.start(self.kind), found.end()

    def wrong(self, reason: str, hint: str) -> NotAnExpression:
        return NotAnExpression(self.offset, reason, hint)

    def sum(self) -> Expr:
        left = self.product()
        while self.kind == "op" and self.value in "+-":
            op: Operator = "+" if self.value == "+" else "-"
            self.advance()
            left = Binary(op, left, self.product())
        return left

    def product(self) -> Expr:
        left = self.term()
        while self.kind == "op" and self.value in "*/":
            op: Operator = "*" if self.value == "*" else "/"
            self.advance()
            left = Binary(op, left, self.term())
        return left

    def term(self) -> Expr:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise self.wrong(f"more than {MAX_TERMS} terms", "split it into several signals")
        kind, value = self.kind, self.value
        if kind == "op" and value == "(":
            return self.bracket()
        if kind in ("name", "number"):
            self.advance()
            return Name(value) if kind == "name" else Number(Decimal(value))
        raise self.wrong("a signal or a number was expected", "write one, and close every bracket")

    def bracket(self) -> Expr:
        self.brackets += 1
        if self.brackets > MAX_BRACKETS:
            raise self.wrong(f"more than {MAX_BRACKETS} brackets", "split it into several signals")
        self.advance()
        inner = self.sum()
        if (self.kind, self.value) != ("op", ")"):
            raise self.wrong("a bracket is not closed", "write `)`")
        self.advance()
        return inner


def _hint(text: str, offset: int) -> str:
    if text[offset].isupper():
        return "names of signals are lower-case"
    if text[offset] in "%^&|<>=!":
        return "only `+ - * / ( )` are known"
    return "use names of signals, numbers, `+ - * / ( )`"


_LEVEL = {"+": 1, "-": 1, "*": 2, "/": 2}


def show(expr: Expr, level: int = 0) -> str:
    """The text that parses to this tree, with the fewest brackets."""
    match expr:
        case Name(name):
            return name
        case Number(value):
            return f"{value:f}"
        case Binary(op, left, right):
            own = _LEVEL[op]
            words = f"{show(left, own)} {op} {show(right, own + 1)}"
            return f"({words})" if own < level else words
