"""The rule of a composite alarm: text to a tree, each node with its place. Pure grammar, no meaning.

`ALARM("x") AND NOT (OK(y) OR INSUFFICIENT_DATA(z))`, `TRUE`, `FALSE`, and
`AT_LEAST(2, ALARM, (x, y, z))` or `AT_LEAST(60%, NOT OK, (x, y, z))`. NOT binds tighter than AND,
AND tighter than OR. A name with a space, comma, bracket or quote must be quoted, an inner `"` escaped.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from sereno.vendors.cloudwatch.descent import Step, descend

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
STATES: Final[tuple[State, ...]] = ("OK", "ALARM", "INSUFFICIENT_DATA")


class RuleFault(ValueError):
    """Not an alarm rule; `at` is the 0-based character where it stops making sense."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(f"{message}, at character {at + 1}")
        self.message, self.at = message, at


@dataclass(frozen=True, slots=True)
class Constant:
    """TRUE or FALSE."""

    value: bool
    at: int


@dataclass(frozen=True, slots=True)
class Is:
    """The alarm (a name or an ARN, as written) is in the state."""

    state: State
    alarm: str
    at: int


@dataclass(frozen=True, slots=True)
class Not:
    """NOT, of one rule."""

    operand: Rule
    at: int


@dataclass(frozen=True, slots=True)
class Both:
    """AND, of two rules."""

    left: Rule
    right: Rule
    at: int


@dataclass(frozen=True, slots=True)
class Either:
    """OR, of two rules."""

    left: Rule
    right: Rule
    at: int


@dataclass(frozen=True, slots=True)
class AtLeast:
    """At least `amount` (or `amount` percent) of the alarms are (or, negated, are not) in the state."""

    amount: int
    percent: bool
    negated: bool
    state: State
    alarms: tuple[str, ...]
    at: int


Rule = Constant | Is | Not | Both | Either | AtLeast

_TOKEN: Final = re.compile(r"""\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<op>[(),])|(?P<word>[^\s(),"]+))""")


@dataclass(frozen=True, slots=True)
class _Token:
    """A word of the rule, and where it stands."""

    kind: str  # quoted, op, word, end
    text: str
    at: int


def parse(text: str) -> Rule:
    """The tree of a rule. Raises `RuleFault`."""
    reader = _Reader(list(_tokens(text)))
    tree: Rule = descend(reader.either())
    if reader.now.kind != "end":
        raise RuleFault(f"`{reader.now.text}` was not expected", reader.now.at)
    return tree


def walk(tree: Rule) -> Iterator[Rule]:
    """The node and all below it, from the left."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        match node:
            case Not(operand=operand):
                waiting.append(operand)
            case Both(left=left, right=right) | Either(left=left, right=right):
                waiting += (right, left)


def alarms(tree: Rule) -> tuple[str, ...]:
    """The alarms it names (as written: name or ARN), each once, in order of first use."""
    return tuple(dict.fromkeys(name for node in walk(tree) for name in _named(node)))


def _named(node: Rule) -> tuple[str, ...]:
    match node:
        case Is(alarm=alarm):
            return (alarm,)
        case AtLeast(alarms=names):
            return names
    return ()


def elements(text: str) -> int:
    """What AWS counts in a rule: alarms (as often as named), constants, pairs of grouping brackets."""
    tree, tokens = parse(text), list(_tokens(text))
    leaves = (node for node in walk(tree) if isinstance(node, Constant | Is | AtLeast))
    named = sum(max(1, len(_named(leaf))) for leaf in leaves)
    before = ["(", *(token.text for token in tokens)]
    groups = zip(before, tokens, strict=False)
    return named + sum(token.text == "(" and word in ("(", "AND", "OR", "NOT") for word, token in groups)


def quote(name: str) -> str:
    """A name as a rule must write it."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def alarm_name(reference: str) -> str:
    """The alarm's name, of a name or an ARN (`arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME`)."""
    parts = reference.split(":", 6)
    return parts[6] if len(parts) == 7 and parts[0] == "arn" and parts[5] == "alarm" else reference


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise RuleFault('a `"` is not closed', at)
        word = match[match.lastgroup]
        yield _Token(match.lastgroup, word, match.end() - len(word))
        at = match.end()
    yield _Token("end", "the end", len(text))


class _Reader:
    """Descent over the tokens; `now` is the one not yet taken."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens, self._next = tokens, 0

    @property
    def now(self) -> _Token:
        return self._tokens[self._next]

    def take(self) -> _Token:
        token = self.now
        self._next += 1
        return token

    def is_word(self, text: str) -> bool:
        return self.now.kind == "word" and self.now.text == text

    def expect(self, op: str) -> None:
        if self.now.kind != "op" or self.now.text != op:
            raise RuleFault(f"`{op}` was expected, not `{self.now.text}`", self.now.at)
        self.take()

    def either(self) -> Step:
        left: Rule = yield self.both()
        while self.is_word("OR"):
            at = self.take().at
            left = Either(left, (yield self.both()), at)
        return left

    def both(self) -> Step:
        left: Rule = yield self.negation()
        while self.is_word("AND"):
            at = self.take().at
            left = Both(left, (yield self.negation()), at)
        return left

    def negation(self) -> Step:
        places = []
        while self.is_word("NOT"):
            places.append(self.take().at)
        found: Rule = yield self.atom()
        for at in reversed(places):
            found = Not(found, at)
        return found

    def atom(self) -> Step:
        token = self.take()
        if token.kind == "op" and token.text == "(":
            inner: Rule = yield self.either()
            self.expect(")")
            return inner
        return self.leaf(token)

    def leaf(self, token: _Token) -> Rule:
        if token.kind == "word" and token.text in ("TRUE", "FALSE"):
            return Constant(token.text == "TRUE", token.at)
        if token.kind == "word" and token.text == "AT_LEAST":
            return self.at_least(token.at)
        state = _state(token)
        self.expect("(")
        name = self.name()
        self.expect(")")
        return Is(state, name, token.at)

    def at_least(self, at: int) -> AtLeast:
        self.expect("(")
        amount, percent = _amount(self.take())
        self.expect(",")
        negated = self.is_word("NOT") and self.take() is not None
        state = _state(self.take())
        self.expect(",")
        names = self.names()
        self.expect(")")
        return AtLeast(amount, percent, negated, state, names, at)

    def names(self) -> tuple[str, ...]:
        self.expect("(")
        found = [self.name()]
        while self.now.text == ",":
            self.take()
            found.append(self.name())
        self.expect(")")
        return tuple(found)

    def name(self) -> str:
        token = self.take()
        if token.kind == "quoted":
            return re.sub(r"\\(.)", r"\1", token.text[1:-1])
        if token.kind == "word":
            return token.text
        raise RuleFault(f"the name of an alarm was expected, not `{token.text}`", token.at)


def _state(token: _Token) -> State:
    for state in STATES:
        if token.kind == "word" and token.text == state:
            return state
    raise RuleFault(f"ALARM, OK or INSUFFICIENT_DATA was expected, not `{token.text}`", token.at)


def _amount(token: _Token) -> tuple[int, bool]:
    percent = token.text.endswith("%")
    digits = token.text.removesuffix("%")
    if token.kind != "word" or not digits.isascii() or not digits.isdigit() or int(digits) < 1:
        raise RuleFault(f"a count or a percentage was expected, not `{token.text}`", token.at)
    return int(digits), percent
