"""Where the project is: the nearest `sereno.yaml` upwards, or what `--project` says."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sereno.errors import Unable

FILE: Final = "sereno.yaml"


def find(project: Path | None = None) -> Path:
    """The project's folder. Raises `Unable` if there is none."""
    if project is not None:
        if (project / FILE).is_file():
            return project.resolve()
        raise Unable(f"there is no {FILE} in {project}; `sereno init` writes one")
    found = upwards(Path.cwd())
    if found is None:
        raise Unable(f"no {FILE} here or above; go to a project, say --project DIR, or run `sereno init`")
    return found


def upwards(start: Path) -> Path | None:
    """The nearest folder at or above `start` that holds a project; None if there is none."""
    start = start.resolve()
    return next((folder for folder in (start, *start.parents) if (folder / FILE).is_file()), None)
