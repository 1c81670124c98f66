"""Reading what the deployment put into the environment; infra/pipeline.yaml says what and why."""

from __future__ import annotations

from collections.abc import Mapping


class Misconfigured(Exception):
    """The deployment is wrong, so nothing can be answered; its text names the variable."""


def text(environ: Mapping[str, str], name: str) -> str:
    """A variable that must be there and not empty."""
    value = environ.get(name, "")
    if not value:
        raise Misconfigured(
            f"the environment variable {name} is not set; infra/pipeline.yaml says what belongs in it"
        )
    return value


def number(environ: Mapping[str, str], name: str) -> float:
    """A variable that must be a positive number."""
    value = text(environ, name)
    try:
        parsed = float(value)
    except ValueError:
        parsed = 0.0
    if not 0 < parsed < float("inf"):
        raise Misconfigured(f"the environment variable {name} is {value!r}; write a positive number")
    return parsed
