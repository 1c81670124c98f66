"""A person who is paged can run what a runbook says, and finds what it names."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.session import get_session
from markdown_it import MarkdownIt

from sereno.cli import app, register
from sereno.language import load_system
from sereno.language.model import System
from tests.infra.deployment import INFRA
from tests.infra.told import Command, commands, shell

PROJECT = INFRA.parent
RUNBOOKS = sorted((PROJECT / "runbooks").glob("*.md"))
PAGES = [*RUNBOOKS, PROJECT / "docs" / "first-shift.md"]
CONSOLE = PROJECT / "src" / "sereno" / "local" / "page"

EVERYWHERE = {"--query", "--output", "--region"}  # options of every command of the AWS CLI
# Commands that the AWS CLI has beside the API's operations.
# https://docs.aws.amazon.com/cli/latest/reference/logs/tail.html
BESIDE = {("logs", "tail"): {"--since", "--filter-pattern", "--format", "--follow"}}


def told() -> list[Any]:
    return [
        pytest.param(command, id=f"{page.stem}: {command}")
        for page in PAGES
        for command in commands(page.read_text())
    ]


@cache
def system() -> System:
    found, problems = load_system(PROJECT)
    assert found is not None, problems
    return found


@cache
def outputs() -> set[str]:
    return set(re.findall(r'^output "(\w+)"', (INFRA / "outputs.tf").read_text(), re.MULTILINE))


@pytest.mark.parametrize("command", told())
def test_a_command_can_be_run_as_it_is_written(command: Command) -> None:
    assert list(WRONG[command.program](command)) == []


def of_aws(command: Command) -> Iterator[str]:
    _, service, name = command.words[:3]
    try:
        model = get_session().get_service_model(service)
    except UnknownServiceError:
        yield f"no service {service}"
        return
    operations = {xform_name(operation, "-"): operation for operation in model.operation_names}
    if name in operations:
        shape = model.operation_model(operations[name]).input_shape
        taken = {xform_name(member, "-") for member in (shape.members if shape else ())}
        options = {f"--{member}" for member in taken} | {f"--no-{member}" for member in taken}
    elif (service, name) in BESIDE:
        options = BESIDE[service, name]
    else:
        yield f"no operation {name}"
        return
    yield from sorted(command.options.keys() - options - EVERYWHERE)


def of_sereno(command: Command) -> Iterator[str]:
    register()
    known: Any = typer.main.get_command(app)
    if command.words[1] not in known.commands:
        yield f"no command {command.words[1]}"
        return
    found = known.commands[command.words[1]]
    options = {option for parameter in found.params for option in parameter.opts}
    yield from sorted(command.options.keys() - options)
    arguments = [word for word in command.words[2:] if re.fullmatch(r"[a-z][a-z0-9-]*", word)]
    yield from sorted(_not_named(command.words[1], arguments[:1]))


def _not_named(name: str, arguments: list[str]) -> set[str]:
    """What the project does not have of what a command is asked about."""
    names: dict[str, Any] = {
        "drill": lambda: {drill.name for drill in system().drills},
        "page": lambda: set(system().receivers),
        "mute": lambda: {each.name for each in (*system().alerts, *system().slos)},
    }
    return set(arguments) - names[name]() if name in names else set()


def of_python(command: Command) -> Iterator[str]:
    if command.words[1] == "-m":
        folder = PROJECT / "functions" / command.words[2]
        yield from [] if (folder / "__main__.py").exists() else [f"no module {command.words[2]}"]
        return
    script = PROJECT / command.words[1]
    if not script.exists():
        yield f"no file {command.words[1]}"
        return
    direction = [word for word in command.words[2:3] if not word.startswith("-")]
    helped = _help(script, *direction)
    yield from [option for option in command.options if f"{option} " not in helped]


@cache
def _help(*words: Path | str) -> str:
    return subprocess.run([sys.executable, *words, "-h"], capture_output=True, text=True, check=True).stdout


def of_terraform(command: Command) -> Iterator[str]:
    place, _, folder = command.words[1].partition("=")
    if place != "-chdir" or not (PROJECT / folder / "main.tf").exists():
        yield f"no root {command.words[1]}"
    if command.words[2] not in ("init", "output"):
        yield f"{command.words[2]} is for the workflows"


def of_gh(command: Command) -> Iterator[str]:
    if command.words[1:3] != ("workflow", "run"):
        yield from [] if command.words[1:] in (("run", "watch"), ("auth", "login")) else ["not known"]
        return
    file = PROJECT / ".github" / "workflows" / command.words[3]
    if not file.exists():
        yield f"no workflow {command.words[3]}"
        return
    by_hand = yaml.safe_load(file.read_text())[True].get(
        "workflow_dispatch", "not"
    )  # YAML 1.1 reads `on` as true
    if by_hand == "not":
        yield "it does not start by hand"
        return
    inputs = (by_hand or {}).get("inputs", {})
    yield from [word for word in command.words[5:] if word.partition("=")[0] not in inputs]


def of_jq(command: Command) -> Iterator[str]:
    """Only outputs are asked for."""
    _, raw, path, file = command.words
    if (raw, Path(file).name) != ("-r", "outputs.json"):
        yield "only `jq -r PATH outputs.json` is known"
    output, of, *_ = path.removeprefix(".").split(".")
    yield from [] if output in outputs() and of == "value" else [f"no output {path}"]


def of_make(command: Command) -> Iterator[str]:
    targets = re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    yield from set(command.words[1:]) - set(targets)


WRONG = {
    "aws": of_aws,
    "gh": of_gh,
    "jq": of_jq,
    "make": of_make,
    "python": of_python,
    "sereno": of_sereno,
    "terraform": of_terraform,
}


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("`aws rds failover-cluster --db-cluster-identifier x`", ["no operation failover-cluster"]),
        ("`aws rds failover-db-cluster --cluster x`", ["--cluster"]),
        ("`aws logs tail x --filter y`", ["--filter"]),
        ("`python infra/release.py back --record x`", ["--record"]),
        ("`terraform -chdir=infra apply`", ["apply is for the workflows"]),
        ("`gh workflow run deploy.yml -f forth=true`", ["forth=true"]),
        ("`gh workflow run ci.yml`", ["it does not start by hand"]),
        ("`jq -r .api_ulr.value infra/outputs.json`", ["no output .api_ulr.value"]),
        ("`sereno mute canary-quiet --env prod`", ["canary-quiet"]),
        ('`X=$(sereno report --pord "$(make dome)")`', ["dome", "--pord"]),
    ],
)
def test_a_slip_would_be_found(wrong: str, expected: list[str]) -> None:
    assert [slip for command in commands(wrong) for slip in WRONG[command.program](command)] == expected


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda page: page.stem)
def test_every_variable_of_a_command_was_set(page: Path) -> None:
    first = (PROJECT / "docs" / "first-shift.md").read_text()
    text = page.read_text()
    given = set(re.findall(r"^(?:export )?([A-Z_]+)=", first, re.MULTILINE))
    given |= set(re.findall(r"^ *([A-Z_]+)=\$\(", text, re.MULTILINE))
    used = {name for code in shell(text) for name in re.findall(r"\$\{?([A-Za-z_]+)", code)}
    assert used - given == set()


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda page: page.stem)
def test_a_search_for_errors_finds_those_that_lambda_itself_writes(page: Path) -> None:
    """A release that cannot be imported, or a timeout, is a line of text, which no pattern of JSON matches.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
    """
    assert 'log_format = "Text"' in (INFRA / "modules" / "function" / "main.tf").read_text()
    asked = [
        command.words for command in commands(page.read_text()) if command.words[1:3] == ("logs", "tail")
    ]
    of_json = [words for words in asked if any(word.startswith("{ $.level") for word in words)]
    assert [words[3] for words in of_json if not words[3].endswith("-canary")] == []


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda page: page.stem)
def test_every_page_panel_and_column_that_is_named_exists(page: Path) -> None:
    """Emphasis is for what stands on a screen: pages and columns of the console, panels of the dashboard."""
    assert set(emphasised(page.read_text())) - screens() == set()


def emphasised(page: str) -> Iterator[str]:
    for token in MarkdownIt("commonmark").parse(page):
        for opened, text in pairwise(token.children or ()):
            if opened.type == "em_open":
                yield " ".join(text.content.split())


@cache
def screens() -> frozenset[str]:
    index = (CONSOLE / "index.html").read_text()
    pages = re.findall(r'<a href="#/\w+">(\w+)</a>', index)
    columns = [
        word
        for file in CONSOLE.glob("*.js")
        for word in re.findall(r'"th", \{[^}]*\}, "([^"]+)"', file.read_text())
    ]
    panels = [panel.title for board in system().dashboards for row in board.rows for panel in row]
    return frozenset([*pages, *columns, *panels, *(board.title for board in system().dashboards)])


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda page: page.stem)
def test_what_to_do_locally_begins_at_a_command(page: Path) -> None:
    told = re.findall(r"Locally\b.*?(?=\n\d\.|\n##|\n\n|\Z)", page.read_text(), re.DOTALL)
    assert told
    assert [each for each in told if "`sereno " not in each] == []


def test_a_span_that_is_named_is_emitted() -> None:
    sources = "".join(file.read_text() for file in (PROJECT / "functions").rglob("*.py"))
    named = {
        span
        for page in RUNBOOKS
        for span in re.findall(r"(?:span|`?No|whose) `([a-z]+ [a-z]+)`", page.read_text())
    }
    assert len(named) >= 3
    assert {span for span in named if f'"{span}"' not in sources} == set()


@pytest.mark.parametrize("page", sorted((PROJECT / "docs").glob("*.md")), ids=lambda page: page.stem)
def test_a_page_of_the_docs_is_found_from_the_readme_and_its_links_lead_somewhere(page: Path) -> None:
    assert f"](docs/{page.name})" in (PROJECT / "README.md").read_text()
    tokens = [child for token in MarkdownIt().parse(page.read_text()) for child in token.children or ()]
    links = [str(token.attrs["href"]).partition("#")[0] for token in tokens if token.type == "link_open"]
    assert [each for each in links if "://" not in each and not (page.parent / each).exists()] == []


def test_the_changelog_names_every_command() -> None:
    register()
    told = (PROJECT / "CHANGELOG.md").read_text()
    known: Any = typer.main.get_command(app)
    assert [name for name in known.commands if f"`sereno {name}`" not in told] == []
