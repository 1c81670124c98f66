"""A composite's query: monitors joined by `&&`, `||`, `!` and brackets. Pure grammar, no meaning.

https://docs.datadoghq.com/monitors/types/composite/
"""

from __future__ import annotations

import re
from typing import Final

from sereno.vendors.datadog.query import DEEPEST, QueryFault

_TOKEN: Final = re.compile(r"\s*(\$\{[^{}]+\}|\d+|&&|\|\||[!()]|\S)")
_CHILD: Final = re.compile(r"\$\{[^{}]+\}|\d+")


def children(text: str) -> tuple[str, ...]:
    """The monitors it joins, each once, as written. Raises `QueryFault`."""
    reader = _Reader(text)
    reader.joined()
    if reader.at < len(reader.tokens):
        reader.unexpected()
    return tuple(dict.fromkeys(reader.found))


class _Reader:
    """Recursive descent over the tokens; `at` is the one not yet taken."""

    def __init__(self, text: str) -> None:
        self.tokens = [(match[1], match.start(1)) for match in _TOKEN.finditer(text)]
        self.at, self.depth, self.end = 0, 0, len(text)
        self.found: list[str] = []

    def take(self, *tokens: str) -> bool:
        taken = self.at < len(self.tokens) and self.tokens[self.at][0] in tokens
        self.at += taken
        return taken

    def unexpected(self) -> None:
        token, place = self.tokens[self.at] if self.at < len(self.tokens) else ("the end", self.end)
        raise QueryFault(f"`{token}` was not expected in a composite's query", place)

    def joined(self) -> None:
        self.one()
        while self.take("&&", "||"):
            self.one()

    def one(self) -> None:
        while self.take("!"):
            pass
        if self.take("("):
            self.bracket()
        elif self.at < len(self.tokens) and _CHILD.fullmatch(self.tokens[self.at][0]):
            self.found.append(self.tokens[self.at][0])
            self.at += 1
        else:
            self.unexpected()

    def bracket(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise QueryFault(f"brackets are more than {DEEPEST} deep", self.end)
        self.joined()
        self.depth -= 1
        if not self.take(")"):
            self.unexpected()
