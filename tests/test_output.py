"""Where the output cannot go is a sentence and exit 2, for every command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SERENO = f"exec {sys.executable} -c 'from sereno.cli import run; run()'"
PROJECT = Path(__file__).parents[1]
COMMANDS = ("explain", "-h", "schema")


def shell(command: str, cwd: Path) -> tuple[int, list[str]]:
    """The exit code and what was said on standard error."""
    done = subprocess.run(["sh", "-c", command], cwd=cwd, stderr=subprocess.PIPE, text=True, timeout=60)
    return done.returncode, done.stderr.splitlines()


@pytest.mark.parametrize("command", COMMANDS if Path("/dev/full").exists() else ())  # macOS has none
def test_a_full_disk_is_one_sentence(tmp_path: Path, command: str) -> None:
    said = "sereno: standard output cannot be written: No space left on device"
    assert shell(f"{SERENO} {command} >/dev/full", tmp_path) == (2, [said])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_closed_output_is_one_sentence(tmp_path: Path, command: str) -> None:
    said = "sereno: standard output is closed; give it a file, a terminal or /dev/null"
    assert shell(f"{SERENO} {command} >&-", tmp_path) == (2, [said])


def test_with_nowhere_to_say_it_the_exit_code_tells(tmp_path: Path) -> None:
    assert shell(f"{SERENO} explain >&- 2>&-", tmp_path) == (2, [])


FOREIGN = """\
apiVersion: openslo/v1
kind: Service
metadata: {name: b\u0430cklog \U0001f600}
"""


@pytest.mark.parametrize("locale", [{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}, {}])
def test_a_pipe_gets_utf_8_whatever_the_locale(tmp_path: Path, locale: dict[str, str]) -> None:
    (tmp_path / "x.yaml").write_text(FOREIGN, encoding="utf-8")
    command = [sys.executable, "-c", "from sereno.cli import run; run()", "check", "--format", "json", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, env={**os.environ, **locale})
    (problem,) = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (1, b"")
    assert problem["message"].startswith("`b\u0430cklog \U0001f600` holds '\u0430'")


def test_a_terminal_that_does_not_know_a_sign_is_shown_its_number(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(FOREIGN, encoding="utf-8")
    near, far = os.openpty()
    command = [sys.executable, "-c", "from sereno.cli import run; run()", "check", "."]
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii", "NO_COLOR": "1"}
    with subprocess.Popen(command, cwd=tmp_path, stdout=far, stderr=subprocess.PIPE, env=ascii_only) as child:
        os.close(far)
        shown = os.read(near, 65_536)
        _, said = child.communicate()
    os.close(near)
    assert (child.returncode, said) == (1, b"1 error in 1 file\n")
    assert b"error: `b\\u0430cklog \\U0001f600` holds" in shown


def test_a_reader_that_has_read_enough_is_told_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(
        ["sh", "-c", f"{SERENO} explain"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (2, b"")


@pytest.mark.parametrize("code", ["import sereno.cli", "from sereno.cli import run; run()"])
def test_ctrl_c_while_it_starts_leaves_no_traceback(tmp_path: Path, code: str) -> None:
    interrupt = (
        "import builtins, sys; real = builtins.__import__\n"
        "def hooked(name, *rest, **named):\n"
        "    if name == ASK: raise KeyboardInterrupt\n"
        "    return real(name, *rest, **named)\n"
        "builtins.__import__ = hooked\n"
    )
    asked = "'typer'" if code.startswith("import") else "'sereno.cli.project'"
    done = subprocess.run(
        [sys.executable, "-c", interrupt.replace("ASK", asked) + code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (128 + signal.SIGINT, "sereno: interrupted\n")


@pytest.mark.parametrize("work", ["sereno.language.project", "sereno.vendors.cloudwatch.compiler"])
def test_ctrl_c_in_the_middle_of_the_work_is_one_sentence(work: str) -> None:
    """Sent by the process to itself as it begins a part of a check of this project."""
    hooked = (
        "import builtins, os, signal; real = builtins.__import__\n"
        "def hooked(name, *rest, **named):\n"
        f"    if name == {work!r}: builtins.__import__ = real; os.kill(os.getpid(), signal.SIGINT)\n"
        "    return real(name, *rest, **named)\n"
        "builtins.__import__ = hooked\n"
        "import sys; sys.argv[1:] = ['check']; from sereno.cli import run; run()"
    )
    done = subprocess.run([sys.executable, "-c", hooked], cwd=PROJECT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "sereno: interrupted\n")


@pytest.mark.parametrize("after", [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128])
def test_ctrl_c_at_any_moment_of_a_check_is_one_sentence_or_too_late(after: float) -> None:
    """An exception would be a problem of the YAML to pydantic, and nothing where a callback swallows it."""
    sent = (
        "import signal, sys; from sereno.cli import run\n"
        f"signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))\n"
        f"signal.setitimer(signal.ITIMER_REAL, {after})\n"
        "sys.argv[1:] = ['check']; run()"
    )
    done = subprocess.run([sys.executable, "-c", sent], cwd=PROJECT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) in ((130, "sereno: interrupted\n"), (0, ""))


@pytest.mark.parametrize(
    ("command", "code", "last"),
    [("explain", 0, ""), ("explain no-such-code", 2, "sereno: "), ("check --project .", 2, "sereno: ")],
    ids=["all is well", "a code that is none", "no project here"],
)
def test_a_process_that_just_ends_has_said_all_that_main_says(
    tmp_path: Path, command: str, code: int, last: str
) -> None:
    said = {
        entry: subprocess.run(
            [sys.executable, "-c", f"from sereno.cli import {entry}; {entry}()", *command.split()],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        for entry in ("main", "run")
    }
    outcomes = {(done.returncode, done.stdout, done.stderr) for done in said.values()}
    assert len(outcomes) == 1
    assert (said["run"].returncode, said["run"].stderr[: len(last)]) == (code, last)
