"""The README says only what is true: its commands run, its figures are the YAML's, its links exist."""

from __future__ import annotations

import importlib
import inspect
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from sereno.cli import GROUPS, app, register
from sereno.language import load_system
from sereno.language.model import System

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text()
SERENO = Path(sys.executable).with_name("sereno")
STAYS = ("sereno up",)  # runs until Ctrl-C: tests/e2e/test_up.py follows the README there


def _commands() -> Iterator[str]:
    for block in re.findall(r"^```\n(.*?)^```", README, re.MULTILINE | re.DOTALL):
        yield from (line for line in block.splitlines() if re.match(r"(sereno|make|curl) ", line))


def _system() -> System:
    system, problems = load_system(PROJECT)
    assert system is not None, problems
    return system


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `git clone` gives of the documents: nothing that is built, and nothing of Terraform's."""
    folder = tmp_path_factory.mktemp("clone")
    for part in ("slo", "alerts", "dashboards", "runbooks", "tests/alerts", "functions"):
        shutil.copytree(PROJECT / part, folder / part)
    shutil.copy(PROJECT / "sereno.yaml", folder)
    return folder


@pytest.mark.parametrize("command", [c for c in _commands() if c.startswith("sereno") and c not in STAYS])
def test_a_command_of_the_readme_succeeds_in_a_fresh_clone(command: str, clone: Path) -> None:
    """In their order: one is about what another made."""
    words = shlex.split(command)
    if command.startswith(STAYS):
        words = ["sereno", words[1], "-h"]
    assert _run(words, clone) == 0


def _run(words: list[str], cwd: Path) -> int:
    done = subprocess.run(
        [SERENO, *words[1:]], cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )
    sys.stdout.write(done.stdout + done.stderr)
    return done.returncode


def test_what_editors_are_told_to_read_is_what_the_commands_write() -> None:
    written = {shlex.split(c)[-1] for c in _commands() if c.startswith("sereno schema")}
    assert written == set(re.findall(r'"(build/sereno[\w.]+)":', README))


ALONE = (
    "build",
    "check",
    "explain",
    "export",
    "route",
    "schema",
    "test",
)  # need no stack, account or history


@pytest.mark.parametrize("command", ALONE)
def test_the_example_in_the_help_succeeds_in_a_fresh_clone(command: str, clone: Path) -> None:
    register()
    helped = {c.name or c.callback.__name__: c.epilog for c in app.registered_commands if c.callback}
    words = shlex.split((helped[command] or "").removeprefix("Example: ").partition(" > ")[0])
    assert (words[1], _run(words, clone)) == (command, 0)


def test_no_line_of_a_commands_help_breaks_within_a_sentence() -> None:
    """The first paragraph is filled; of the others each line is shown as it stands."""
    register()
    texts = [inspect.getdoc(c.callback) or "" for c in app.registered_commands if c.callback]
    lines = [line for text in texts for line in text.partition("\n\n")[2].splitlines() if line]
    assert len(lines) > 5
    assert [line for line in lines if not line.endswith(".")] == []


@pytest.mark.parametrize("target", sorted({c.split()[1] for c in _commands() if c.startswith("make")}))
def test_a_make_target_of_the_readme_exists_and_has_its_line_of_help(target: str) -> None:
    shown = subprocess.run(["make", "help"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert re.search(rf"^  make {target} ", shown, re.MULTILINE)


def test_every_relative_link_of_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)
    assert [link for link in links if not (PROJECT / link).exists()] == []


def test_every_folder_of_the_readme_exists() -> None:
    folders = re.findall(r"^\| (`[^|]+`) \|", README, re.MULTILINE)
    named = [name for cell in folders for name in re.findall(r"`([\w/.]+/)`", cell)]
    assert len(named) >= 8
    assert [name for name in named if not (PROJECT / name).is_dir()] == []


def test_the_table_of_promises_is_that_of_the_yaml() -> None:
    told = dict(re.findall(r"^\| ([a-z-]+) \| ([\d.]+) % \|", README, re.MULTILINE))
    declared = {
        slo.name: f"{slo.objectives[0].target * 100:f}".rstrip("0").rstrip(".") for slo in _system().slos
    }
    assert told == declared


def test_the_count_of_threshold_alerts_is_that_of_the_yaml() -> None:
    assert len(_system().alerts) == 10
    assert "Ten threshold alerts" in README


def test_every_command_has_help_with_an_example() -> None:
    register()
    without = [
        c.callback.__name__
        for c in app.registered_commands
        if c.callback and "Example:" not in (c.epilog or "")
    ]
    assert without == []


def test_each_command_is_found_in_the_group_that_is_said_to_have_it() -> None:
    of_group = {}
    for group in GROUPS:
        alone = typer.Typer()
        importlib.import_module(f"sereno.cli.{group}").add(alone)
        of_group[group] = tuple(
            c.name or c.callback.__name__ for c in alone.registered_commands if c.callback
        )
    assert of_group == GROUPS
