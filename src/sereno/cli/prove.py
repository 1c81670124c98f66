"""`test` and `backtest`: alerts proven before anyone is paged by them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sereno.cli.backtest import backtest
from sereno.cli.output import save
from sereno.errors import Found, Unable

if TYPE_CHECKING:
    from sereno.language.model import AlertTest, System
    from sereno.proof.alert_tests import Run
    from sereno.proof.judge import Judge

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
        str | None, typer.Option(help="cloudwatch or datadog alone; else each expectation on its own.")
    ] = None,
    project: Project = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML to this file.")] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Show which alerts were seen to fire and to resolve.")
    ] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Show where CloudWatch and Datadog would tell people otherwise.")
    ] = False,
) -> None:
    """Run the alert tests: series in, states out, on the alarms that would be deployed."""
    from sereno.proof import show

    root, system = _loaded(project, env, backend)
    tests = _chosen(root, system, paths or [])
    judges = _judges(system, tests, alone=backend is not None)
    runs = _run(tests, judges)
    for run in runs:
        for paragraph in show.failures(run):
            typer.echo(paragraph + "\n")
    if junit is not None:
        _write_junit(junit, runs)
    if compare:
        _show_comparison(system, tests)
    whole = not coverage or _show_coverage(runs, judges, tests if paths else None)
    _warn_of_silence(system)
    _sum_up(runs, judges, whole=whole)


def _loaded(project: Path | None, env: str, backend: str | None) -> tuple[Path, System]:
    from sereno.cli.project import find
    from sereno.language import load_system
    from sereno.language.problem import errors

    root = find(project)
    system, problems = load_system(root, env, backend)
    if system is None:
        raise Found("the alert tests were not run", errors(problems))
    return root, system


def _chosen(root: Path, system: System, paths: Sequence[Path]) -> list[AlertTest]:
    """The tests of these files and folders, which may be given from here or from the project."""
    if not system.tests:
        raise Unable("there is no alert test; write one of `kind: AlertTest` in tests/alerts/")
    if not paths:
        return list(system.tests)
    wanted = [place.resolve() for path in paths for place in (path, root / path)]
    inside = [
        t for t in system.tests if any((root / t.where.file).resolve().is_relative_to(w) for w in wanted)
    ]
    if not inside:
        raise Unable(f"no alert test is in {', '.join(map(str, paths))}")
    return inside


def _judges(system: System, tests: Sequence[AlertTest], *, alone: bool) -> list[Judge]:
    """One a vendor whose minutes are in the tests, the environment's own first; `alone` only that."""
    from sereno.proof.judge import backends, judge

    mine = system.environment.backend
    said = {backend for test in tests for backend in backends(test)} or {mine}
    if alone and mine not in said:
        raise Unable(f"no alert test is for {mine}; `backend: {mine}` in its spec makes it one")
    wanted = [mine] if alone else sorted(said, key=lambda backend: (backend != mine, backend))
    found = {backend: judge(system, backend) for backend in wanted}
    if problems := [problem for _, wrong in found.values() for problem in wrong]:
        others = mine in found and not found[mine][1]
        way_out = f": `--backend {mine}` judges those of {mine} alone" if others else ""
        raise Found(f"the alert tests were not run{way_out}", problems)
    return [each for each, _ in found.values()]


def _run(tests: Sequence[AlertTest], judges: Sequence[Judge]) -> list[Run]:
    found = [judge.run(tests) for judge in judges]
    if problems := list(dict.fromkeys(problem for _, wrong in found for problem in wrong)):
        raise Found("the alert tests were not run", problems)
    return [run for runs, _ in found for run in runs]


def _show_comparison(system: System, tests: Sequence[AlertTest]) -> None:
    """Each test on both vendors; one that cannot be asked is said, and is no failure."""
    from sereno.proof import show
    from sereno.proof.comparing import compare
    from sereno.proof.judge import BACKENDS, judge

    found = {backend: judge(system, backend) for backend in BACKENDS}
    for backend, (_, problems) in found.items():
        if problems:
            typer.echo(f"not compared: {problems[0].message} (see `sereno check --backend {backend}`)")
            return
    judges = [each for each, _ in found.values()]
    for line in show.comparisons([compare(test, judges) for test in tests], judges):
        typer.echo(line)


def _show_coverage(runs: Sequence[Run], judges: Sequence[Judge], chosen: Sequence[AlertTest] | None) -> bool:
    """Of every alert, or of those that the chosen tests name; whether all of it fires and resolves."""
    from sereno.proof import show
    from sereno.proof.coverage import coverage

    def subjects(judge: Judge) -> Sequence[str]:
        named = None if chosen is None else judge.named(chosen)
        return [each for each in judge.subjects if named is None or each in named]

    tables = {
        judge.vendor.NAME: coverage([r for r in runs if r.alarms is judge.alarms], subjects(judge))
        for judge in judges
    }
    for line in show.covered(tables, chosen=chosen is not None):
        typer.echo(line)
    return all(line.whole for lines in tables.values() for line in lines)


def _sum_up(runs: Sequence[Run], judges: Sequence[Judge], *, whole: bool) -> None:
    checks = sum(len(run.outcomes) for run in runs)
    failed = sum(1 for run in runs for outcome in run.outcomes if outcome.wrong)
    tests = len({id(run.test) for run in runs})
    if failed:
        raise Found(f"{failed} of {_many(checks, 'expectation')} in {_many(tests, 'alert test')} do not hold")
    counts = {j.vendor.NAME: sum(len(r.outcomes) for r in runs if r.alarms is j.alarms) for j in judges}
    each = f" ({', '.join(f'{n} on {name}' for name, n in counts.items())})" if len(counts) > 1 else ""
    hold = "holds" if checks == 1 else "hold"
    typer.echo(f"{_many(checks, 'expectation')} in {_many(tests, 'alert test')} {hold}{each}")
    if not whole:
        raise Found("not every alert is shown to fire and to resolve")


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"


def _warn_of_silence(system: System) -> None:
    """Tests that hold prove nothing of a vendor that no expectation is for."""
    from sereno.proof.judge import backends

    mine = system.environment.backend
    if mine not in {backend for test in system.tests for backend in backends(test)}:
        words = f"no expectation is for {mine}, which the environment {system.environment.name} names"
        typer.echo(f"warning: {words}; `backend: both` in a test's spec makes it one for each", err=True)


def _write_junit(path: Path, runs: Sequence[Run]) -> None:
    from sereno.proof.junit import render

    save(path, render(runs))
