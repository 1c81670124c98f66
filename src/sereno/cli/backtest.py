"""`backtest`: alert policies against a history, with or without labelled incidents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sereno.cli.output import save
from sereno.errors import Found, Unable

if TYPE_CHECKING:
    from sereno.language.model import Alert, Severity, Slo, System
    from sereno.proof.backtest import Backtest
    from sereno.proof.history import Budget, History
    from sereno.proof.rules import Rule
    from sereno.proof.scoring import Incident

FORMATS = ("text", "json", "html")


def backtest(
    name: Annotated[str | None, typer.Argument(help="An SLO or an alert; none with --target.")] = None,
    history: Annotated[
        Path | None, typer.Option(help="CSV, .csv.gz or Parquet: timestamp and good|bad, total, or value.")
    ] = None,
    incidents: Annotated[Path | None, typer.Option(help="CSV of labelled incidents: start,end,name.")] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option("--what-if", help="A rule: '10x 1h/5m', '14.4x 1h + 6x 6h', '>1% 2of3 5m'."),
    ] = None,
    suggest: Annotated[
        str, typer.Option(help="Search burn rates: 'precision >= 0.9, detection <= 30m'.")
    ] = "",
    format_: Annotated[str, typer.Option("--format", "-f", help=" | ".join(FORMATS))] = "text",
    out: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
    target: Annotated[str | None, typer.Option(help="A target such as 0.999, without a project.")] = None,
    window: Annotated[str, typer.Option(help="With --target, the SLO's window.")] = "30d",
    days: Annotated[int, typer.Option(help="Without --history: days to ask the back end for.")] = 30,
    env: Annotated[str, typer.Option("--env", "-e", help="The environment of sereno.yaml.")] = "local",
    project: Annotated[
        Path | None, typer.Option(help="The folder with sereno.yaml; else it is searched upwards.")
    ] = None,
    endpoint_url: Annotated[str | None, typer.Option(help="An emulator's URL, instead of AWS.")] = None,
) -> None:
    """Say how good alert policies would have been: precision, recall, detection, reset, pages a week."""
    if format_ not in FORMATS:
        raise Unable(f"no format is named `{format_}`; write one of {', '.join(FORMATS)}")
    if target is not None:
        if history is None:
            raise Unable("--target needs --history FILE")
        case = _free(history, target, window)
    else:
        case = _declared(name, history, days, env, project, endpoint_url)
    labels = _labels(incidents, case.history, case.budget) if incidents else ()
    found = _tested(case, tuple(_what_if(what_if or [])), labels, suggest)
    _deliver(found, format_, out)


@dataclass(frozen=True, slots=True)
class Case:
    """What is tested, and the share of the budget from which an incident counts, by severity."""

    subject: str
    history: History
    budget: Budget | None
    rules: tuple[Rule, ...]
    significance: Mapping[Severity, Fraction]


def _free(path: Path, target: str, window: str) -> Case:
    """A history and a target, no project."""
    from sereno.cli.histories import from_file
    from sereno.language.durations import seconds
    from sereno.proof.backtest import SIGNIFICANT
    from sereno.proof.defaults import google
    from sereno.proof.history import Budget

    length = seconds(window)
    try:
        goal = Fraction(target)
    except (ValueError, ZeroDivisionError):
        raise Unable(f"--target {target} is no share; write 0.999") from None
    if not 0 <= goal < 1 or not length:
        raise Unable("--target is a share below 1, such as 0.999, and --window a time, such as 30d")
    made = from_file(path)
    rules = (*google(length), *_static(made))
    return Case(str(path), made, Budget(goal, length // 60), rules, SIGNIFICANT)


def _declared(
    name: str | None, path: Path | None, days: int, env: str, project: Path | None, endpoint: str | None
) -> Case:
    from sereno.cli.histories import from_backend, from_file
    from sereno.cli.project import find
    from sereno.language import load_system

    root = find(project)
    system, problems = load_system(root, env)
    if system is None:
        raise Found("nothing was tested", problems)
    subject = _named(system, name)
    if path is None and subject not in system.slos:
        raise Unable(f"the history of an alert is given with --history FILE, for `{subject.name}` too")
    made = from_file(path) if path else from_backend(root, system, subject.name, days, endpoint)
    return Case(subject.name, made, _budget(subject), _rules(subject, made), _significance(subject))


def _named(system: System, name: str | None) -> Slo | Alert:
    every: list[Slo | Alert] = [*system.slos, *system.alerts]
    for each in every:
        if each.name == name:
            return each
    raise Unable(f"no SLO or alert is named `{name}`; there are {', '.join(each.name for each in every)}")


def _budget(subject: Slo | Alert) -> Budget | None:
    from sereno.language.model import Slo
    from sereno.proof.history import Budget

    if not isinstance(subject, Slo):
        return None
    return Budget(Fraction(subject.objectives[0].target), subject.window.seconds // 60)


def _significance(subject: Slo | Alert) -> Mapping[Severity, Fraction]:
    from sereno.language.model import Slo
    from sereno.proof.backtest import SIGNIFICANT, significance_of

    return significance_of(subject) if isinstance(subject, Slo) else SIGNIFICANT


def _rules(subject: Slo | Alert, made: History) -> tuple[Rule, ...]:
    """Declared, Google's, and a static threshold."""
    from sereno.language.model import Slo
    from sereno.proof.backtest import declared, declared_alert
    from sereno.proof.defaults import google

    if not isinstance(subject, Slo):
        if subject.anomaly:
            raise Unable(f"`{subject.name}` compares with a band that only its vendor can learn")
        return (declared_alert(subject),)
    if made.total is None:
        raise Unable(f"`{subject.name}` is judged by counts; give timestamp, good or bad, and total")
    return (*declared(subject), *google(subject.window.seconds), *_static(made))


