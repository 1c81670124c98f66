"""The README's two terminals: `sereno up`, then its two curl calls, as written there."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text()
SERENO = Path(sys.executable).with_name("sereno")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A stack as the README starts it, on a free port instead of the README's."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        chosen: int = free.getsockname()[1]
    words = shlex.split(_line("sereno up").replace("8080", str(chosen)))
    running = subprocess.Popen([SERENO, *words[1:]], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert any("watch it" in line for line in running.stdout)
    yield chosen
    running.send_signal(signal.SIGINT)
    assert running.wait(30) == 0
    running.stdout.close()


def _line(begins: str, holds: str = "") -> str:
    return next(
        line
        for line in re.findall(r"^.+$", README, re.MULTILINE)
        if line.startswith(begins) and holds in line
    )


def _curl(line: str, port: int) -> object:
    """What curl would do with the README's line: the URL, one header, one body."""
    words = shlex.split(line.replace("8080", str(port)))
    options = dict(zip(words[2::2], words[3::2], strict=True))
    headers = dict([options["-H"].split(": ")]) if "-H" in options else {}
    body = options["-d"].encode() if "-d" in options else None
    with urllib.request.urlopen(urllib.request.Request(words[1], body, headers), timeout=20) as answer:
        return json.load(answer)


def test_what_the_first_call_writes_the_second_shows(port: int) -> None:
    message = _curl(_line("curl", "-d"), port)["message_id"]  # type: ignore[index]
    end, ids = time.monotonic() + 20, []
    while message not in ids and time.monotonic() < end:
        shown = _curl(next(x for x in README.splitlines() if x.startswith("curl") and "-d" not in x), port)
        ids = [user["id"] for user in shown["users"]]  # type: ignore[index]
    assert message in ids


def test_another_terminal_reports_on_it(port: int) -> None:
    done = subprocess.run(
        [SERENO, "report", "--format", "json"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert {slo["name"] for slo in json.loads(done.stdout)["slos"]} >= {"get-availability", "row-freshness"}


def test_another_terminal_sees_that_nothing_is_to_be_changed(port: int) -> None:
    done = subprocess.run(
        [SERENO, "plan", "--detailed-exitcode"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
