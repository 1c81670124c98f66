"""What Terraform said of what it made: the option `--outputs` of the steps after `terraform apply`."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).resolve().parent / "outputs.json"
COMMAND: Final = "terraform -chdir=infra output -json > infra/outputs.json"


def option(parser: ArgumentParser) -> None:
    """Adds `--outputs`; its value is what `read` gives."""
    parser.add_argument("--outputs", type=read, default=str(FILE), help="of terraform output -json")


def read(path: str) -> dict[str, Any]:
    """Output -> value. A file that cannot be used ends the command by 2, with what to run."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
        return {name: output["value"] for name, output in found.items()}
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
    except (ValueError, TypeError, KeyError, AttributeError):
        reason = "not what terraform output -json prints"
    raise ArgumentTypeError(f"{path}: {reason}; run `{COMMAND}` (docs/first-shift.md)")
