"""The no-data alert of an SLO: silence is never health."""

from __future__ import annotations

from sereno.language import names, routes
from sereno.language.model import Slo, System
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import metrics, parts
from sereno.vendors.datadog.alerts import delay
from sereno.vendors.datadog.evaluation import last
from sereno.vendors.readings import leaves, signals_of
from sereno.vendors.subjects import tells_of_data_again

SILENT = 600  # seconds: CloudWatch judges eight minutes, and looks at two before them


def compile_silence(system: System, slo: Slo) -> parts.Compiled:
    """One monitor for the signals of an SLO that must always have data; none where nothing promises it.

    How often each spoke is multiplied minute by minute: where one is silent, there is no product, and a
    window without any is No Data. It is never below 0, whatever the signals are, so nothing else alerts.
    """
    wanted = [name for objective in slo.objectives for name in signals_of(objective)]
    if metrics.unreadable(system, wanted, slo.where):
        return (), ()
    promised = [leaf for leaf in leaves(system.signals, wanted) if system.signals[leaf].always]
    if not promised:
        return (), ()
    who = parts.told(system, routes.slo_labels(system, slo, "ticket"), (), True, slo.where)
    return (_silence(system, slo, promised, who.handles),), who.problems


def _silence(system: System, slo: Slo, promised: list[str], told: tuple[str, ...]) -> Resource:
    address = names.silence(slo.name)
    lead = (
        f"{', '.join(promised)} stopped sending data, so {slo.display_name or slo.name} is not measured:"
        " green means nothing now. A renamed metric, a stopped canary or a broken emitter does this."
    )
    labels = parts.labels_of(slo.labels, owner=slo.owner, service=slo.service, severity="ticket")
    late = delay(system, promised)
    of = parts.Monitor(
        address=address,
        name=f"{slo.display_name or slo.name}: no data",
        query=f"max({last(SILENT)}):{metrics.samples(system, promised)} < 0",
        text=parts.message(
            lead,
            parts.slo_facts(system, slo, "ticket"),
            parts.handles(told, when_resolved=tells_of_data_again(slo), states=("is_no_data",)),
        ),
        tags=parts.tags(system, address, {**labels, "slo": slo.name}),
        options={
            "thresholds": {"critical": 0.0},
            "on_missing_data": "show_and_notify_no_data",
            "require_full_window": False,
            **({"evaluation_delay": late} if late else {}),
        },
        assets=parts.runbook(system, slo.runbook),
        severity="ticket",
    )
    return parts.monitor("monitor", "query alert", of, slo.where)
