"""`build`, `plan`, `apply`, `destroy`: from YAML to the vendor, in steps that can be repeated and undone."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from sereno.cli.applying import carry_out
from sereno.cli.output import save
from sereno.errors import Found, SerenoError, Unable

if TYPE_CHECKING:
    from sereno.language.model import System
    from sereno.language.problem import Problem
    from sereno.vendors.backend import Change, Resource
    from sereno.vendors.plan import Saved
    from sereno.vendors.session import Session

Env = Annotated[str, typer.Option("--env", "-e", help="The environment of sereno.yaml.")]
Project = Annotated[
    Path | None, typer.Option(help="The folder with sereno.yaml; else it is searched upwards.")
]
Endpoint = Annotated[
    str | None, typer.Option(help="An emulator's URL, not the vendor's or the running stack's.")
]
Target = Annotated[list[str] | None, typer.Option(help="Only this address and what is below it. Repeatable.")]
BackendName = Annotated[
    str | None, typer.Option(help="cloudwatch or datadog, instead of the environment's own.")
]


def add(app: typer.Typer) -> None:
    """Registers the commands."""
    app.command(epilog="Example: sereno build --backend datadog --out build/datadog")(build)
    app.command(cls=_Plan, epilog="Example: sereno plan --env prod --detailed-exitcode --out plan.json")(plan)
    app.command(epilog="Example: sereno apply --env prod · sereno apply plan.json --env prod")(apply)
    app.command(epilog="Example: sereno destroy --env staging --yes")(destroy)


def build(
    env: Env = "local",
    project: Project = None,
    backend: BackendName = None,
    out: Annotated[
        Path | None, typer.Option(help="A folder; else build/resources/ENV in the project.")
    ] = None,
) -> None:
    """Write the vendor's resources as JSON, offline."""
    from sereno.vendors.written import document

    root, system = load(project, env, backend)
    resources = _compiled(system, backend)
    folder = out or root / "build" / "resources" / env
    path = folder / f"{system.environment.backend}.json"
    save(path, document(system, resources))
    typer.echo(f"{path}: {_counted(resources)}")


def plan(
    env: Env = "local",
    project: Project = None,
    backend: BackendName = None,
    endpoint_url: Endpoint = None,
    target: Target = None,
    detailed_exitcode: Annotated[
        bool, typer.Option(help="Exit with 2 if there are changes, 1 if anything failed.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Also write the plan as JSON, which `apply` takes.")
    ] = None,
) -> None:
    """Show what would be created, changed field by field, and deleted."""
    try:
        changes = _plan(load(project, env, backend), backend, endpoint_url, target or (), out)
    except SerenoError as error:
        if detailed_exitcode:
            said = str(error) or "nobody has read the plan"
            raise _Failed(said, getattr(error, "problems", ())) from error
        raise
    from sereno.vendors.plan import adopts

    if detailed_exitcode and not all(map(adopts, changes)):
        raise typer.Exit(2)


def _canaries(root: Path, system: System) -> str:
    """What the canary of `infra/pipeline.yaml` costs; nothing for a project without that file."""
    import yaml

    from sereno.vendors.cloudwatch.canaries import summary

    try:
        text = (root / "infra" / "pipeline.yaml").read_text(encoding="utf-8")
        environment = system.environment.name
        text = text.replace("${prefix}", f"{system.project}-{environment}")
        return summary(yaml.safe_load(text.replace("${environment}", environment)))
    except (OSError, ValueError, yaml.YAMLError):
        return ""  # `sereno up` and Terraform say what is wrong with it


class _Failed(Found):
    """Any failure of `plan --detailed-exitcode`, where 2 means changes."""


_Usage: Any = typer.BadParameter.__base__  # of all that words can be wrong in; it has no public name


