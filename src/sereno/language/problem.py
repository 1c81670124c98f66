"""What is wrong, where, which rule says so, and what to write instead.

A `Problem` is the only currency of validation: checks return them, nobody prints
or raises one. Rendering (text, JSON, GitHub annotations, SARIF) is at the end of
this module and decides nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

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


def did_you_mean(word: str, known: Iterable[str], form: str = "`{}`") -> str:
    """The nearest known word, as a question; else the known words when they are few; else nothing."""
    words = sorted(set(known))
    folded = {known_word.lower(): known_word for known_word in words[:5_000]}
    near = get_close_matches(word[:200].lower(), folded, n=1, cutoff=0.6)
    if near:
        return f"did you mean {form.format(folded[near[0]])}?"
    if 0 < len(words) <= 12:
        return "known: " + ", ".join(form.format(w) for w in words)
    return ""


Sources = Mapping[str, Sequence[str]]  # file -> its lines


PAINT = {"error": "\x1b[31m", "warning": "\x1b[33m"}
PLAIN = "\x1b[0m"


def render_text(problems: Iterable[Problem], sources: Sources | None = None, *, colour: bool = False) -> str:
    """`file:line:column: message (code)`, the line with the place marked, what to write instead."""
    return "".join(_text(p, sources or {}, colour) for p in sorted(problems))


def _text(problem: Problem, sources: Sources, colour: bool) -> str:
    at = problem.where
    severity = f"{PAINT[problem.severity]}{problem.severity}{PLAIN}" if colour else problem.severity
    message = printable(problem.message)
    first = f"{printable(at.file)}:{at.line}:{at.column}: {severity}: {message} ({problem.code})\n"
    lines = sources.get(at.file, ()) if problem.code not in UNSHOWN else ()
    return first + _excerpt(at, lines) + (f"    {problem.help}\n" if problem.help else "")


def printable(text: str) -> str:
    """Without signs that steer a terminal, or a CI that reads commands at the beginning of a line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


UNSHOWN = frozenset(("secret-in-yaml",))  # codes whose line must not be repeated in a log
EXCERPT_WIDTH = 120


def _excerpt(at: Span, lines: Sequence[str]) -> str:
    """The line, cut around the place when it is long, and carets under the place."""
    if not 1 <= at.line <= len(lines) or not lines[at.line - 1].strip():
        return ""
    start = max(0, at.column - EXCERPT_WIDTH // 2) if at.column > EXCERPT_WIDTH else 0
    line = "".join(c if c.isprintable() else " " for c in lines[at.line - 1][start : start + EXCERPT_WIDTH])
    carets = "^" * max(1, min(at.end - at.column, len(line) - (at.column - 1 - start)))
    number = f"{at.line:>5} | "
    return f"{number}{line.rstrip()}\n{' ' * (len(number) + at.column - 1 - start)}{carets}\n"


def as_dict(problem: Problem) -> dict[str, Any]:
    """The public JSON form of one problem."""
    return {
        "code": problem.code,
        "severity": problem.severity,
        "file": problem.where.file,
        "line": problem.where.line,
        "column": problem.where.column,
        "message": problem.message,
        "help": problem.help,
    }


def render_json(problems: Iterable[Problem]) -> str:
    """A list of `{code, severity, file, line, column, message, help}`."""
    return json.dumps([as_dict(p) for p in sorted(problems)], indent=2, ensure_ascii=False) + "\n"


def render_github(problems: Iterable[Problem]) -> str:
    """Workflow commands that GitHub turns into annotations.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    return "".join(_annotation(p) for p in sorted(problems))


def _annotation(problem: Problem) -> str:
    at = problem.where
    place = f"file={_property(at.file)},line={at.line},col={at.column},endColumn={at.end}"
    words = f"{problem.message}\n{problem.help}" if problem.help else problem.message
    return f"::{problem.severity} {place},title={_property(problem.code)}::{_data(words)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_sarif(problems: Iterable[Problem], summaries: Mapping[str, str] | None = None) -> str:
    """SARIF 2.1.0, for code scanning; `summaries` gives each rule's one line."""
    found = sorted(problems)
    rules = [_sarif_rule(code, (summaries or {}).get(code, "")) for code in sorted({p.code for p in found})]
    driver = {"name": "sereno", "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(p) for p in found],
    }
    log = {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _sarif_rule(code: str, summary: str) -> dict[str, Any]:
    return {"id": code, "shortDescription": {"text": summary or code}}


def _uri(file: str) -> str:
    """A URI, as SARIF asks (3.4.3); a colon in it would name a scheme (RFC 3986, 4.2)."""
    from urllib.parse import quote

    return quote(file, safe="/")


def _result(problem: Problem) -> dict[str, Any]:
    at = problem.where
    region = {"startLine": at.line, "startColumn": at.column, "endColumn": at.end}
    place = {"physicalLocation": {"artifactLocation": {"uri": _uri(at.file)}, "region": region}}
    words = f"{problem.message}\n{problem.help}" if problem.help else problem.message
    return {
        "ruleId": problem.code,
        "level": problem.severity,
        "message": {"text": words},
        "locations": [place],
    }
