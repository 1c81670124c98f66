"""The report as OpenMetrics text, for a push gateway or a file collector.

A figure without data has no sample: absent, never 0 (https://prometheus.io/docs/specs/om/).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Final

from sereno.report.model import Report, SloReport, State

_STATES: Final[tuple[State, ...]] = ("met", "at_risk", "breached", "no_data")
_GAUGES: Final[tuple[tuple[str, str, Callable[[SloReport], Fraction | None]], ...]] = (
    ("target", "Share of good that is aimed at.", lambda s: s.target),
    ("attainment", "Share of good in the window.", lambda s: s.attainment),
    ("budget_left", "Share of the error budget left; below 0 overspent.", lambda s: s.budget_left_ratio),
    ("coverage", "Share of the window that has data.", lambda s: s.coverage),
)


def render(report: Report) -> str:
    gauges = (line for gauge in _GAUGES for line in _gauge(report, *gauge))
    return "\n".join([*gauges, *_burns(report), *_states(report), "# EOF"]) + "\n"


def _gauge(report: Report, word: str, text: str, figure: Callable[[SloReport], Fraction | None]) -> list[str]:
    name = f"sereno_slo_{word}_ratio"
    figures = ((line, figure(line)) for line in report.slos)
    samples = [f"{name}{_labels(report, line)} {float(v)!r}" for line, v in figures if v is not None]
    return [f"# TYPE {name} gauge", f"# UNIT {name} ratio", f"# HELP {name} {text}", *samples]


def _burns(report: Report) -> list[str]:
    name = "sereno_slo_burn_rate"
    return [
        f"# TYPE {name} gauge",
        f"# HELP {name} Budget speed: 1 spends the budget in exactly the window.",
        *(
            f"{name}{_labels(report, line, window=f'{burn.seconds}s')} {float(burn.rate)!r}"
            for line in report.slos
            for burn in line.burns
            if burn.rate is not None
        ),
    ]


def _states(report: Report) -> list[str]:
    name = "sereno_slo_state"
    return [
        f"# TYPE {name} stateset",
        f"# HELP {name} What the budget says.",
        *(
            f"{name}{_labels(report, line, **{name: state})} {int(line.state == state)}"
            for line in report.slos
            for state in _STATES
        ),
    ]


def _labels(report: Report, line: SloReport, **more: str) -> str:
    labels = {
        "project": report.project,
        "environment": report.environment,
        "service": line.slo.service,
        "slo": line.name,
        **({"objective": line.objective} if line.objective else {}),
        **more,
    }
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
