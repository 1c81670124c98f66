"""`mute` and `page`: what a person on call needs at 3 a.m., without editing a file."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sereno.errors import Found, Unable

if TYPE_CHECKING:
    from sereno.language.model import System

Env = Annotated[str, typer.Option("--env", "-e", help="The environment of sereno.yaml.")]
Project = Annotated[
    Path | None, typer.Option(help="The folder with sereno.yaml; else it is searched upwards.")
]
Endpoint = Annotated[
    str | None, typer.Option(help="An emulator's URL, not the vendor's or the running stack's.")
]
BackendName = Annotated[
    str | None, typer.Option(help="cloudwatch or datadog, not the environment's or the running stack's own.")
]


def add(app: typer.Typer) -> None:
    """Registers the commands."""
    app.command(epilog="Example: sereno mute dlq-not-empty --for 2h --reason 'redriving by hand' --env prod")(
        mute
    )
    app.command(epilog="Example: sereno page on-call --env prod")(page)


def mute(
    alert: Annotated[
        str | None,
        typer.Argument(
            help="NAME of an alert, SLO, SLO/page, SLO/ticket or SLO/no-data; or the name on the page."
        ),
    ] = None,
    for_: Annotated[str, typer.Option("--for", help="How long: 30m, 2h, 1d.")] = "",
    reason: Annotated[str, typer.Option(help="Why; whoever looks at it reads this.")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="Lift the mute instead.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Show the mutes that lie.")] = False,
    env: Env = "local",
    project: Project = None,
    endpoint_url: Endpoint = None,
    backend: BackendName = None,
) -> None:
    """Silence an alert for a while: its state goes on, nobody is told, and it ends by itself."""
    from datetime import UTC, datetime

    from sereno.vendors.subjects import as_paged

    _, system, paging, calls = _connected(env, project, endpoint_url, backend)
    if list_:
        for laid in paging.muted(calls, system):
            ends = f"until {laid.until or '?'} ({laid.status.lower()})"
            typer.echo(_shown(f"{laid.name}: {ends}: {laid.reason}"))
    elif alert is None:
        raise Unable("say which alert, or --list")
    elif lift:
        paging.lift(calls, system, as_paged(system, alert))
        typer.echo(f"{alert} is heard again")
    elif not reason.strip():
        raise Unable("say --reason: whoever wonders at the silence reads it")
    else:
        typer.echo(
            paging.lay(calls, system, as_paged(system, alert), _seconds(for_), reason, datetime.now(UTC))
        )


def _seconds(text: str) -> int:
    """A minute to fifteen days, in whole minutes: what a mute rule can say."""
    from sereno.language.durations import seconds

    length = seconds(text)
    if length is None or length % 60 or not 60 <= length <= 15 * 86_400:
        raise Unable("say --for with 1m to 15d, such as 30m, 2h or 1d")
    return length


def page(
    receiver: Annotated[str, typer.Argument(help="A receiver of the routes.")],
    env: Env = "local",
    project: Project = None,
    endpoint_url: Endpoint = None,
    backend: BackendName = None,
) -> None:
    """Send a marked test page through the deployed path, and say what would swallow a real one."""
    import time

    from sereno.language.problem import did_you_mean

    root, system, paging, calls = _connected(env, project, endpoint_url, backend)
    if receiver not in system.receivers:
        raise Unable(f"no receiver is named `{receiver}`; {did_you_mean(receiver, system.receivers)}")
    here = None if endpoint_url else _inbox(root, system, receiver)
    steps = []
    for step in paging.page(
        calls, system, system.receivers[receiver], time.sleep, **({"heard": here} if here else {})
    ):
        typer.echo(f"{'well' if step.well else 'LOST'}  {_shown(step.said)}")
        steps.append(step)
    if not all(step.well for step in steps):
        raise Found(f"a page to {receiver} would not arrive everywhere")


def _inbox(root: Path, system: System, receiver: str) -> Callable[[str], bool] | None:
    """Whether the running local stack's inbox has more of an alarm than now; None where there is no stack."""
    from sereno.cli.deploy import running_stack

    if running_stack(root, system) is None or system.environment.backend != "cloudwatch":
        return None
    from sereno.local.state import newest

    console = newest(root, system.environment.backend).console
    before = _received(console, receiver) if console else []
    return lambda alarm: _received(console, receiver).count(alarm) > before.count(alarm) if console else False


def _received(console: str, receiver: str) -> list[str]:
    """The alarms of which the inbox has a message for this receiver, as often as it has."""
    import json
    from urllib.request import urlopen

    try:
        with urlopen(f"{console}/api/inbox", timeout=5) as answer:  # noqa: S310  # our own, on loopback
            got = json.load(answer)["receivers"]
    except (OSError, ValueError) as error:
        raise Unable(f"the running stack's inbox cannot be read: {error}") from error
    return [n["alarm"] for each in got if each["receiver"] == receiver for n in each["notifications"]]


def _shown(text: str) -> str:
    """What others wrote, without what a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)


def _watching(env: str, project: Path | None, endpoint: str | None) -> str | None:
    """The back end that watches the newest local stack, as `report` takes it; None: the environment's own."""
    from sereno.cli.project import find
    from sereno.local.state import living

    running = living(find(project)) if env == "local" and not endpoint else []
    return running[0].backend if running else None


def _of_many(root: Path, system: System, endpoint: str | None) -> str:
    """Which local stack is meant, where several run; else empty."""
    from sereno.local.state import living, newest

    here = system.environment
    running = living(root) if here.name == "local" and not (endpoint or here.endpoint) else []
    if len(running) < 2:
        return ""
    this = newest(root, here.backend)
    others = ", ".join(f"pid {each.pid}" for each in running if each != this)
    return (
        f"note: {len(running)} local stacks run; this is of the newest that {here.backend} watches: "
        f"pid {this.pid}, {this.console or this.url}; not of {others}"
    )


def _connected(
    env: str, project: Path | None, endpoint: str | None, backend: str | None
) -> tuple[Path, System, Any, Any]:
    """The project's folder, the System, its vendor's `paging`, and the calls to it."""
    from sereno.cli.deploy import load, running_stack

    root, system = load(project, env, backend or _watching(env, project, endpoint))
    vendor = f"sereno.vendors.{system.environment.backend}"
    if note := _of_many(root, system, endpoint):
        typer.echo(note, err=True)
    connect = import_module(f"{vendor}.client").connect
    calls = connect(system, endpoint or running_stack(root, system)).calls
    return root, system, import_module(f"{vendor}.paging"), calls
