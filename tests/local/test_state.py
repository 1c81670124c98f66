"""A running stack is found by its state file, and only while it runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from sereno.errors import Unable
from sereno.local import state
from sereno.local.state import State


def running(pid: int, started: float) -> State:
    return State(
        pid=pid,
        url="http://127.0.0.1:1",
        endpoint="http://127.0.0.1:2",
        console="http://127.0.0.1:3",
        warp=60.0,
        t0=100.0,
        started=started,
    )


def write(project: Path, name: str, pid: int, started: float) -> Path:
    path = state.prepare(project).with_name(name)
    state.write(path, running(pid, started))
    return path


def ended() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def test_the_newest_of_those_that_live_is_found_and_the_dead_are_forgotten(tmp_path: Path) -> None:
    write(tmp_path, "1.json", os.getpid(), 10.0)
    write(tmp_path, "2.json", os.getpid(), 20.0)
    dead = write(tmp_path, "3.json", ended(), 30.0)
    assert state.newest(tmp_path) == running(os.getpid(), 20.0)
    assert not dead.exists()


def test_the_newest_that_a_back_end_watches_is_found_by_where_its_watch_is(tmp_path: Path) -> None:
    write(tmp_path, "1.json", os.getpid(), 10.0)
    theirs = replace(running(os.getpid(), 20.0), datadog="http://127.0.0.1:4")
    state.write(state.prepare(tmp_path).with_name("2.json"), theirs)
    found = {
        backend: state.newest(tmp_path, backend).reached(backend) for backend in ("cloudwatch", "datadog")
    }
    assert found == {"cloudwatch": "http://127.0.0.1:2", "datadog": "http://127.0.0.1:4"}
    assert theirs.reached("cloudwatch") == ""


def test_a_back_end_that_watches_no_stack_is_told_how_to_start_one(tmp_path: Path) -> None:
    write(tmp_path, "1.json", os.getpid(), 10.0)
    with pytest.raises(Unable, match=r"watched by datadog is running .*`sereno up --backend datadog`"):
        state.newest(tmp_path, "datadog")


def test_a_file_that_is_just_being_written_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "1.json", os.getpid(), 10.0)
    state.prepare(tmp_path).write_text('{"pid": ')
    assert [found.started for found in state.living(tmp_path)] == [10.0]


@pytest.mark.parametrize(
    "changed",
    [
        {"pid": -1},
        {"pid": 0},
        {"pid": 10**30},
        {"pid": "1"},
        {"pid": True},
        {"started": "now"},
        {"started": None},
        {"started": float("nan")},
        {"warp": 10**400},
        {"warp": 0},
        {"t0": []},
        {"endpoint": 7},
        {"endpoint": "http://a.example"},
        {"console": ["http://127.0.0.1:3"]},
        {"datadog": "http://a.example"},
        {"more": 1},
    ],
    ids=lambda changed: str(changed)[:40],
)
def test_a_damaged_file_is_passed_over(tmp_path: Path, changed: dict[str, object]) -> None:
    write(tmp_path, "1.json", os.getpid(), 10.0)
    damaged = asdict(running(os.getpid(), 20.0)) | changed
    state.prepare(tmp_path).with_name("2.json").write_text(json.dumps(damaged))
    assert [found.started for found in state.living(tmp_path)] == [10.0]


@pytest.mark.parametrize(
    "text",
    [b"\xff", b"", b"null", b"[]", b"[" * 100_000, b"{}"],
    ids=["bytes", "none", "null", "[]", "deep", "{}"],
)
def test_a_file_of_something_else_is_passed_over(tmp_path: Path, text: bytes) -> None:
    state.prepare(tmp_path).with_name("2.json").write_bytes(text)
    state.prepare(tmp_path).with_name("3.json").mkdir()
    assert state.living(tmp_path) == []


def test_a_project_without_a_pipeline_is_told_what_a_stack_needs_and_what_to_do_instead(
    tmp_path: Path,
) -> None:
    said = (
        "no local stack is running, nor could one: this project has no infra/pipeline.yaml, whose pipeline"
        " `sereno up` would run; name an environment that is live (--env prod), or let `sereno report` read"
        " files (--series FOLDER)"
    )
    with pytest.raises(Unable) as told:
        state.newest(tmp_path)
    assert str(told.value) == said


def test_without_a_stack_the_way_to_one_is_said(tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "pipeline.yaml").touch()
    with pytest.raises(Unable, match="start one with `sereno up`"):
        state.newest(tmp_path)


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "build").write_text("a file where a folder belongs")
    with pytest.raises(Unable, match=r"build/local cannot be written \(Not a directory\)"):
        state.prepare(tmp_path)
