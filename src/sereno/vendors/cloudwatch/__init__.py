"""CloudWatch: a System as alarms, composite alarms and dashboards. Pure; `client.py` does the I/O."""

from __future__ import annotations

from sereno.language.model import System
from sereno.language.problem import Problem
from sereno.vendors.backend import Resource


def compile(system: System) -> tuple[tuple[Resource, ...], tuple[Problem, ...]]:  # noqa: A001
    """The resources, sorted by kind and address, and what CloudWatch cannot say or would refuse."""
    from sereno.vendors.cloudwatch.compiler import compiled

    return compiled(system)
