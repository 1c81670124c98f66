"""The command line: arguments, files, clocks and exit codes. It decides nothing.

One module a command group, each with `add(app)`. A module imports only typer at its top
and what it needs inside the command, so that `sereno check` never pays for boto3.
"""

from __future__ import annotations

import gc
import sys

try:
    gc.set_threshold(100_000)  # what is imported stays: to look for garbage in it is a twentieth of a command
    import functools
    import importlib
    import os
    import signal
    from collections.abc import Mapping
    from contextlib import nullcontext
    from typing import Final

    import typer
except KeyboardInterrupt:  # it takes a while, and there is nobody yet to catch it
    sys.stderr.write("sereno: interrupted\n")
    sys.exit(130)

from sereno.cli import interrupts, output
from sereno.errors import Found, Interrupted, SerenoError

# Looking for plugins of pydantic reads what every installed package says of itself: 20 ms of any command.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

# In the order of `sereno -h`: each group's commands, so that for one of them no other group is imported.
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "check": ("check", "explain", "route"),
    "write": ("schema", "export", "init"),
    "deploy": ("build", "plan", "apply", "destroy"),
    "pager": ("mute", "page"),
    "adopt": ("import",),
    "prove": ("test", "backtest"),
    "report": ("report", "gate"),
    "stack": ("up",),
    "demo": ("demo",),
    "drill": ("drill",),
}

app = typer.Typer(
    name="sereno",
    help="SLOs, alerts and dashboards from YAML to CloudWatch or Datadog, proven before anyone is paged.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _root() -> None:
    """Keeps `sereno` a command with subcommands while it has only one."""


def register(command: str = "") -> None:
    """Adds the commands of its group, or of every group where it is none's."""
    for group in [group for group, commands in GROUPS.items() if command in commands] or GROUPS:
        _add(group)


@functools.cache
def _add(group: str) -> None:
    """Once."""
    importlib.import_module(f"sereno.cli.{group}").add(app)


# Groups whose commands start nothing that would have to be ended: no thread, no child.
QUIET: Final = ("check", "write", "deploy", "adopt", "prove", "report")
QUIET_COMMANDS: Final = [[command] for group in QUIET for command in GROUPS[group]]


def run() -> None:
    """`main` as all that this process does: it ends without taking apart, one by one, what it made.

    That would be a tenth of a second for two thousand alarms.
    """
    try:
        main()
    except SystemExit as ended:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done and said
        if isinstance(ended.code, str) or sys.argv[1:2] not in QUIET_COMMANDS:
            raise
        sys.stderr.flush()
        os._exit(ended.code or 0)


def main() -> None:
    """Runs a command; what a person can mend becomes a sentence and an exit code, never a traceback."""
    try:
        with interrupts.at_once() if sys.argv[1:2] in QUIET_COMMANDS else nullcontext():
            sys.exit(_run())
    except KeyboardInterrupt:
        sys.exit(_said(Interrupted("interrupted")))


def _run() -> str | int | None:
    """The exit code of a command whose output was written whole."""
    try:
        output.take()
        register(*sys.argv[1:2])
        code = _command()
        sys.stdout.flush()
    except output.Unwritten as error:
        output.drop()
        return _said(error) if str(error) else 2
    except SerenoError as error:
        return _said(error)
    return code


def _command() -> str | int | None:
    try:
        app()
    except SystemExit as ended:
        if ended.code == interrupts.CODE:  # typer made it of a KeyboardInterrupt
            raise KeyboardInterrupt from None
        return ended.code
    return 0


def _said(error: SerenoError) -> int:
    """Tells of it, and its exit code."""
    if isinstance(error, Found) and error.problems:
        from sereno.language.problem import render_text

        sys.stderr.write(render_text(error.problems))
    sys.stderr.write(f"sereno: {error}\n")
    return error.exit_code
