"""`up`: the whole pipeline on this machine, until Ctrl-C."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from sereno.errors import Found, Unable

if TYPE_CHECKING:
    from types import FrameType

    from sereno.language.model import System
    from sereno.local.stack import Stack

Project = Annotated[
    Path | None, typer.Option(help="The folder with sereno.yaml; else it is searched upwards.")
]
Port = Annotated[int, typer.Option(min=0, max=65_535, help="The API's port on loopback; 0: any free one.")]
Warp = Annotated[
    float, typer.Option(min=1, max=60, help="Metric minutes that pass in a minute: 60 makes a second one.")
]
Iam = Annotated[bool, typer.Option("--iam", help="Refuse requests that are not signed, as in AWS.")]
Cached = Annotated[bool, typer.Option("--cache", help="Read through a cache (Valkey), an option in AWS too.")]

BackendName = Annotated[
    str | None, typer.Option(help="cloudwatch or datadog, instead of the environment's own: who watches it.")
]

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def add(app: typer.Typer) -> None:
    """Registers the commands."""
    app.command(epilog="Example: sereno up --warp 60")(up)


def up(
    project: Project = None,
    port: Port = 0,
    warp: Warp = 1.0,
    iam: Iam = False,
    cache: Cached = False,
    backend: BackendName = None,
) -> None:
    """Run the pipeline on this machine, watched as in AWS. Ctrl-C ends it and deletes everything."""
    from sereno.cli.project import find

    root = find(project)
    system = watched(root, backend)
    with ended_by_signals():
        try:
            _run(root, system, port, warp, iam, cache)
        except KeyboardInterrupt:
            typer.echo("\nended; nothing is left")


def watched(root: Path, backend: str | None) -> System:
    """The project's System for this machine; errors end the command, warnings are for `sereno check`."""
    from sereno.language import load_system
    from sereno.language.problem import errors

    system, problems = load_system(root, "local", backend)
    if system is None or errors(problems):
        raise Found("the stack was not started", errors(problems))
    return system


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Lets SIGTERM and SIGHUP end a command as Ctrl-C does, which a shell's background job ignores."""
    before = [(each, signal.signal(each, _interrupt)) for each in ENDING]
    try:
        yield
    finally:
        for each, handler in before:
            signal.signal(each, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _run(root: Path, system: System, port: int, warp: float, iam: bool, cache: bool) -> None:
    from sereno.local.stack import Options, Stack

    options = Options(project=root, port=port, warp=warp, iam=iam, cache=cache)
    with Stack(options, system) as stack:
        typer.echo(_introduced(stack))
        try:
            typer.echo(
                f"{stack.watch()} {stack.desk.vendor.APPLIED} watch it."
                " Ctrl-C ends it and deletes everything."
            )
        except Unable:
            if not stack.lost:
                raise
        while not stack.lost:
            time.sleep(0.5)
        lost = stack.lost
    raise Unable(f"{lost} ended by itself, and the stack with it; `sereno drill` breaks parts on purpose")


def _introduced(stack: Stack) -> str:
    """Where everything is, and the first two calls to make."""
    sign = ""
    if stack.options.iam:
        sign = f" --aws-sigv4 aws:amz:{stack.region}:execute-api --user local:local"
    users = f"{stack.url}/users"
    key = f"AWS_DEFAULT_REGION={stack.region} AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local"
    body = """'{"name": "Ada", "email": "ada@example.com"}'"""
    fake = f"Datadog  {stack.datadog} (a fake; its keys are local and local)"
    return "\n".join(
        (
            f"API      {stack.url}",
            f"  write  curl{sign} {users} -H 'content-type: application/json' -d {body}",
            f"  read   curl{sign} {users}",
            f"console  {stack.console}",
            f"AWS      AWS_ENDPOINT_URL={stack.emulator.url} {key}",
            *([fake] if stack.datadog else []),
            f"clock    {_pace(stack.options.warp)}",
        )
    )


def _pace(warp: float) -> str:
    return "a metric minute is a minute" if warp == 1 else f"a metric minute is {60 / warp:g} s"
