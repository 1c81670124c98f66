"""The README says only what is true: its commands run, its figures are the YAML's, its links exist."""

from __future__ import annotations

import importlib
import re
import shlex
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


@pytest.mark.parametrize("command", [c for c in _commands() if c.startswith("sereno") and c not in STAYS])
def test_a_command_of_the_readme_succeeds(command: str) -> None:
    words = shlex.split(command)
    if command.startswith(STAYS):
        words = ["sereno", words[1], "-h"]
    done = subprocess.run(
        [SERENO, *words[1:]], cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


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
