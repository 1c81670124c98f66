"""`test` and `backtest`: alerts proven before anyone is paged by them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sereno.cli.backtest import backtest
from sereno.errors import Found, Unable

if TYPE_CHECKING:
    from sereno.language.model import AlertTest, System
    from sereno.language.problem import Problem
    from sereno.proof.alert_tests import Run
    from sereno.proof.vendor import Vendor
    from sereno.vendors.backend import Resource

Env = Annotated[str, typer.Option("--env", "-e", help="The environment of sereno.yaml.")]
Project = Annotated[
    Path | None, typer.Option(help="The folder with sereno.yaml; else it is searched upwards.")
]


def add(app: typer.Typer) -> None:
    """Registers the commands."""
    app.command("test", epilog="Example: sereno test tests/alerts/get-availability.yaml --coverage")(
        run_tests
    )
    app.command(
        epilog="Example: sereno backtest get-availability --history gets.csv --incidents outages.csv "
        "--what-if '10x 1h/5m'"
    )(backtest)


def run_tests(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files or folders; else all tests.")] = None,
    env: Env = "local",
    backend: Annotated[
        str | None, typer.Option(help="cloudwatch or datadog; else the environment's.")
    ] = None,
    project: Project = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML to this file.")] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Show which alerts were seen to fire and to resolve.")
    ] = False,
) -> None:
    """Run the alert tests: series in, states out, on the alarms that would be deployed."""
    from sereno.proof import show

    root, system, resources = _compiled(project, env, backend)
    runs = _run(_chosen(root, system, paths or []), system, resources)
    for run in runs:
        for paragraph in show.failures(run):
            typer.echo(paragraph + "\n")
    if junit is not None:
        _write_junit(junit, runs)
    whole = not coverage or _show_coverage(runs, resources, _vendor(system))
    _sum_up(runs, whole=whole)


def _run(tests: Sequence[AlertTest], system: System, resources: Sequence[Resource]) -> list[Run]:
    from sereno.proof.alert_tests import alarms_of, run

    alarms = alarms_of(resources, _vendor(system))
    runs: list[Run] = []
    problems: list[Problem] = []
    for test_ in tests:
        found, wrong = run(test_, system, alarms)
        runs.append(found)
        problems += wrong
    if problems:
        raise Found("the alert tests were not run", problems)
    return runs


def _chosen(root: Path, system: System, paths: Sequence[Path]) -> list[AlertTest]:
    """The tests of these files and folders, which may be given from here or from the project."""
    backend = system.environment.backend
    tests = [test for test in system.tests if test.backend == backend]
    if not system.tests:
        raise Unable("there is no alert test; write one of `kind: AlertTest` in tests/alerts/")
    if not tests:
        raise Unable(f"no alert test is for {backend}; `backend: {backend}` in its spec makes it one")
    if not paths:
        return tests
    wanted = [place.resolve() for path in paths for place in (path, root / path)]
    chosen = [t for t in tests if any((root / t.where.file).resolve().is_relative_to(w) for w in wanted)]
    if not chosen:
        raise Unable(f"no alert test is in {', '.join(map(str, paths))}")
    return chosen


def _vendor(system: System) -> Vendor:
    from sereno.proof import on_cloudwatch, on_datadog

    return on_cloudwatch if system.environment.backend == "cloudwatch" else on_datadog


def _compiled(project: Path | None, env: str, backend: str | None) -> tuple[Path, System, Sequence[Resource]]:
    from sereno.cli.project import find
    from sereno.language import load_system
    from sereno.language.problem import errors
    from sereno.vendors import cloudwatch, datadog

    root = find(project)
    system, problems = load_system(root, env, backend)
    if system is None:
        raise Found("the alert tests were not run", errors(problems))
    vendor = cloudwatch if system.environment.backend == "cloudwatch" else datadog
    resources, problems = vendor.compile(system)
    if wrong := errors(problems):
        raise Found("the alert tests were not run", wrong)
    return root, system, resources


def _show_coverage(runs: Sequence[Run], resources: Sequence[Resource], vendor: Vendor) -> bool:
    from sereno.proof import show
    from sereno.proof.alert_tests import subjects
    from sereno.proof.coverage import coverage

    lines = coverage(runs, subjects(resources, vendor))
    for line in show.covered(lines):
        typer.echo(line)
    return all(line.whole for line in lines)


def _sum_up(runs: Sequence[Run], *, whole: bool) -> None:
    checks = sum(len(run.outcomes) for run in runs)
    failed = sum(1 for run in runs for outcome in run.outcomes if outcome.wrong)
    if failed:
        raise Found(f"{failed} of {checks} expectations in {len(runs)} alert tests do not hold")
    typer.echo(f"{checks} expectations in {len(runs)} alert tests hold")
    if not whole:
        raise Found("not every alert is shown to fire and to resolve")


def _write_junit(path: Path, runs: Sequence[Run]) -> None:
    from sereno.proof.junit import render

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(runs), encoding="utf-8")
    except OSError as error:
        raise Unable(f"{path} cannot be written: {error.strerror}") from error
