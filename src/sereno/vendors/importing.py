"""What is live as documents, whatever vendor it came from, and the files they are written to. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Doc = dict[str, Any]
SERVICE = "imported"


@dataclass(frozen=True, slots=True)
class Imported:
    """Documents by kind, and what was left out and why."""

    signals: Doc = field(default_factory=dict)
    alerts: list[Doc] = field(default_factory=list)
    dashboards: list[Doc] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


class Unsayable(ValueError):
    """Why the language cannot say it."""


def written(found: Imported) -> dict[str, str]:
    """File -> YAML; no file for what there is none of."""
    import yaml

    def dumped(documents: Sequence[Doc]) -> str:
        plain = json.loads(json.dumps(documents))
        return str(yaml.safe_dump_all(plain, sort_keys=False, allow_unicode=True, width=110))

    files = {}
    if found.signals:
        signals = {"apiVersion": "sereno/v1", "kind": "Signals", "metadata": {"name": SERVICE}}
        files["slo/imported-signals.yaml"] = dumped([{**signals, "spec": found.signals}])
    if found.alerts:
        files["alerts/imported.yaml"] = dumped(found.alerts)
    for dashboard in found.dashboards:
        files[f"dashboards/imported-{dashboard['metadata']['name']}.yaml"] = dumped([dashboard])
    return files
