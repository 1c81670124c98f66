"""Datadog: a System as SLOs, monitors, dashboards and downtimes. Pure; `client.py` does the I/O."""

from __future__ import annotations

from sereno.language.model import System
from sereno.language.problem import Problem
from sereno.vendors.backend import Resource


def compile(system: System) -> tuple[tuple[Resource, ...], tuple[Problem, ...]]:  # noqa: A001
    """The resources, sorted by kind and address; what Datadog cannot say, refuses, or takes differently."""
    from sereno.vendors.datadog.compiler import compiled

    return compiled(system)
