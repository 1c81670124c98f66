"""Where a running stack can be found: a small file each under `build/local/`, nothing secret in it.

So `sereno plan`, `apply` and `report` in another terminal find the newest that lives. A file
whose process is gone is removed by whoever finds it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from sereno.errors import Unable

FOLDER = Path("build") / "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What another process needs: URLs, the metric clock, and who to look for."""

    pid: int
    url: str  # the API
    endpoint: str  # the emulator, for AWS_ENDPOINT_URL
    console: str  # empty while there is none
    warp: float
    t0: float  # the metric clock's origin, epoch seconds
    started: float  # epoch seconds


def file(project: Path) -> Path:
    """Where this process keeps its state."""
    return project / FOLDER / f"{os.getpid()}.json"


def prepare(project: Path) -> Path:
    """The state's path, its folder made. Unable in a folder that cannot be written."""
    path = file(project)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise Unable(
            f"{path.parent} cannot be written ({error.strerror}): a running stack keeps its state there"
        ) from error
    return path


def write(path: Path, state: State) -> None:
    path.write_text(json.dumps(asdict(state), indent=2) + "\n", encoding="utf-8")


def living(project: Path) -> list[State]:
    """The stacks of a project that run, the newest first."""
    found = [_read(path) for path in sorted((project / FOLDER).glob("*.json"))]
    return sorted((state for state in found if state), key=lambda state: -state.started)


def newest(project: Path) -> State:
    """The newest stack that runs. Unable when none does."""
    found = living(project)
    if not found:
        raise Unable("no local stack is running for this project; start one with `sereno up`")
    return found[0]


def _read(path: Path) -> State | None:
    """A file's state; None of one that is just being written, or whose process is gone."""
    try:
        state = State(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    if _lives(state.pid):
        return state
    path.unlink(missing_ok=True)
    return None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
