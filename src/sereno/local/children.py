"""The processes a stack starts and the folder they write to: both are gone when it is.

Every child joins the process group of a watchdog that notices when this process dies
(`watchdog.py`), and none is in the terminal's foreground group: Ctrl-C reaches only the
stack, which then closes in order.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from sereno.errors import Unable

PATIENCE = 10.0  # seconds a child has to end on its own
_WATCHDOG = Path(__file__).with_name("watchdog.py")
_SHARED = 0o711  # the database runs as another user when we are root, and must pass through


def open_to_others(path: Path) -> bool:
    """Whether another user can pass through every folder above the path."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def _folder() -> Path:
    roots = (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"))  # noqa: S108
    root = next((r for r in roots if os.geteuid() or open_to_others(r / "x")), roots[0])
    try:
        made = Path(tempfile.mkdtemp(prefix="sereno-", dir=root))
    except OSError as error:
        raise Unable(f"no temporary folder can be made in {root}: {error.strerror}") from error
    made.chmod(_SHARED)
    return made


class Children:
    """Starts processes and ends them; safe from any thread.

    `folder` is for whatever they write, `also` are further paths to remove if this process
    dies without closing. Closing ends what still runs, the newest first.
    """

    def __init__(self, also: Sequence[Path] = ()) -> None:
        self.folder = _folder()
        self._lock = threading.Lock()
        self._running: list[subprocess.Popen[bytes]] = []
        self._watchdog = subprocess.Popen(
            [sys.executable, "-I", "-S", _WATCHDOG, self.folder, *also],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )

    def start(
        self,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        stdout: int | IO[bytes] = subprocess.DEVNULL,
        user: int | None = None,
        group: int | None = None,
    ) -> subprocess.Popen[bytes]:
        """Starts a process with exactly this environment; its stderr goes where its stdout goes."""
        with self._lock:
            child = subprocess.Popen(
                command,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=subprocess.STDOUT,
                process_group=self._watchdog.pid,
                user=user,
                group=group,
                extra_groups=None if group is None else [],
            )
            self._running.append(child)
        return child

    def stop(
        self,
        child: subprocess.Popen[bytes],
        by: signal.Signals = signal.SIGTERM,
        patience: float = PATIENCE,
    ) -> None:
        """Ends a process and waits for it; SIGKILL when it does not listen."""
        child.send_signal(by)
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        self.forget(child)

    def forget(self, child: subprocess.Popen[bytes]) -> None:
        """Lets go of a process that has ended."""
        with self._lock:
            if child in self._running:
                self._running.remove(child)

    def close(self) -> None:
        """Ends every process, removes the folder, dismisses the watchdog. A second call does nothing."""
        for child in reversed(self._running.copy()):
            self.stop(child)
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._watchdog.poll() is None:
            self._watchdog.communicate(b"done")
