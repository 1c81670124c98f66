"""`sereno drill` as a person runs it: a fault, the alerts that must fire, those that must not, then calm."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import PROJECT, local_system

SERENO = Path(sys.executable).with_name("sereno")


def _drill(*names: str) -> subprocess.CompletedProcess[str]:
    command = [SERENO, "drill", *names, "--project", PROJECT]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_a_function_without_concurrency_pages_and_resolves_as_declared() -> None:
    done = _drill("function-throttled")
    assert done.returncode == 0, done.stdout + done.stderr
    declared = next(drill for drill in local_system().drills if drill.name == "function-throttled")
    held = [line for line in done.stdout.splitlines() if line.startswith("  held  ")]
    assert len(held) == 2 + len(declared.expect) + len(declared.silent)


@pytest.mark.parametrize(
    ("name", "words"),
    [("function-throtled", "did you mean `function-throttled`?"), ("zzz", "no drill is named `zzz`")],
)
def test_a_drill_that_nobody_declared_is_one_sentence(name: str, words: str) -> None:
    done = _drill(name)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert words in done.stderr
