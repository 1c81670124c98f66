"""CloudWatch metric math: text to a tree, each node with its place. Pure grammar, no meaning.

Loosest first: `OR ||`, `AND &&`, `== != < <= > >=`, `+ -`, `* /`, unary `-`, `^`.
AWS publishes the operators, not their order; this is the usual one, and `^` groups from the right.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sereno.vendors.cloudwatch.descent import Step, descend


class SyntaxFault(ValueError):
    """Not metric math; `at` is the 0-based character where it stops making sense."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(f"{message}, at character {at + 1}")
        self.message, self.at = message, at


@dataclass(frozen=True, slots=True)
class Number:
    """A number, exact."""

    value: Decimal
    at: int


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted string, without its quotes."""

    value: str
    at: int


@dataclass(frozen=True, slots=True)
class Id:
    """Another metric or expression of the request: begins with a lower-case letter."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Word:
    """A bare keyword argument: REPEAT, LINEAR, ASC, DESC, AVG ..."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Negative:
    """A minus before an operand."""

    operand: Node
    at: int


@dataclass(frozen=True, slots=True)
class Binary:
    """`op` is one of + - * / ^ == != < <= > >= AND OR (`&&` and `||` are read as words)."""

    op: str
    left: Node
    right: Node
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    function: str
    arguments: tuple[Node, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Array:
    """Values in square brackets."""

    items: tuple[Node, ...]
    at: int


Node = Number | Text | Id | Word | Negative | Binary | Call | Array

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
          |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
          |(?P<text>"[^"]*"|'[^']*')
          |(?P<op>==|!=|<=|>=|&&|\|\||[-+*/^<>()\[\],]))""",
    re.VERBOSE,
)
_SPELLED: Final = {"&&": "AND", "||": "OR"}
_LEVELS: Final = (("OR",), ("AND",), ("==", "!=", "<", "<=", ">", ">="), ("+", "-"), ("*", "/"))
_BINDS: Final = {op: level for level, ops in enumerate(_LEVELS) for op in ops}


@dataclass(frozen=True, slots=True)
class _Token:
    """A word of the expression, and where it stands."""

    kind: str  # number, word, text, op, end
    text: str
    at: int


def parse(text: str) -> Node:
    """The tree of an expression. Raises `SyntaxFault`."""
    reader = _Reader(list(_tokens(text)))
    tree: Node = descend(reader.level(0))
    if reader.now.kind != "end":
        raise SyntaxFault(f"`{reader.now.text}` was not expected", reader.now.at)
    return tree


def walk(tree: Node) -> Iterator[Node]:
    """The node and all below it, from the left."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(children(node))


def children(tree: Node) -> tuple[Node, ...]:
    match tree:
        case Negative(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Call(arguments=items) | Array(items=items):
            return items
    return ()


def references(tree: Node) -> tuple[str, ...]:
    """The ids it reads, each once, in order of first use."""
    return tuple(dict.fromkeys(node.name for node in walk(tree) if isinstance(node, Id)))


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise SyntaxFault(f"`{text[at]}` means nothing in metric math", at)
        word = match[match.lastgroup]
        yield _token(match.lastgroup, word, match.end() - len(word))
        at = match.end()
    yield _Token("end", "the end", len(text))


def _token(kind: str, text: str, at: int) -> _Token:
    spelled = _SPELLED.get(text, text)
    return _Token("op" if spelled in ("AND", "OR") else kind, spelled, at)


class _Reader:
    """Recursive descent over the tokens; `now` is the one not yet taken."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens, self._next = tokens, 0

    @property
    def now(self) -> _Token:
        return self._tokens[self._next]

    def take(self) -> _Token:
        token = self.now
        self._next += 1
        return token

    def expect(self, op: str) -> None:
        if self.now.text != op:
            raise SyntaxFault(f"`{op}` was expected, not `{self.now.text}`", self.now.at)
        self.take()

    def level(self, loosest: int) -> Step:
        """Operands, and the operators that bind no looser than this."""
        left: Node = yield self.unary()
        while self.now.kind == "op" and _BINDS.get(self.now.text, -1) >= loosest:
            op = self.take()
            left = Binary(op.text, left, (yield self.level(_BINDS[op.text] + 1)), op.at)
        return left

    def unary(self) -> Step:
        signs = []
        while self.now.text == "-" and self.now.kind == "op":
            signs.append(self.take())
        base: Node = yield self.atom()
        if self.now.text == "^":
            op = self.take()
            base = Binary("^", base, (yield self.unary()), op.at)
        for sign in reversed(signs):
            base = Negative(base, sign.at)
        return base

    def atom(self) -> Step:
        token = self.take()
        if token.kind == "number":
            return Number(Decimal(token.text), token.at)
        if token.kind == "text":
            return Text(token.text[1:-1], token.at)
        if token.kind == "word":
            return (yield self.named(token))
        if token.text == "(":
            inner: Node = yield self.level(0)
            self.expect(")")
            return inner
        if token.text == "[":
            return Array((yield self.items("]", 1)), token.at)
        raise SyntaxFault(f"a metric, a number or a function was expected, not `{token.text}`", token.at)

    def named(self, token: _Token) -> Step:
        if self.now.text == "(":
            self.take()
            return Call(token.text, (yield self.items(")")), token.at)
        return Id(token.text, token.at) if token.text[0].islower() else Word(token.text, token.at)

    def items(self, close: str, least: int = 0) -> Step:
        found: list[Node] = []
        if least and self.now.text == close:
            raise SyntaxFault("a list was left empty", self.now.at)
        while self.now.text != close:
            found.append((yield self.level(0)))
            if self.now.text != close:
                self.expect(",")
                if self.now.text == close:
                    raise SyntaxFault(f"something was expected before `{close}`", self.now.at)
        self.take()
        return tuple(found)
