"""From live back to YAML: nothing to plan after it, and what cannot be said is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from sereno.language import load_system
from sereno.language.model import System
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import compile as compiled
from sereno.vendors.cloudwatch.client import Calls, Pace
from sereno.vendors.cloudwatch.fake import Fake
from sereno.vendors.cloudwatch.forms import TERMS
from sereno.vendors.cloudwatch.importing import imported, written
from sereno.vendors.cloudwatch.live import CloudWatch
from sereno.vendors.plan import plan
from tests.vendors.test_deploy import PROJECT, ROUTES, RUNBOOK, SIGNALS

MORE_SIGNALS = """\
---
apiVersion: sereno/v1
kind: Signals
metadata: {name: more}
spec:
  orders:
    unit: Count
    description: Orders.
    emittedBy: aws
    cloudwatch: {namespace: Shop, metric: Orders, dimensions: {stage: live}, stat: SampleCount}
  failed-percent: {unit: Percent, description: Of a hundred., expr: 100 * failed / orders}
"""
ALERTS = """\
apiVersion: sereno/v1
kind: Alert
metadata: {name: failing, labels: {team: shop}}
spec:
  {description: Orders fail., service: shop, signal: failed, op: gt, threshold: 5, period: 1m,
   datapoints: 2 of 3, missing: notBreaching, severity: page, runbook: everything, whenResolved: true}
---
apiVersion: sereno/v1
kind: Alert
metadata: {name: share}
spec:
  {description: Many orders fail., service: shop, signal: failed-percent, op: gte, threshold: 4.5, period: 5m,
   datapoints: 1 of 1, missing: ignore, severity: ticket, runbook: everything, inhibitedBy: [failing],
   guard: {signal: orders, atLeast: 23}}
---
apiVersion: sereno/v1
kind: Alert
metadata: {name: quiet}
spec:
  {description: Nobody orders., service: shop, expr: (orders - failed) * 2, op: lt, threshold: 1, period: 2m,
   datapoints: 5 of 5, missing: breaching, severity: ticket, runbook: everything,
   inhibitedBy: [failing, share]}
---
apiVersion: sereno/v1
kind: Alert
metadata: {name: odd}
spec:
  {description: Oddly many orders., service: shop, signal: orders, period: 5m, datapoints: 2 of 4,
   anomaly: {deviations: 2.5, direction: above}, severity: ticket, runbook: everything}
---
apiVersion: sereno/v1
kind: Alert
metadata: {name: odd-share}
spec:
  {description: An odd share fails., service: shop, expr: failed / orders, period: 5m, datapoints: 2 of 4,
   anomaly: {deviations: 3}, severity: ticket, runbook: everything}
