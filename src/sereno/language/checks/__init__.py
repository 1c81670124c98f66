"""What only the whole can tell. One small function a check; its docstring is `sereno explain CODE`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from sereno.language.load import Loaded
from sereno.language.model import System
from sereno.language.problem import Problem
from sereno.language.spec import ours

Check = Callable[[System], Iterable[Problem]]

CHECKS: Final[tuple[Check, ...]] = ()


def check(system: System, project: ours.Project, loaded: Loaded) -> list[Problem]:
    """Every check on a System that has no error."""
    del project, loaded
    return [problem for each in CHECKS for problem in each(system)]
