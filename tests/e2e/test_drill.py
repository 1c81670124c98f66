"""`sereno drill` as a person runs it: a fault, the alerts that must fire, those that must not, then calm."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import PROJECT, local_system

SERENO = Path(sys.executable).with_name("sereno")


def _drill(*names: str, project: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    command = [SERENO, "drill", *names, "--project", project]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_a_function_without_concurrency_pages_and_resolves_as_declared() -> None:
    done = _drill("function-throttled")
    assert done.returncode == 0, done.stdout + done.stderr
    declared = next(drill for drill in local_system().drills if drill.name == "function-throttled")
    held = [line for line in done.stdout.splitlines() if line.startswith("  held  ")]
    assert len(held) == 2 + len(declared.expect) + len(declared.silent)
    assert re.match(r"\d+ alarms and dashboards watch http://\S+ · console http://\S+\n", done.stdout)


@pytest.mark.parametrize(
    ("name", "words"),
    [("function-throtled", "did you mean `function-throttled`?"), ("zzz", "no drill is named `zzz`")],
)
def test_a_drill_that_nobody_declared_is_one_sentence(name: str, words: str) -> None:
    done = _drill(name)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert words in done.stderr


def test_a_project_without_a_pipeline_is_told_that_it_cannot_be_drilled(tmp_path: Path) -> None:
    subprocess.run([SERENO, "init", tmp_path], capture_output=True, timeout=60, check=True)
    done = _drill(project=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "this project has no infra/pipeline.yaml" in done.stderr
