"""This repository's own YAML as CloudWatch's payloads: reviewed as a golden file, and judged by others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from sereno.language import load_system
from sereno.language.model import System
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import compile as compiled
from tests.golden_files import check_golden
from tests.vendors.systems import SHOP

ROOT = Path(__file__).parents[2]
OPERATIONS = {
    "metric-alarm": ("PutMetricAlarm", "AWS::CloudWatch::Alarm"),
    "composite-alarm": ("PutCompositeAlarm", "AWS::CloudWatch::CompositeAlarm"),
    "dashboard": ("PutDashboard", "AWS::CloudWatch::Dashboard"),
}


def own() -> System:
    system, _ = load_system(ROOT, "local", "cloudwatch")
    assert system is not None
    return system


@pytest.fixture(scope="module")
def resources() -> tuple[Resource, ...]:
    mine, problems = compiled(own())
    assert problems == ()
    return (*mine, *compiled(SHOP)[0])


def sent(resource: Resource) -> dict[str, Any]:
    """As the API takes it: a dashboard's body is text."""
    body = dict(resource.body)
    if resource.kind == "dashboard":
        body["DashboardBody"] = json.dumps(body["DashboardBody"])
    return body


def line(resource: Resource) -> str:
    """One alarm in a line that can be reviewed: when, of what, over which time, and who is told."""
    body = resource.body
    told = (
        " -> " + ", ".join(arn.rpartition(":")[2] for arn in body.get("AlarmActions", ()))
        if "AlarmActions" in body
        else ""
    )
    if resource.kind == "composite-alarm":
        by = f" unless {body['ActionsSuppressor']}" if "ActionsSuppressor" in body else ""
        return f"{resource.address}: {body['AlarmRule']}{by}{told}"
    if resource.kind == "dashboard":
        return f"{resource.address}: {len(body['DashboardBody']['widgets'])} widgets"
    math = [q["Expression"] for q in body.get("Metrics", ()) if "Expression" in q]
    stats = [q["MetricStat"] for q in body.get("Metrics", ()) if "MetricStat" in q] or [
        {
            "Metric": body,
            "Stat": body.get("Statistic", body.get("ExtendedStatistic")),
            "Period": body.get("Period"),
        }
    ]
    read = ", ".join(f"{s['Metric']['Namespace']} {s['Metric']['MetricName']} {s['Stat']}" for s in stats)
    of = f"{body['DatapointsToAlarm']} of {body['EvaluationPeriods']} x {stats[0]['Period']} s"
    condition = f"{body['ComparisonOperator']} {body['Threshold']}"
    return f"{resource.address}: {' '.join(math) or read} {condition}, {of}, {body['TreatMissingData']}{told}"


def test_golden_this_repository() -> None:
    check_golden("cloudwatch/users.txt", "".join(f"{line(resource)}\n" for resource in compiled(own())[0]))


def test_the_sdk_takes_every_payload(resources: tuple[Resource, ...]) -> None:
    model = get_session().get_service_model("cloudwatch")
    validator = ParamValidator()
    reports = [
        validator.validate(
            sent(r), model.operation_model(OPERATIONS[r.kind][0]).input_shape
        ).generate_report()
        for r in resources
    ]

    assert [report for report in reports if report] == []


def test_cloudformation_takes_every_payload(resources: tuple[Resource, ...]) -> None:
    from cfnlint.api import lint_all

    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            f"R{n}": {"Type": OPERATIONS[r.kind][1], "Properties": sent(r)} for n, r in enumerate(resources)
        },
    }

    # Its informational rules (I...) are about documentation inside templates.
    assert [f"{m.rule.id} {m.message}" for m in lint_all(json.dumps(template)) if m.rule.id[0] != "I"] == []
