"""The command line: arguments, files, clocks and exit codes. It decides nothing.

One module a command group, each with `add(app)`. A module imports only typer at its top
and what it needs inside the command, so that `sereno check` never pays for boto3.
"""

from __future__ import annotations

import importlib
import sys
from typing import Final

import typer

from sereno.errors import Found, SerenoError

# In the order of `sereno -h`.
GROUPS: Final[tuple[str, ...]] = (
    "check",
    "write",
    "deploy",
    "pager",
    "adopt",
    "prove",
    "report",
    "stack",
    "demo",
    "drill",
)

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


def register() -> None:
    """Adds every group's commands, once."""
    if not app.registered_commands:
        for group in GROUPS:
            importlib.import_module(f"sereno.cli.{group}").add(app)


def main() -> None:
    """Runs a command; what a person can mend becomes a sentence and an exit code, never a traceback."""
    register()
    try:
        app()
    except SerenoError as error:
        if isinstance(error, Found) and error.problems:
            from sereno.language.problem import render_text

            sys.stderr.write(render_text(error.problems))
        sys.stderr.write(f"sereno: {error}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("sereno: interrupted\n")
        sys.exit(130)
