"""Where a running stack can be found: a small file each under `build/local/`, nothing secret in it.

So `sereno plan`, `apply` and `report` in another terminal find the newest that lives. A file
whose process is gone is removed by whoever finds it.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from sereno import whole
from sereno.errors import Unable
from sereno.local.pipeline import FILE, NEEDED
from sereno.local.ports import HOST

FOLDER = Path("build") / "local"
_PIDS = 2**31  # past any process id
_PAST = 2**53  # any time in seconds
_URL = re.compile(rf"http://{re.escape(HOST)}:[0-9]{{1,5}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What another process needs: URLs, the metric clock, and who to look for."""

    pid: int
    url: str  # the API
    endpoint: str  # the emulator, for AWS_ENDPOINT_URL
    datadog: str = ""  # the fake Datadog; empty where CloudWatch watches
    console: str  # empty while there is none
    warp: float
    t0: float  # the metric clock's origin, epoch seconds
    started: float  # epoch seconds

    @property
    def backend(self) -> str:
        """Which one watches it."""
        return "datadog" if self.datadog else "cloudwatch"

    def reached(self, backend: str) -> str:
        """Where its watch is applied to; empty where another back end watches it."""
        return "" if backend != self.backend else self.datadog or self.endpoint


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
    whole.write(path, json.dumps(asdict(state), indent=2) + "\n")


def living(project: Path) -> list[State]:
    """The stacks of a project that run, the newest first."""
    found = [_read(path) for path in sorted((project / FOLDER).glob("*.json"))]
    return sorted((state for state in found if state), key=lambda state: -state.started)


def newest(project: Path, backend: str = "") -> State:
    """The newest stack that runs, of those that a back end watches if it is said. Unable when none does."""
    every = living(project)
    found = [state for state in every if not backend or state.reached(backend)]
    if not every and not (project / FILE).is_file():
        raise Unable(f"no local stack is running, nor could one: {NEEDED}")
    if not found:
        which, how = (f" watched by {backend}", f" --backend {backend}") if backend else ("", "")
        raise Unable(f"no local stack{which} is running for this project; start one with `sereno up{how}`")
    return found[0]


def _read(path: Path) -> State | None:
    """A file's state; None of one that is just being written or holds no state, or whose process is gone."""
    try:
        state = State(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    if not _is_sound(state):
        return None
    if _lives(state.pid):
        return state
    with suppress(OSError):
        path.unlink(missing_ok=True)
    return None


def _is_sound(state: State) -> bool:
    """Whether each member is what a stack writes there: the file may have been damaged or edited."""
    numbers = (state.warp, state.t0, state.started)
    urls = (state.url, state.endpoint, state.datadog, state.console)
    return (
        type(state.pid) is int
        and 0 < state.pid < _PIDS
        and all(type(number) in (int, float) and -_PAST < number < _PAST for number in numbers)
        and state.warp >= 1
        and all(isinstance(url, str) and (not url or _URL.fullmatch(url)) for url in urls)
    )


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
