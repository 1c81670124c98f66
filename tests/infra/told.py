"""The commands that a page of Markdown tells a person to run, taken apart; nothing is run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from markdown_it import MarkdownIt

PROGRAMS = frozenset({"aws", "curl", "gh", "jq", "make", "python", "sereno", "terraform"})
_INNER = re.compile(r"\$\(([^()]*)\)")
_ARITHMETIC = re.compile(r"\$\(\((?:[^()]|\([^()]*\))*\)\)")
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=")
_BETWEEN = frozenset({"|", "||", "&&", ";"})


@dataclass(frozen=True)
class Command:
    """One program and its words; what stands for another command's output is `SAID`."""

    words: tuple[str, ...]

    @property
    def program(self) -> str:
        return self.words[0]

    @property
    def options(self) -> dict[str, str]:
        """`--name` -> the word after it, of `--name=value` the value."""
        found = {}
        for word, after in pairwise((*self.words, "")):
            if word.startswith("--"):
                name, equals, value = word.partition("=")
                found[name] = value if equals else after
        return found

    def __str__(self) -> str:
        return shlex.join(self.words)


def shell(page: str) -> Iterator[str]:
    """Blocks of code and spans of it."""
    for token in MarkdownIt("commonmark").enable("table").parse(page):
        if token.type in ("fence", "code_block"):
            yield token.content.replace("\\\n", " ")
        yield from (child.content for child in token.children or () if child.type == "code_inline")


def commands(page: str) -> Iterator[Command]:
    """Every command of the page that begins with one of `PROGRAMS`."""
    for code in shell(page):
        for line in code.splitlines():
            yield from _of_line(_ARITHMETIC.sub("SAID", line))


def _of_line(line: str) -> Iterator[Command]:
    while found := _INNER.search(line):
        yield from _of_line(found[1])
        line = line[: found.start()] + "SAID" + line[found.end() :]
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
        lexer.commenters, lexer.whitespace_split = "#", True
        words = list(lexer)
    except ValueError:  # an apostrophe: a span of prose, or of a log
        return
    yield from _split(words)


def _split(words: list[str]) -> Iterator[Command]:
    """At pipes and `&&`; assignments before a program, and redirections, are left out."""
    one: list[str] = []
    for word in [*words, ";"]:
        if word not in _BETWEEN:
            one.append(word)
            continue
        while one and _ASSIGNED.match(one[0]):
            one.pop(0)
        if one and one[0].removeprefix(".venv/bin/") in PROGRAMS and len(one) > 1:
            yield Command(tuple(one[: one.index(">")] if ">" in one else one))
        one = []
