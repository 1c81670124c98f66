"""Text to `System`: what a person may write, what it means, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sereno.language.model import System
    from sereno.language.problem import Problem


def load_system(
    project: Path, environment: str = "local", backend: str | None = None, *, lenient: bool = False
) -> tuple[System | None, tuple[Problem, ...]]:
    """The folder that holds `sereno.yaml`, for one environment, and every problem found on the way.

    The System is None only if a problem has error severity. `backend` overrides the environment's own.
    `lenient` (what `sereno check` asks) lowers a missing `outputs` file, and the variables it would
    have given, to warnings; they stay in the System as `${name}`.
    """
    from sereno.language import project as whole

    return whole.load(project, environment, backend, lenient=lenient)
