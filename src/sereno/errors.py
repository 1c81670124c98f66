"""What can go wrong that a person can mend. Nothing else is raised on purpose.

SerenoError
├── Found          exit 1: something was found (problems, a failing test, a closed gate)
├── Unable         exit 2: the work could not be done (usage, no network, no permission)
└── Interrupted    exit 130: somebody pressed Ctrl-C
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from sereno.language.problem import Problem


class SerenoError(Exception):
    """Its text is one or two sentences for the person at the terminal: what, and the way out."""

    exit_code: ClassVar[int] = 2


class Found(SerenoError):
    """Something was found. `problems` are shown in full, before the text."""

    exit_code = 1

    def __init__(self, text: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(text)
        self.problems = tuple(problems)


class Unable(SerenoError):
    """The work could not be done."""


class Interrupted(SerenoError):
    """Somebody pressed Ctrl-C, or a shell's signal asked for it: 128 and the number of SIGINT."""

    exit_code = 130
