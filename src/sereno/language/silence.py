"""`# sereno: allow CODE because REASON`: a warning silenced in place, on its line or the line above."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from sereno.language import text
from sereno.language.faults import silence as fault
from sereno.language.problem import Problem, Span

VENDORS = ("cw-", "dd-")
ALLOW = re.compile(r"#\s*sereno:\s*allow\s+([a-z0-9-]+)(?:\s+because\s+(\S.*))?")


@dataclass(slots=True)
class _Allow:
    at: Span
    code: str
    reason: str
    lines: tuple[int, int]
    used: bool = False


def silenced(
    problems: list[Problem], sources: Mapping[str, bytes], codes: Collection[str], vendor: str = ""
) -> list[Problem]:
    """The problems that no comment allows, and those of the comments themselves.

    Of a vendor's codes (`cw-...`, `dd-...`) only who found such problems can tell whether they are used: a
    `vendor` of `dd-` takes those alone, none takes all but the vendors'.

    Warnings may be allowed, and of errors those with one of `codes` (the checks of the whole): any
    other error means that the document does not say what it should.
    """
    every = [a for file, data in sources.items() if b"sereno:" in data for a in _allows(file, data)]
    allows = [a for a in every if (vendor or None) == _vendor(a.code)]
    if not allows:
        return problems
    kept = [p for p in problems if not (_may(p, codes) and _allowed(p, allows))]
    return [*kept, *(q for a in allows for q in _faults(a))]


def _vendor(code: str) -> str | None:
    """The vendor whose code it is; none for a code of the language."""
    return next((prefix for prefix in VENDORS if code.startswith(prefix)), None)


def _allows(file: str, data: bytes) -> Iterator[_Allow]:
    for number, line in enumerate(text.lines(data), 1):
        found = ALLOW.search(line)
        if found:
            at = Span(file, number, found.start() + 1, found.end() + 1)
            alone = not line[: found.start()].strip()
            yield _Allow(at, found[1], found[2] or "", (number, number + 1 if alone else number))


def _may(problem: Problem, codes: Collection[str]) -> bool:
    return problem.severity == "warning" or problem.code in codes


def _allowed(problem: Problem, allows: list[_Allow]) -> bool:
    for allow in allows:
        same = allow.at.file == problem.where.file and allow.code == problem.code
        if same and allow.lines[0] <= problem.where.line <= allow.lines[1]:
            allow.used = True
            return bool(allow.reason)
    return False


def _faults(allow: _Allow) -> Iterator[Problem]:
    if not allow.reason:
        yield fault.allow_without_reason(allow.at, allow.code)
    elif not allow.used:
        yield fault.allow_unused(allow.at, allow.code)
