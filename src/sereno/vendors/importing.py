"""What is live as documents, whatever vendor it came from, and the files they are written to. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sereno.language import names
from sereno.language.load import VARIABLE
from sereno.language.model import System
from sereno.language.problem import NOWHERE, Span
from sereno.language.text import BARE, NULLS

Doc = dict[str, Any]
SERVICE = "imported"


@dataclass(frozen=True, slots=True)
class Imported:
    """Documents by kind, and what was left out and why; and the names and sources that are there already."""

    signals: Doc = field(default_factory=dict)
    alerts: list[Doc] = field(default_factory=list)
    dashboards: list[Doc] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    sources: dict[str, str] = field(default_factory=dict)  # what a signal reads, and its name


@dataclass(frozen=True, slots=True)
class Here:
    """What the project that imports declares already.

    `places` are by word and name: `alert/NAME`, and so of dashboards, SLOs, signals and services. `live` has
    of an alert or a dashboard, by its word and its live name (`alert/shop-prod-alert-x`), its key there.
    """

    project: str = ""
    places: Mapping[str, Span] = field(default_factory=dict)
    live: Mapping[str, str] = field(default_factory=dict)

    def all_of(self, word: str) -> list[str]:
        """The names of what is declared of `alert`, `signal` ..."""
        return [key.removeprefix(f"{word}/") for key in self.places if key.startswith(f"{word}/")]

    def left_out(self, declared: Iterable[tuple[str, str]]) -> list[str]:
        """A line a document, of (key in `places`, live name) of all that it makes."""
        of: dict[str, list[str]] = {}
        for key, live in declared:
            of.setdefault(key, []).append(live)
        return [
            f"{_called(key, live)}: this project declares it ({self.at(key)})" for key, live in of.items()
        ]

    def at(self, key: str) -> str:
        return f"{self.places[key].file}:{self.places[key].line}"


NOTHING = Here()


def _called(key: str, live: Sequence[str]) -> str:
    """An SLO by its own name, for it is of many parts; else by the live name, of several the plain one."""
    word, _, name = key.partition("/")
    return f"everything of SLO {name}" if word == "slo" else min(live, key=len)


def here(system: System) -> Here:
    """What a project declares for one environment, packs included."""
    declared = {
        **{names.alert(alert.name): alert.where for alert in system.alerts},
        **{names.dashboard(dashboard.name): dashboard.where for dashboard in system.dashboards},
    }
    others = {
        **{names.slo(slo.name): slo.where for slo in system.slos},
        **{f"signal/{name}": signal.where for name, signal in system.signals.items()},
        **{f"service/{name}": NOWHERE for name in system.services},
    }
    live = {f"{key.partition('/')[0]}/{names.live(system, key)}": key for key in declared}
    return Here(system.project, {**declared, **others}, live)


class Unsayable(ValueError):
    """Why the language cannot say it."""


def written(found: Imported) -> dict[str, str]:
    """File -> YAML; no file for what there is none of."""
    files = {}
    wanted = any(alert["spec"]["service"] == SERVICE for alert in found.alerts)
    if wanted and f"service/{SERVICE}" not in found.taken:
        spec = {"description": "What was live when it was imported; give each alert its own service."}
        service = {"apiVersion": "openslo/v1", "kind": "Service", "metadata": {"name": SERVICE}, "spec": spec}
        files["slo/imported-service.yaml"] = dumped([service])
    if found.signals:
        signals = {"apiVersion": "sereno/v1", "kind": "Signals", "metadata": {"name": SERVICE}}
        files["slo/imported-signals.yaml"] = dumped([{**signals, "spec": found.signals}])
    if found.alerts:
        files["alerts/imported.yaml"] = dumped(found.alerts)
    for dashboard in found.dashboards:
        files[f"dashboards/imported-{dashboard['metadata']['name']}.yaml"] = dumped([dashboard])
    return files


def dumped(documents: Sequence[Doc]) -> str:
    """As YAML that the language reads back to the same: what looks like a number to it is quoted."""
    import yaml

    base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

    class Quoting(base):  # type: ignore[misc]
        """Texts that some reader of YAML takes for something else stand in quotes."""

        def ignore_aliases(self, data: Any) -> bool:
            del data
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        style = '"' if BARE.fullmatch(value) or value in NULLS or not value.isprintable() else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    def real(dumper: yaml.SafeDumper, value: float) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:float", repr(value))

    Quoting.add_representer(str, text)
    Quoting.add_representer(float, real)
    plain = [escaped(document) for document in json.loads(json.dumps(documents))]
    return str(yaml.dump_all(plain, Dumper=Quoting, sort_keys=False, allow_unicode=True, width=110))


def escaped(value: Any) -> Any:
    """With `$${` for every `${`, in which the language would look for a variable."""
    if isinstance(value, dict):
        return {key: escaped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [escaped(inner) for inner in value]
    return VARIABLE.sub(lambda found: f"${found[0]}", value) if isinstance(value, str) else value
