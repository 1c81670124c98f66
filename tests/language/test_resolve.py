"""What OpenSLO documents mean: exact numbers, followed references, and burn-rate pairs."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
import yaml

from sereno.language.load import Loaded, Variables, read_documents
from sereno.language.model import (
    BurnPair,
    CloudWatchMetric,
    DatadogMetric,
    Environment,
    Ratio,
    RawRatio,
    Runbook,
    Slo,
    System,
    Threshold,
    Window,
)
from sereno.language.problem import Problem
from sereno.language.resolve import resolve
from sereno.language.resolve.context import Context
from tests.language.openslo_documents import document

SIGNALS = """\
apiVersion: sereno/v1
kind: Signals
metadata: {name: base}
spec:
  good: {unit: Count, description: Good., always: true, cloudwatch: {namespace: Base, metric: Good}}
  total: {unit: Count, description: Total., always: true, cloudwatch: {namespace: Base, metric: Total}}
  depth: {unit: Count, description: Depth., cloudwatch: {namespace: Base, metric: Depth, stat: Maximum}}
---
apiVersion: sereno/v1
kind: Routes
metadata: {name: base}
spec:
  receivers:
    on-call: {description: Wakes someone.}
    boss: {description: Is told.}
  route: {receiver: on-call}
---
apiVersion: openslo/v1
kind: Service
metadata: {name: web, annotations: {sereno.dev/owner: web-team}}
"""


def signal(name: str) -> dict[str, Any]:
    return {"metricSource": {"type": "Signal", "spec": {"signal": name}}}


def raw(kind: str, **spec: Any) -> dict[str, Any]:
    return {"metricSource": {"type": kind, "spec": spec}}


def slo_document(sli: dict[str, Any], objective: dict[str, Any], **more: Any) -> dict[str, Any]:
    spec = {
        "service": "web",
        "indicator": {"metadata": {"name": "share"}, "spec": sli},
        "timeWindow": [{"duration": "30d", "isRolling": True}],
        "budgetingMethod": "Occurrences",
        "objectives": [objective],
        **more,
    }
    made = document("SLO", {k: v for k, v in spec.items() if v is not None})
    return {**made, "metadata": {"name": "answers"}}


def resolved(*trees: dict[str, Any]) -> tuple[System, list[Problem]]:
    into = Loaded()
    text = SIGNALS + "---\n" + yaml.safe_dump_all(trees, sort_keys=False)
    read_documents(text.encode(), "x.yaml", Variables({}), into)
    book = Runbook(name="answers", path="runbooks/answers.md", title="A", text="It is late.", url="")
    environment = Environment(name="local", backend="cloudwatch", region="us-east-1", variables={})
    context = Context(
        project="p", environment=environment, documents=into.documents, runbooks={"answers": book}
    )
    system = resolve(context)
    return system, into.problems + context.problems


def slo_of(*trees: dict[str, Any]) -> Slo:
    system, problems = resolved(*trees)
    assert [p.message for p in problems] == []
    return system.slos[0]


GOOD_OF_TOTAL = {"ratioMetric": {"good": signal("good"), "total": signal("total")}}


def test_a_ratio_of_signals() -> None:
    slo = slo_of(slo_document(GOOD_OF_TOTAL, {"target": 0.995}))
    objective = slo.objectives[0]
    assert objective.indicator == Ratio(total="total", good="good")
    assert (objective.target, objective.budget) == (Decimal("0.995"), Fraction(1, 200))
    assert (slo.owner, slo.runbook, slo.composite) == ("web-team", "answers", False)


def test_a_target_in_percent_is_the_same_number_exactly() -> None:
    slo = slo_of(slo_document(GOOD_OF_TOTAL, {"targetPercent": 99.95}))
    assert slo.objectives[0].target == Decimal("0.9995")


def test_bad_of_total() -> None:
    sli = {"ratioMetric": {"bad": signal("depth"), "total": signal("total")}}
    assert slo_of(slo_document(sli, {"target": 0.9})).objectives[0].indicator == Ratio(
        total="total", bad="depth"
    )


def test_a_raw_share_of_failure() -> None:
    sli = {"ratioMetric": {"rawType": "failure", "raw": signal("depth")}}
    found = slo_of(slo_document(sli, {"target": 0.9})).objectives[0].indicator
    assert found == RawRatio(raw="depth", success=False)


def test_a_threshold_takes_its_operator_and_value_from_the_objective() -> None:
    sli = {"thresholdMetric": signal("depth")}
    slo = slo_of(slo_document(sli, {"target": 0.9, "op": "lte", "value": 12.5}))
    assert slo.objectives[0].indicator == Threshold(signal="depth", op="lte", value=Decimal("12.5"))


def test_raw_sources_become_signals_of_their_own() -> None:
    sli = {
        "ratioMetric": {
            "good": raw(
                "CloudWatch", namespace="Base", metric="m", stat="TC(:300)", dimensions={"b": "2", "a": "1"}
            ),
            "total": raw("Datadog", query="sum:t{*}.as_count()"),
        }
    }
    system, problems = resolved(slo_document(sli, {"target": 0.9}))
    assert problems == []
    assert system.slos[0].objectives[0].indicator == Ratio(total="slo/answers/total", good="slo/answers/good")
    assert system.signals["slo/answers/good"].cloudwatch == CloudWatchMetric(
        namespace="Base", metric="m", dimensions=(("a", "1"), ("b", "2")), stat="TC(:300)"
    )
    assert system.signals["slo/answers/total"].datadog == DatadogMetric(query="sum:t{*}.as_count()")


def test_a_source_without_a_type_has_that_of_its_data_source() -> None:
    source = {"metricSource": {"metricSourceRef": "store", "spec": {"query": "sum:a{*}"}}}
    sli = {"ratioMetric": {"good": source, "total": signal("total")}}
    store = document("DataSource", {"type": "Datadog", "connectionDetails": {"site": "eu"}})
    system, problems = resolved(slo_document(sli, {"target": 0.9}), {**store, "metadata": {"name": "store"}})
    assert problems == []
    assert system.signals["slo/answers/good"].datadog == DatadogMetric(query="sum:a{*}")


def test_an_indicator_by_reference() -> None:
    sli = {**document("SLI", GOOD_OF_TOTAL), "metadata": {"name": "share"}}
    slo = slo_of(slo_document({}, {"target": 0.9}, indicator=None, indicatorRef="share"), sli)
    assert slo.objectives[0].indicator == Ratio(total="total", good="good")


def test_a_composite_has_an_indicator_and_a_weight_an_objective() -> None:
    sli = {"metadata": {"name": "share"}, "spec": GOOD_OF_TOTAL}
    other = {
        "metadata": {"name": "deep"},
        "spec": {"ratioMetric": {"bad": signal("depth"), "total": signal("total")}},
    }
    objectives = [
        {"displayName": "Fast enough!", "target": 0.9, "indicator": sli, "compositeWeight": 2.5},
        {"displayName": "Fast enough?", "target": 0.8, "indicator": other},
    ]
    slo = slo_of(slo_document({}, {}, indicator=None, objectives=objectives))
    assert slo.composite
    assert [(o.name, o.weight) for o in slo.objectives] == [
        ("fast-enough", Decimal("2.5")),
        ("fast-enough-2", Decimal(1)),
    ]


def test_slices() -> None:
    objective = {"target": 0.9, "timeSliceTarget": 0.95, "timeSliceWindow": "5m"}
    slo = slo_of(slo_document(GOOD_OF_TOTAL, objective, budgetingMethod="Timeslices"))
    assert (slo.budgeting, slo.objectives[0].slice_seconds, slo.objectives[0].slice_target) == (
        "Timeslices",
        300,
        Decimal("0.95"),
    )


def test_a_calendar_window_is_nominally_as_long_as_the_sdk_says() -> None:
    calendar = {"startTime": "2024-01-01 00:00:00", "timeZone": "Europe/Madrid"}
    window = [{"duration": "1Q", "isRolling": False, "calendar": calendar}]
    assert slo_of(slo_document(GOOD_OF_TOTAL, {"target": 0.9}, timeWindow=window)).window == Window(
        seconds=90 * 86_400, text="1Q", rolling=False, start="2024-01-01 00:00:00", zone="Europe/Madrid"
    )


def policy(
    *, annotations: dict[str, str] | None = None, condition: dict[str, Any] | None = None, **more: Any
) -> Any:
    burn = {"kind": "burnrate", "op": "gt", "threshold": 7.2, "lookbackWindow": "2h", **(condition or {})}
    spec = {
        "conditions": [
            {
                "kind": "AlertCondition",
                "metadata": {"name": "fast"},
                "spec": {"severity": "page", "condition": burn},
            }
        ],
        "notificationTargets": [{"targetRef": "routes"}],
        **more,
    }
    metadata = {"name": "fast", **({"annotations": annotations} if annotations else {})}
    return {**document("AlertPolicy", spec), "metadata": metadata}


def pairs(*policies: Any) -> tuple[BurnPair, ...]:
    refs = [{"alertPolicyRef": p["metadata"]["name"]} for p in policies]
    return slo_of(slo_document(GOOD_OF_TOTAL, {"target": 0.9}, alertPolicies=refs), *policies).policies


def test_a_policy_is_a_pair_whose_short_window_is_a_twelfth() -> None:
    assert pairs(policy()) == (
        BurnPair(name="fast", severity="page", burn=Decimal("7.2"), long=7_200, short=600),
    )


PAIRS = {
    "the short window may be written": (
        {"annotations": {"sereno.dev/short-window": "5m"}},
        {"short": 300},
    ),
    "gte is kept as written": ({"condition": {"op": "gte"}}, {"inclusive": True}),
    "a condition may be of few bad events": (
        {"annotations": {"sereno.dev/minimum-bad": "17"}},
        {"minimum_bad": 17},
    ),
    "who resolves is told": ({"alertWhenResolved": True}, {"when_resolved": True}),
    "targets add to the routes": (
        {
            "notificationTargets": [
                {"targetRef": "routes"},
                {
                    "kind": "AlertNotificationTarget",
                    "metadata": {"name": "x"},
                    "spec": {"target": "boss"},
                },
            ]
        },
        {"receivers": ("boss",)},
    ),
    "no wait is no wait": ({"condition": {"alertAfter": "0m"}}, {}),
    "no data is watched where data must always be": ({"alertWhenNoData": True}, {}),
}


@pytest.mark.parametrize(("how", "changed"), PAIRS.values(), ids=PAIRS)
def test_what_a_policy_says_is_in_its_pair(how: dict[str, Any], changed: dict[str, Any]) -> None:
    plain = {"name": "fast", "severity": "page", "burn": Decimal("7.2"), "long": 7_200, "short": 600}
    assert pairs(policy(**how)) == (BurnPair(**{**plain, **changed}),)


def test_the_policies_that_ship_need_no_document() -> None:
    refs = [{"alertPolicyRef": "page-14-4x-1h"}, {"alertPolicyRef": "ticket-3x-24h"}]
    found = slo_of(slo_document(GOOD_OF_TOTAL, {"target": 0.99}, alertPolicies=refs)).policies
    assert [(p.severity, p.burn, p.long, p.short) for p in found] == [
        ("page", Decimal("14.4"), 3_600, 300),
        ("ticket", Decimal(3), 86_400, 7_200),
    ]


def test_a_policy_of_the_project_stands_before_one_that_ships() -> None:
    own = policy(condition={"threshold": 5})
    own["metadata"] = {"name": "page-14-4x-1h"}
    refs = [{"alertPolicyRef": "page-14-4x-1h"}, {"alertPolicyRef": "page-6x-6h"}]
    found = slo_of(slo_document(GOOD_OF_TOTAL, {"target": 0.9}, alertPolicies=refs), own).policies
    assert [p.burn for p in found] == [Decimal(5), Decimal(6)]
