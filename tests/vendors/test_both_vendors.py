"""docs/vendors.md: what each construct becomes on either vendor, written by compiling it for both."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sereno.language import names
from sereno.language.model import (
    Alert,
    Anomaly,
    Objective,
    Panel,
    Ratio,
    Route,
    System,
    Threshold,
    Window,
)
from sereno.language.problem import Problem
from sereno.vendors import cloudwatch, datadog
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import faults as cloudwatch_faults
from sereno.vendors.cloudwatch import limits as cloudwatch_limits
from sereno.vendors.datadog import faults as datadog_faults
from sereno.vendors.datadog import limits as datadog_limits
from tests.vendors.datadog.systems import BUDGETS, NIGHTS, STAGE, on_datadog
from tests.vendors.systems import AVAILABILITY, DASHBOARD, DLQ, FAILED, LATENCY, PAGE_FAST, SHOP, SLOW, TICKET

DOCS = Path(__file__).parents[2] / "docs" / "vendors.md"
RENEW = os.environ.get("SERENO_GOLDEN") == "1"
SIGNS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}
BAD = Ratio(total="orders", bad="orders-failed")


def slo(**changes: Any) -> System:
    """An SLO alone, with one page policy unless said."""
    return replace(
        SHOP, slos=(replace(AVAILABILITY, **{"policies": (PAGE_FAST,), **changes}),), alerts=(), dashboards=()
    )


def alert(of: Alert = DLQ, **changes: Any) -> System:
    """An alert alone."""
    return replace(
        SHOP, slos=(), alerts=(replace(of, inhibited_by=(), guard=None, **changes),), dashboards=()
    )


def panel(kind: Any, **changes: Any) -> System:
    """A panel alone, over what it needs."""
    one = Panel(kind=kind, title="T", width=24, height=6, **changes)
    return replace(
        SHOP,
        slos=(replace(LATENCY, policies=(PAGE_FAST,)),) if kind in ("slo", "burn") else (),
        alerts=(DLQ,) if kind == "alerts" else (),
        dashboards=(replace(DASHBOARD, rows=((one,),)),),
    )


def with_variable(system: System) -> System:
    (dashboard,) = system.dashboards
    return replace(system, dashboards=(replace(dashboard, variables=(STAGE,)),))


def count(op: str, threshold: str, m: int, n: int, missing: str = "notBreaching") -> System:
    return alert(
        signal="orders",
        op=op,
        threshold=Decimal(threshold),
        datapoints=m,
        evaluation_periods=n,
        missing=missing,
    )


def sliced(seconds: int) -> tuple[Objective, ...]:
    return (
        Objective(
            name="",
            target=Decimal("0.99"),
            indicator=BAD,
            slice_seconds=seconds,
            slice_target=Decimal("0.95"),
        ),
    )


def threshold() -> tuple[Objective, ...]:
    return (
        Objective(
            name="",
            target=Decimal("0.99"),
            indicator=Threshold(signal="latency", op="lte", value=Decimal(270)),
        ),
    )


GUARDED = replace(SHOP, slos=(), alerts=(replace(FAILED, when_resolved=False),), dashboards=())
GUARDED_ALWAYS = replace(GUARDED, alerts=(replace(GUARDED.alerts[0], datapoints=5),))
INHIBITED = replace(
    SHOP, slos=(), alerts=(DLQ, replace(SLOW, inhibited_by=("dlq-not-empty",))), dashboards=()
)
SILENT_INHIBITED = replace(
    INHIBITED, alerts=(DLQ, replace(INHIBITED.alerts[1], missing="breaching", datapoints=4))
)
MUTED = replace(alert(), routes=Route(receiver="on-call", mutes=(NIGHTS,)))
WEEKS = Window(seconds=28 * 86_400, text="28d")
THREE_DAYS = replace(TICKET, name="ticket-1x-3d", burn=Decimal(1), long=259_200, short=21_600)

# What is written, and a System of nothing else.
SLOS: Mapping[str, System] = {
    "SLO, `ratioMetric` of bad and total, one page policy": slo(),
    "SLO, `ratioMetric` of good and total": replace(
        SHOP, slos=(replace(LATENCY, policies=(PAGE_FAST,)),), alerts=(), dashboards=()
    ),
    "a ticket policy beside the page policy": slo(policies=(PAGE_FAST, TICKET)),
    "SLO, `thresholdMetric`": slo(objectives=threshold()),
    "`budgetingMethod: Timeslices`, slices of 5 minutes": slo(budgeting="Timeslices", objectives=sliced(300)),
    "`budgetingMethod: RatioTimeslices`": slo(budgeting="RatioTimeslices", objectives=sliced(300)),
    "a composite SLO": slo(composite=True),
    "`timeWindow: 28d`": slo(window=WEEKS),
    "a policy over 3 days": slo(policies=(THREE_DAYS,)),
    "BudgetPolicy, `{budgetLeft: 0.25, action: warn, notify: ticket}`": replace(
        slo(policies=()), budget_policies=(replace(BUDGETS, rules=BUDGETS.rules[:1]),)
    ),
}
ALERTS: Mapping[str, System] = {
    "Alert, `datapoints: 1 of 1`": alert(),
    "Alert, `datapoints: 3 of 3`": count("gt", "7", 3, 3),
    "Alert, `datapoints: 1 of 5`": count("gt", "7", 1, 5),
    "Alert, `datapoints: 3 of 15` of a count": count("gt", "0", 3, 15),
    "Alert, `datapoints: 3 of 5` of anything else": alert(datapoints=3, evaluation_periods=5),
    "Alert on a percentile, `datapoints: 2 of 2` of 5 minutes": alert(
        SLOW, datapoints=2, evaluation_periods=2
    ),
    "`missing: breaching` of a count that must not be low": count("lt", "1", 5, 5, "breaching"),
    "`missing: breaching` of anything else": alert(missing="breaching"),
    "`missing: ignore` of a count": count("gt", "7", 1, 1, "ignore"),
    "a low-traffic `guard`": GUARDED,
    "a low-traffic `guard` of `datapoints: 5 of 5`": GUARDED_ALWAYS,
    "`anomaly: {deviations: 2, direction: above}`": alert(
        anomaly=Anomaly(deviations=Decimal(2), direction="above")
    ),
    "`inhibitedBy` another alert": INHIBITED,
    "`missing: breaching` of an alert that another inhibits": SILENT_INHIBITED,
    "`whenResolved: true`": alert(when_resolved=True),
    "a mute window of a route": MUTED,
}
PANELS: Mapping[str, System] = {
    "panel `text`": panel("text", text="x"),
    "panel `timeseries`": panel("timeseries", signals=("orders",)),
    "panel `number`": panel("number", signals=("orders",)),
    "panel `slo`": panel("slo", slos=("orders-latency",)),
    "panel `burn`": panel("burn", slos=("orders-latency",)),
    "panel `alerts`": panel("alerts", alerts=("dlq-not-empty",)),
    "panel of a dashboard with `variables`": with_variable(panel("timeseries", signals=("orders",))),
}


def on_cloudwatch(resource: Resource) -> str:
    """One resource in a line: when it fires."""
    body = resource.body
    if resource.kind == "metric-alarm":
        times = f"{body['DatapointsToAlarm']} of {body['EvaluationPeriods']}"
        if "ThresholdMetricId" in body:
            return f"{banded(body)}, {times}, missing {body['TreatMissingData']}"
        compared = f"{SIGNS[body['ComparisonOperator']]} {body['Threshold']:g}"
        return f"{value(body)} {compared}, {times}, missing {body['TreatMissingData']}"
    if resource.kind == "composite-alarm":
        held = f", held back by {body['ActionsSuppressor']}" if "ActionsSuppressor" in body else ""
        return f"{body['AlarmRule']}{held}"
    if resource.kind == "mute-rule":
        schedule = body["Rule"]["Schedule"]
        return f"{schedule['Expression']} for {schedule['Duration']}, {schedule['Timezone']}"
    shown = body["DashboardBody"]
    chosen = "".join(f", choose {v['property']}" for v in shown.get("variables", ()))
    return ", ".join(str(w["properties"].get("view", w["type"])) for w in shown["widgets"]) + chosen


def banded(body: Mapping[str, Any]) -> str:
    """What an anomaly alarm compares with which band."""
    (band,) = [q["Expression"] for q in body["Metrics"] if q["Id"] == body["ThresholdMetricId"]]
    return f"{body['ComparisonOperator'].removesuffix('Threshold')} of {band}"


def value(body: Mapping[str, Any]) -> str:
    """What an alarm compares."""
    if "Metrics" not in body:
        stat = body.get("Statistic") or body.get("ExtendedStatistic")
        return f"{stat} of {body['MetricName']} over {names.window(body['Period'])}"
    (expression,) = [query["Expression"] for query in body["Metrics"] if query.get("ReturnData")]
    period = next(query["MetricStat"]["Period"] for query in body["Metrics"] if "MetricStat" in query)
    return f"{expression} over {names.window(period)}"


def on_datadog_line(resource: Resource) -> str:
    body = resource.body
    if "query" in body:
        missing = body["options"].get("on_missing_data")
        waits = body["options"].get("evaluation_delay")
        said = (f"missing {missing}" if missing else "", f"{waits} s later" if waits else "")
        return ", ".join([body["query"], *filter(None, said)])
    if "sli_specification" in body:
        return sli(body["sli_specification"])
    if resource.kind == "downtime":
        (recurrence,) = body["schedule"]["recurrences"]
        rule = f"{recurrence['rrule']} at {recurrence['start']} for {recurrence['duration']}"
        return f"{rule}, {body['schedule']['timezone']}"
    chosen = "".join(f", ${v['name']} for {v['prefix']}:..." for v in body.get("template_variables", ()))
    return ", ".join(widget(w) for w in body["widgets"]) + chosen


def sli(specification: Mapping[str, Any]) -> str:
    if "count" in specification:
        formulas = {k: v["formula"] for k, v in specification["count"].items() if k != "queries"}
        return "; ".join(f"{name.partition('_')[0]}: {formula}" for name, formula in formulas.items())
    of = specification["time_slice"]
    formula = of["query"]["formulas"][0]["formula"]
    return f"good: {formula} {of['comparator']} {of['threshold']:g} over {of['query_interval_seconds']} s"


def widget(of: Mapping[str, Any]) -> str:
    inner = of["definition"].get("widgets")
    return of["definition"]["type"] + (f" of {', '.join(widget(w) for w in inner)}" if inner else "")


def cell(resources: Iterable[Resource], line: Any, problems: Iterable[Problem]) -> str:
    """Every resource by kind; what cannot be said instead."""
    wrong = [f"**refused** ({p.code}): {p.help}" for p in problems if p.severity == "error"]
    made = [f"{resource.kind}: `{line(resource)}`" for resource in resources]
    return escaped("<br>".join(dict.fromkeys([*made, *wrong]))) or "nothing: the report counts it"


def escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def differs(problems: Iterable[Problem]) -> str:
    pages = {**cloudwatch_limits.explanations(), **datadog_limits.explanations()}
    told = [p.code for p in problems if p.severity == "warning"]
    found = [f"{pages[code].partition(chr(10))[0]} ({code})" for code in dict.fromkeys(told) if code in pages]
    return escaped("<br>".join(found))


def row(words: str, system: System) -> str:
    aws, aws_problems = cloudwatch.compile(system)
    dog, dog_problems = datadog.compile(on_datadog(system))
    shown = panel_only(aws, words), panel_only(dog, words)
    cells = (
        words,
        cell(shown[0], on_cloudwatch, aws_problems),
        cell(shown[1], on_datadog_line, dog_problems),
        "" if words.startswith("panel") else differs([*aws_problems, *dog_problems]),
    )
    return f"| {' | '.join(cells)} |\n"


def panel_only(resources: Iterable[Resource], words: str) -> list[Resource]:
    """Of a panel's System the dashboard; of an SLO's all but the no-data alert, which has its own line."""
    if words.startswith("panel"):
        return [r for r in resources if r.kind == "dashboard"]
    return [r for r in resources if not r.address.endswith("/no-data")]


def silence() -> str:
    """The line of the no-data alert."""
    aws, _ = cloudwatch.compile(slo())
    dog, _ = datadog.compile(on_datadog(slo()))
    mine = [[r for r in every if r.address.endswith("/no-data")] for every in (aws, dog)]
    cells = (cell(mine[0], on_cloudwatch, ()), cell(mine[1], on_datadog_line, ()))
    words = "the no-data alert of an SLO whose signals are `always`"
    return f"| {words} | {cells[0]} | {cells[1]} | ALARM there, No Data here; both notify |\n"


HEAD = """\
# What becomes of it on CloudWatch, and on Datadog