"""


def project(root: Path, signals: str, alerts: str) -> System:
    for folder in ("slo", "alerts", "runbooks"):
        (root / folder).mkdir(parents=True)
    (root / "sereno.yaml").write_text(PROJECT.format(name="x"))
    (root / "alerts" / "routes.yaml").write_text(ROUTES)
    (root / "runbooks" / "everything.md").write_text(
        RUNBOOK.format(names="failing, share, quiet, odd, odd-share")
    )
    (root / "slo" / "signals.yaml").write_text(signals)
    (root / "alerts" / "shop.yaml").write_text(alerts)
    system, problems = load_system(root, "test")
    assert system is not None, problems
    return system


def test_import_build_plan_no_change(tmp_path: Path) -> None:
    fake = Fake()
    cloudwatch = CloudWatch(Calls(fake), Pace(0), "eu-west-1")
    before = project(tmp_path / "a", SIGNALS + MORE_SIGNALS, ALERTS)
    list(cloudwatch.apply(plan(compiled(before)[0], cloudwatch.read(before), TERMS)))

    found = imported(list(cloudwatch.named("shop-test-")), "shop-test-")
    files = written(found)
    service = SIGNALS.partition("---\n")[2]
    signals = f"{files['slo/imported-signals.yaml']}---\n{service}"
    after = project(tmp_path / "b", signals, files["alerts/imported.yaml"])

    assert found.left_out == []
    assert plan(compiled(after)[0], cloudwatch.read(after), TERMS) == ()


def alarm(name: str, **body: Any) -> Resource:
    whole = {
        "AlarmName": name,
        "Namespace": "Theirs",
        "MetricName": "Errors",
        "Dimensions": [{"Name": "f", "Value": "x"}],
        "Period": 300,
        "Statistic": "Sum",
        "EvaluationPeriods": 2,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    return Resource("metric-alarm", name, {k: v for k, v in {**whole, **body}.items() if v is not None})


def test_an_alarm_of_others_becomes_an_alert_and_a_signal() -> None:
    files = written(imported([alarm("Prod: Errors (5 min)"), alarm("second")], ""))
    alerts = list(yaml.safe_load_all(files["alerts/imported.yaml"]))

    assert alerts[0]["metadata"] == {"name": "prod-errors-5-min"}
    assert alerts[0]["spec"] == {
        "description": "prod-errors-5-min",
        "service": "imported",
        "signal": "prod-errors-5-min",
        "period": "300s",
        "op": "gt",
        "threshold": 1,
        "datapoints": "2 of 2",
        "missing": "missing",
        "severity": "ticket",
    }
    assert alerts[1]["spec"]["signal"] == "prod-errors-5-min"


def test_what_cannot_be_said_is_told() -> None:
    asked = {"Metric": {"Namespace": "N", "MetricName": "M"}, "Period": 60, "Stat": "Sum"}
    rate = [
        {"Id": "e", "Expression": "RATE(m)", "ReturnData": True},
        {"Id": "m", "MetricStat": asked, "ReturnData": False},
    ]
    resources = [
        alarm("band", Threshold=None, ThresholdMetricId="t"),
        alarm("rate", Metrics=rate, MetricName=None),
        Resource("composite-alarm", "both", {"AlarmName": "both", "AlarmRule": "ALARM(a)"}),
    ]

    assert imported(resources, "").left_out == [
        "metric-alarm band: it compares neither with a number nor with an anomaly band",
        "metric-alarm rate: its expression has more than + - * / over metrics",
        "composite-alarm both: a composite is what `inhibitedBy` or an SLO's policies make",
    ]


def test_a_dashboard_of_plain_widgets() -> None:
    widgets = [
        {"type": "text", "x": 0, "y": 0, "width": 24, "height": 2, "properties": {"markdown": "# Shop"}},
        {
            "type": "metric",
            "x": 6,
            "y": 2,
            "width": 6,
            "height": 4,
            "properties": {
                "title": "Orders",
                "period": 60,
                "stat": "Sum",
                "metrics": [
                    ["Shop", "Orders", "stage", "live"],
                    [".", "Failed", ".", ".", {"stat": "Maximum"}],
                ],
            },
        },
        {"type": "log", "x": 0, "y": 2, "properties": {"title": "Logs"}},
    ]
    body = {"DashboardName": "Shop", "DashboardBody": {"widgets": widgets}}
    found = imported([Resource("dashboard", "Shop", body)], "")

    assert found.dashboards[0]["spec"]["rows"] == [
        [{"kind": "text", "width": 24, "height": 2, "text": "# Shop"}],
        [
            {
                "kind": "timeseries",
                "title": "Orders",
                "width": 6,
                "height": 4,
                "signals": ["orders", "failed"],
                "period": "60s",
            }
        ],
    ]
    assert found.signals["failed"]["cloudwatch"] == {
        "namespace": "Shop",
        "metric": "Failed",
        "dimensions": {"stage": "live"},
        "stat": "Maximum",
    }
    assert found.left_out == ["dashboard shop, widget `Logs`: there is no panel for `log`"]
