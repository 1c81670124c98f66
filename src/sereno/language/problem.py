"""What is wrong, where, which rule says so, and what to write instead.

A `Problem` is the only currency of validation: checks return them, nobody prints
or raises one. Rendering (text, JSON, GitHub annotations, SARIF) is at the end of
this module and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a file: 1-based line and column, `end` the column after the last character."""

    file: str
    line: int = 1
    column: int = 1
    end: int = 2


NOWHERE = Span("sereno.yaml")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One broken rule. `code` is its address: `sereno explain CODE` tells the whole of it."""

    where: Span
    code: str
    message: str = field(compare=False)
    help: str = field(default="", compare=False)
    severity: Severity = field(default="error", compare=False)


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Those that make an exit code 1."""
    return [p for p in problems if p.severity == "error"]


def render_text(problems: Iterable[Problem]) -> str:
    """`file:line:column: message (code)`, then what to write instead."""
    return "".join(_text(p) for p in sorted(problems))


def _text(problem: Problem) -> str:
    at = problem.where
    first = f"{at.file}:{at.line}:{at.column}: {problem.severity}: {problem.message} ({problem.code})\n"
    return first + (f"    {problem.help}\n" if problem.help else "")