def _static(made: History) -> tuple[Rule, ...]:
    from sereno.proof.backtest import STATIC
    from sereno.proof.rules import parse

    return (parse(STATIC),) if made.total is not None else ()


def _what_if(texts: Sequence[str]) -> Iterator[Rule]:
    from sereno.proof.rules import RuleFault, parse

    for text in texts:
        try:
            yield parse(text)
        except RuleFault as fault:
            raise Unable(f"--what-if: {fault}") from None


def _labels(path: Path, made: History, budget: Budget | None) -> tuple[Incident, ...]:
    from sereno.language.problem import errors, render_text
    from sereno.proof.labels import parse

    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Unable(f"{path} cannot be read: {error}") from error
    labels, problems = parse(str(path), text, made, budget)
    if wrong := errors(problems):
        raise Found(
            f"{len(wrong)} problem{'s' * (len(wrong) > 1)} in the labels; nothing was tested", problems
        )
    typer.echo(render_text(problems), err=True, nl=False)
    return labels


def _tested(case: Case, what_if: tuple[Rule, ...], labels: Sequence[Incident], wanted: str) -> Backtest:
    from sereno.proof.backtest import backtest as tested
    from sereno.proof.rules import RuleFault

    try:
        return tested(
            case.subject,
            case.history,
            (*case.rules, *what_if),
            budget=case.budget,
            incidents=labels,
            significance=case.significance,
            wanted=wanted,
        )
    except RuleFault as fault:
        raise Unable(str(fault)) from None


def _deliver(found: Backtest, format_: str, out: Path | None) -> None:
    from sereno.proof import backtest_html, backtest_text

    renderers: dict[str, Callable[[Backtest], str]] = {
        "text": backtest_text.render,
        "json": backtest_text.as_json,
        "html": backtest_html.render,
    }
    text = renderers[format_](found)
    if out is None:
        typer.echo(text, nl=False)
        return
    save(out, text)
    typer.echo(f"wrote {out}")