Every line was made by compiling the construct for both vendors: `make golden` writes this page anew. The last
column is what `sereno check` warns of; `sereno explain CODE` tells the whole of it. `${...}` stands for the
id that Datadog gives to what is made at that address.

What holds everywhere and so is in no line: on CloudWatch an alarm that is held back still shows ALARM, on
Datadog the composite that speaks is OK meanwhile. Datadog tells Alert, Warn and No Data apart; nothing of
ours warns. So a ticket whose pair burns first is told at once on Datadog, the page after it, and the
ticket again when the page is over and it still burns; CloudWatch waits two minutes for the page before it
tells a ticket (`ActionsSuppressorWaitPeriod`), and tells it once, after the page. On Datadog neither can
wait: a delay is an option of monitors over metrics, not of composites or of SLO alerts. Metrics of AWS
reach Datadog minutes late unless they come by a metric stream. Points longer than a minute begin by the
clock on Datadog, so a monitor of them waits until the newest is over.

A Datadog composite that comes to No Data stays as it was. So what it asks is never No Data: a signal whose
silence breaches has a monitor beside it that alerts in silence, and any other's is OK then.

A mute window is a start by the clock of its zone and a length, on either vendor. So one that spans a change
of clocks is two that overlap, the second from when the change is over: in no night does it hold longer than
the clock on the wall says. Where that cannot be said, `sereno check` names the night and what to write. In
the hour that comes twice, a window that ends less than two hours after it may be heard.

