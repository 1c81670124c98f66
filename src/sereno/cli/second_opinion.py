"""Beside the arithmetic of an SLO, what Datadog itself says of it: the one vendor that keeps SLOs of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sereno.report.model import SloReport
    from sereno.vendors.datadog.history import Standing


def lines(found: Sequence[SloReport], env: str, project: Path | None, endpoint: str | None) -> Iterator[str]:
    """A line for each objective; none where the data are not Datadog's."""
    from sereno.cli.project import find
    from sereno.language import load_system, names

    system, _ = load_system(find(project), env)
    if system is None or system.environment.backend != "datadog":
        return
    there = endpoint or system.environment.endpoint
    if env == "local" and not there:
        return
    from sereno.vendors.datadog.client import connect

    addressed = {names.slo(line.name, line.objective): line for line in found}
    period = found[0].period
    said = connect(system, there).standing(addressed, period.start, period.end)
    for address, line in addressed.items():
        yield f"  Datadog     {_said(said.get(address))}" + (f" ({line.objective})" if line.objective else "")


def _said(standing: Standing | object) -> str:
    from sereno.vendors.datadog.history import Standing

    if not isinstance(standing, Standing):
        return f"does not say: {getattr(standing, 'reason', 'it has no such SLO')}"
    if standing.good is None:
        return "counted nothing"
    left = "" if standing.left is None else f", {_short(standing.left)} % of its budget left"
    counts = "" if standing.counted is None else f"; {' of '.join(map(_short, standing.counted))} good"
    return f"says {_short(standing.good)} %{left}{counts}"


def _short(value: Decimal) -> str:
    """To three decimals, as Datadog shows it."""
    return f"{round(value, 3).normalize():f}"
