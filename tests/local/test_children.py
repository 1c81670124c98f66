"""Whatever ends a stack's process, its children and its folder go with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sereno.local.children import Children

MEEK = "print(1, flush=True); import time; time.sleep(600)"
STUBBORN = f"import signal; [signal.signal(s, signal.SIG_IGN) for s in (2, 15)]; {MEEK}"

# Starts a child for each further argument, says their ids and its folder, and waits.
PARENT = textwrap.dedent("""
    import subprocess, sys
    from pathlib import Path
    from sereno.local.children import Children
    children = Children(also=[Path(sys.argv[1])])
    (children.folder / "some").mkdir()
    (children.folder / "some" / "data").write_text("x")
    for code in sys.argv[2:]:
        child = children.start([sys.executable, "-c", code], env={}, stdout=subprocess.PIPE)
        child.stdout.readline()
        print(child.pid, end=" ")
    print(children.folder, flush=True)
    sys.stdin.read()
""")


def alive(pid: int) -> bool:
    """Whether a process runs: one that ended and was not yet reaped does not."""
    said = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return said.stdout.strip()[:1] not in ("", "Z")


def until(seconds: float, true: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize(
    ("by", "child"),
    [(signal.SIGKILL, STUBBORN), (signal.SIGTERM, MEEK), (signal.SIGHUP, MEEK)],
    ids=["SIGKILL, and a child does not listen", "SIGTERM", "SIGHUP"],
)
def test_nothing_is_left_after_the_parent_is_ended_by(by: signal.Signals, child: str, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text("{}")
    command = [sys.executable, "-c", PARENT, state, MEEK, child]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        *pids, folder = parent.stdout.readline().split()
        assert all(alive(int(pid)) for pid in pids)
        parent.send_signal(by)
    assert until(10, lambda: not any(alive(int(pid)) for pid in pids))
    assert until(2, lambda: not Path(folder).exists())
    assert until(2, lambda: not state.exists())


def test_closing_ends_children_and_removes_the_folder_before_it_returns() -> None:
    children = Children()
    child = children.start([sys.executable, "-c", "import time; time.sleep(600)"], env={})
    children.close()
    assert (alive(child.pid), children.folder.exists()) == (False, False)
    children.close()


def test_ctrl_c_in_the_terminal_reaches_no_child() -> None:
    children = Children()
    child = children.start([sys.executable, "-c", "import time; time.sleep(600)"], env={})
    assert os.getpgid(child.pid) != os.getpgid(0)
    children.close()


def test_a_child_sees_only_the_environment_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", "/host/bundle.pem")
    children = Children()
    child = children.start(
        [sys.executable, "-c", "import os; print(dict(os.environ).get('AWS_CA_BUNDLE'), os.environ['A'])"],
        env={"A": "b"},
        stdout=subprocess.PIPE,
    )
    said = child.communicate()[0]
    children.close()
    assert said == b"None b\n"