`sereno up`, `sereno demo` and `sereno drill` run on either: with `--backend datadog` the fake stands in place
of Datadog, and once a metric minute the engine judges the monitors as it holds them, edited, muted or under a
downtime. Who is named in a message is told, in the words that Datadog would send.

None of this has met the vendors' real services here: CloudWatch's side runs on two emulators and the engine,
Datadog's on the fake that ships (`sereno.vendors.datadog.fake`) and the engine.
"""
SYNTHETICS = """\
## Synthetic tests, on Datadog alone

Off unless an environment of `sereno.yaml` declares them. Datadog then makes the GET from its own locations,
and a monitor of it by itself, which tells whom the routes say for the test's severity and service:

```yaml
environments:
  prod:
    backend: datadog
    outputs: infra/outputs.json
    datadog:
      synthetics:
        get-users:
          description: GET /users is answered, seen from outside.
          url: "${api_url}/users?limit=1"
          locations: ["aws:eu-west-1", "aws:us-east-1"]
          failingLocations: 2        # of these at once
          every: 5m
          status: 200
          withinMs: 1000
          severity: page
          service: users-api
          runbook: get-availability
          sign: {accessKey: "{{ CANARY_ACCESS_KEY }}", secretKey: "{{ CANARY_SECRET_KEY }}"}
```

