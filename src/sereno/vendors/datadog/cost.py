"""What Datadog counts for the bill, as far as it is public: custom metrics. No price is in here.

SLOs, monitors, dashboards and downtimes are not billed each. A custom metric is a name with one combination
of tags; a distribution counts as five, and as five more where percentiles are taken of it.
https://docs.datadoghq.com/account_management/billing/custom_metrics/
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sereno.language.model import System
from sereno.vendors.backend import Change, Resource
from sereno.vendors.datadog import query
from sereno.vendors.datadog.synthetics import runs

DISTRIBUTION, PERCENTILES = 5, 5
DATED = "2026-06"


def custom_metrics(system: System) -> int:
    """Those that the signals read and no integration brings, one combination of tags each."""
    read: dict[tuple[str, tuple[str, ...]], int] = {}
    for signal in system.signals.values():
        for metric in _metrics(signal.datadog.query) if signal.datadog else ():
            if not metric.name.startswith("aws."):
                key = metric.name, metric.scope
                read[key] = max(read.get(key, 1), _counted(metric))
    return sum(read.values())


def _metrics(text: str) -> Iterable[query.Metric]:
    try:
        return list(query.metrics(query.parse_metrics(text)))
    except query.QueryFault:
        return ()


def _counted(metric: query.Metric) -> int:
    return DISTRIBUTION + PERCENTILES if metric.aggregator.startswith("p") else 1


def latest(resources: Iterable[Resource]) -> int:
    """Seconds that the last of the monitors waits for its metrics."""
    delays = [resource.body.get("options", {}).get("evaluation_delay") or 0 for resource in resources]
    return max((int(delay) for delay in delays), default=0)


def summary(system: System, live: Sequence[Resource], changes: Sequence[Change]) -> str:
    """What is counted, and how late the monitors look."""
    late = latest([*live, *(change.resource for change in changes if change.verb != "delete")])
    waits = f"monitors of AWS metrics look {late} s back (evaluation_delay)\n" if late else ""
    count = custom_metrics(system)
    priced = "at the price of your contract; Datadog does not bill SLOs, monitors and dashboards each"
    dated = f"(as of {DATED}: https://www.datadoghq.com/pricing/)"
    return f"{waits}{_tested(live, changes)}{count} custom metrics, {priced}\n{dated}\n"


def _tested(live: Sequence[Resource], changes: Sequence[Change]) -> str:
    """How often synthetic tests will run, and do now: Datadog bills API tests by the run."""
    now = {r.address: r for r in live if r.kind == "synthetics-test"}
    then = dict(now)
    for change in (c for c in changes if c.resource.kind == "synthetics-test"):
        then.pop(change.resource.address, None)
        then |= {} if change.verb == "delete" else {change.resource.address: change.resource}
    if not now and not then:
        return ""
    before, after = runs(now.values()), runs(then.values())
    so_far = f" ({before:,} now)" if before != after else ""
    return f"{after:,} runs of synthetic tests a month{so_far}, billed by the run\n"