class _Plan(TyperCommand):
    """Words that are no plan's are such a failure too."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **named: Any) -> Any:
        detailed = "--detailed-exitcode" in args  # which are gone when they are parsed
        try:
            return super().make_context(info_name, args, *rest, **named)
        except _Usage as error:
            error.exit_code = 1 if detailed else 2
            raise


def _plan(
    loaded: tuple[Path, System],
    backend: str | None,
    endpoint: str | None,
    target: Sequence[str],
    out: Path | None,
) -> tuple[Change, ...]:
    from sereno.vendors import plan as planning

    root, system = loaded
    session = _session(root, system, endpoint)
    changes = session.changes(_compiled(system, backend), target)
    cost = session.backend.cost(system, session.live.owned, changes)
    typer.echo(planning.render(changes) + cost + _canaries(root, system), nl=False)
    if out:
        save(out, planning.dump(session.saved(changes)))
    return changes


def apply(
    plan_file: Annotated[Path | None, typer.Argument(help="What `sereno plan --out` wrote.")] = None,
    env: Env = "local",
    project: Project = None,
    backend: BackendName = None,
    endpoint_url: Endpoint = None,
    target: Target = None,
) -> None:
    """Make the live state what the YAML (or a plan) says. Can be interrupted, and run again."""
    if plan_file and target:
        raise Unable("a plan is applied as it is: leave --target out, or the plan")
    root, system = load(project, env, backend)
    session = _session(root, system, endpoint_url)
    if plan_file:
        changes = session.still(_read_plan(plan_file))
    else:
        changes = session.changes(_compiled(system, backend), target or ())
    carry_out(session, changes)


def destroy(
    env: Env = "local",
    project: Project = None,
    backend: BackendName = None,
    endpoint_url: Endpoint = None,
    target: Target = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete what this project and environment own, and nothing else."""
    from sereno.vendors import plan as planning

    root, system = load(project, env, backend)
    session = _session(root, system, endpoint_url)
    changes = session.changes((), target or ())
    typer.echo(planning.render(changes), nl=False)
    for kept in session.spared():
        typer.echo(f"left as it is: {kept.kind} {kept.address}, which was adopted and bears no tags of ours")
    if changes and not yes and not _agreed(f"Delete {len(changes)} things of {env}?"):
        raise Unable("nothing was deleted")
    carry_out(session, changes)


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise Unable("nobody is here to ask: say --yes")
    return typer.confirm(question)


def _session(root: Path, system: System, endpoint: str | None) -> Session:
    """The environment's back end, its live state read once."""
    from sereno.vendors.session import Session

    vendor = import_module(f"sereno.vendors.{system.environment.backend}.client")
    backend = vendor.connect(system, endpoint or running_stack(root, system))
    return Session(system, backend, backend.terms, backend.live(system))


def load(project: Path | None, env: str, backend: str | None) -> tuple[Path, System]:
    """The project's folder, and its System; warnings are shown, errors end the command."""
    from sereno.cli.project import find
    from sereno.language import load_system

    gc.disable()  # many small trees that all stay: collecting would be a third of the time, and free nothing
    root = find(project)
    system, problems = load_system(root, env, backend)
    _judge(problems, env, backend)
    if system is None:
        raise Found("nothing was done")
    return root, system


def _compiled(system: System, backend: str | None) -> tuple[Resource, ...]:
    vendor = import_module(f"sereno.vendors.{system.environment.backend}")
    resources: tuple[Resource, ...]
    resources, problems = vendor.compile(system)
    gc.freeze()
    gc.enable()
    _judge(problems, system.environment.name, backend)
    return resources


def _judge(problems: Sequence[Problem], env: str, backend: str | None) -> None:
    """Errors end the command; of warnings only the number is told here. `backend`: as asked for."""
    from sereno.language.problem import errors

    wrong = errors(problems)
    if wrong:
        raise Found(f"{len(wrong)} problem{'s' * (len(wrong) > 1)}; nothing was done", wrong)
    if problems:
        plural = "s" * (len(problems) > 1)
        there = "" if env == "local" else f" --env {env}"
        there += f" --backend {backend}" if backend else ""
        typer.echo(f"{len(problems)} warning{plural}: `sereno check{there}` tells more", err=True)


def running_stack(root: Path, system: System) -> str | None:
    """The endpoint of the newest living local stack, for an environment that names none."""
    here = system.environment
    if here.name != "local" or here.endpoint:
        return None
    from sereno.local.state import newest

    return newest(root, here.backend).reached(here.backend)


def _counted(resources: Sequence[Resource]) -> str:
    kinds = Counter(resource.kind for resource in resources)
    return ", ".join(f"{n} {kind}{'s' * (n != 1)}" for kind, n in kinds.items()) or "nothing"


def _read_plan(path: Path) -> Saved:
    from sereno.vendors.plan import load

    try:
        return load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Unable(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Unable(f"{path}: this is not a whole plan that `sereno plan --out` wrote") from error
    except ValueError as error:
        raise Unable(f"{path}: {error}") from error