The API asks for a signature, so Datadog needs the keys of an IAM user that may do nothing but
`execute-api:Invoke` on this route. They are global variables of Synthetic Monitoring, obfuscated there, and
put in by hand or by whoever rotates them: what stands here is their names. `sereno check` refuses anything
else, and an address with a password or a token; no file that is built, no plan and no state holds them.
Their ids are asked for when a test is sent, so the keys of an apply need `synthetics_read`,
`synthetics_write` and `synthetics_global_variable_read`. The plan counts the runs of a month, which
Datadog bills.
"""
COLUMNS = "| written | CloudWatch | Datadog | differs |\n|---|---|---|---|\n"


def documentation() -> str:
    parts = [HEAD]
    for title, cases in (
        ("SLOs and burn rates", SLOS),
        ("Alerts and routes", ALERTS),
        ("Dashboards", PANELS),
    ):
        rows = "".join(row(words, system) for words, system in cases.items())
        parts.append(f"## {title}\n\n{COLUMNS}{rows}{silence() if cases is SLOS else ''}")
    return "\n".join([*parts, SYNTHETICS])


def test_golden_the_page_of_both_vendors() -> None:
    actual = documentation()
    if RENEW:
        DOCS.write_text(actual)

    assert DOCS.read_text() == actual


def test_every_difference_is_in_a_line_of_the_page() -> None:
    from sereno.vendors.datadog.differences import RULES

    code = datadog_limits.code
    elsewhere = {"dd-late-events", "dd-no-distribution"}  # of a metric, not of a construct
    assert [code(r) for r in RULES if code(r) not in elsewhere and code(r) not in documentation()] == []


def test_what_either_vendor_refuses_is_said_with_the_way_out() -> None:
    assert documentation().count("**refused**") == 7


@pytest.mark.parametrize("faults", [cloudwatch_faults, datadog_faults], ids=["CloudWatch", "Datadog"])
def test_every_fault_of_a_vendor_is_explained(faults: ModuleType) -> None:
    defined = [
        f for _, f in inspect.getmembers(faults, inspect.isfunction) if f.__module__ == faults.__name__
    ]

    assert {f.__name__ for f in defined} == {rule.__name__ for rule in faults.RULES}
