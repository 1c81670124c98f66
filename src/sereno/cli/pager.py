"""`mute` and `page`: what a person on call needs at 3 a.m., without editing a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sereno.errors import Found, Unable

if TYPE_CHECKING:
    from sereno.language.model import System
    from sereno.vendors.cloudwatch.client import Calls

Env = Annotated[str, typer.Option("--env", "-e", help="The environment of sereno.yaml.")]
Project = Annotated[
    Path | None, typer.Option(help="The folder with sereno.yaml; else it is searched upwards.")
]
Endpoint = Annotated[str | None, typer.Option(help="An emulator's URL, instead of AWS or the running stack.")]


def add(app: typer.Typer) -> None:
    """Registers the commands."""
    app.command(epilog="Example: sereno mute dlq-not-empty --for 2h --reason 'redriving by hand' --env prod")(
        mute
    )
    app.command(epilog="Example: sereno page on-call --env prod")(page)


def mute(
    alert: Annotated[
        str | None, typer.Argument(help="NAME of an alert, SLO, SLO/page, SLO/ticket or SLO/no-data.")
    ] = None,
    for_: Annotated[str, typer.Option("--for", help="How long: 30m, 2h, 1d.")] = "",
    reason: Annotated[str, typer.Option(help="Why; whoever looks at it reads this.")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="Lift the mute instead.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Show the mutes that lie.")] = False,
    env: Env = "local",
    project: Project = None,
    endpoint_url: Endpoint = None,
) -> None:
    """Silence an alert for a while: its state goes on, nobody is told, and it ends by itself."""
    from sereno.vendors.cloudwatch import paging

    system, calls = _connected(env, project, endpoint_url)
    if list_:
        for laid in paging.muted(calls, system):
            typer.echo(f"{laid.name}: until {laid.until or '?'} ({laid.status.lower()}): {laid.reason}")
    elif alert is None:
        raise Unable("say which alert, or --list")
    elif lift:
        paging.lift(calls, system, alert)
        typer.echo(f"{alert} is heard again")
    else:
        _lay(calls, system, alert, for_, reason)


def _lay(calls: Calls, system: System, alert: str, for_: str, reason: str) -> None:
    from datetime import UTC, datetime

    from sereno.vendors.cloudwatch import paging

    if not reason.strip():
        raise Unable("say --reason: whoever wonders at the silence reads it")
    rule = paging.mute(calls, system, alert, _seconds(for_), reason, datetime.now(UTC))
    alarms = ", ".join(rule["MuteTargets"]["AlarmNames"])
    typer.echo(f"muted from the next minute until {rule['ExpireDate']:%Y-%m-%d %H:%M} UTC: {alarms}")


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
) -> None:
    """Send a marked test page through the deployed path, and say what would swallow a real one."""
    import time

    from sereno.language.problem import did_you_mean
    from sereno.vendors.cloudwatch import paging

    system, calls = _connected(env, project, endpoint_url)
    if receiver not in system.receivers:
        raise Unable(f"no receiver is named `{receiver}`; {did_you_mean(receiver, system.receivers)}")
    steps = []
    for step in paging.page(calls, system, system.receivers[receiver], time.sleep):
        typer.echo(f"{'well' if step.well else 'LOST'}  {step.said}")
        steps.append(step)
    if not all(step.well for step in steps):
        raise Found(f"a page to {receiver} would not arrive everywhere")


def _connected(env: str, project: Path | None, endpoint: str | None) -> tuple[System, Calls]:
    from sereno.cli.deploy import load, running_stack
    from sereno.vendors.cloudwatch.client import connect

    root, system = load(project, env, None)
    if system.environment.backend != "cloudwatch":
        raise Unable(f"this works with cloudwatch, not with {system.environment.backend}")
    return system, connect(system, endpoint or running_stack(root, system)).calls
