"""OpenSLO v1 is accepted and refused as the reference SDK does, a document at a time.

The cases are those of its own tests (github.com/OpenSLO/go-sdk, pkg/openslo/v1/*_test.go), in our words;
where specification and SDK disagree, either's yes is enough and a warning (`?`) says so.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sereno.language.project import folder
from tests.language.openslo_documents import (
    ALERT_CONDITION,
    ALERT_POLICY,
    DATA_SOURCE,
    GONE,
    INLINE_POLICY,
    METADATA,
    RATIO,
    SERVICE,
    SLI,
    SLO,
    SOURCE,
    SPEC,
    TARGET,
    Tree,
    changed,
    codes,
    document,
)

THRESHOLD_SPEC: Tree = {
    **SPEC,
    "indicator": {"metadata": {"name": "depth"}, "spec": {"thresholdMetric": SOURCE}},
    "objectives": [{**SPEC["objectives"][0], "op": "gte", "value": 10}],
}
BY_REFERENCE: Tree = {k: v for k, v in SPEC.items() if k != "indicator"} | {"indicatorRef": "my-sli"}
COMPOSITE: Tree = {k: v for k, v in SPEC.items() if k != "indicator"} | {
    "objectives": [{**SPEC["objectives"][0], "indicatorRef": "my-sli", "compositeWeight": 1}]
}
INLINE_COMPOSITE: Tree = {
    **COMPOSITE,
    "objectives": [{**SPEC["objectives"][0], "indicator": SPEC["indicator"], "compositeWeight": 1.5}],
}
WITH_INLINE_POLICY = changed(
    SLO, "spec.alertPolicies", [{"kind": "AlertPolicy", "metadata": METADATA, "spec": INLINE_POLICY}]
)

SOUND = {
    "an SLO with an inline ratio": SLO,
    "an SLO with an inline threshold": document("SLO", THRESHOLD_SPEC),
    "an SLO with a reference to its SLI": document("SLO", BY_REFERENCE),
    "an SLO with everything of its policy inline": WITH_INLINE_POLICY,
    "a composite SLO by reference": document("SLO", COMPOSITE),
    "a composite SLO, inline": document("SLO", INLINE_COMPOSITE),
    "an SLI": SLI,
    "an SLI of bad over total": changed(SLI, "spec.ratioMetric", {"bad": SOURCE, "total": SOURCE}),
    "an SLI of a raw share": changed(SLI, "spec.ratioMetric", {"raw": SOURCE, "rawType": "success"}),
    "an SLI of a threshold": document("SLI", {"thresholdMetric": SOURCE}),
    "an alert policy by reference": ALERT_POLICY,
    "an alert policy, inline": document("AlertPolicy", INLINE_POLICY),
    "an alert condition": ALERT_CONDITION,
    "a data source": DATA_SOURCE,
    "a notification target": TARGET,
    "a service": SERVICE,
    "a service without a spec": changed(SERVICE, "spec", GONE),
}


@pytest.mark.parametrize("tree", SOUND.values(), ids=SOUND)
def test_what_the_sdk_accepts_is_accepted(tree: Tree) -> None:
    assert codes(tree) == []


Case = tuple[Tree, str, Any, list[str]]

SLO_CASES: dict[str, Case] = {
    "a description of 1,050 characters is the longest": (SLO, "spec.description", "A" * 1050, []),
    "a description of 1,051 is too long": (SLO, "spec.description", "A" * 1051, ["text-too-long"]),
    "a budgeting method is one of three": (SLO, "spec.budgetingMethod", "invalid", ["not-allowed"]),
    "an SLO names its service": (SLO, "spec.service", "", ["empty-text"]),
    "a service that is missing is not an empty one": (SLO, "spec.service", GONE, ["missing-field"]),
    "an SLO has an indicator": (SLO, "spec.indicator", GONE, ["indicator-place"]),
    "an indicator stands in one place": (
        document("SLO", INLINE_COMPOSITE),
        "spec.indicatorRef",
        "my-sli",
        ["indicator-place"],
    ),
    "an indicator is inline or a reference": (SLO, "spec.indicatorRef", "my-sli", ["exclusive-fields"]),
    "a reference is a name": (document("SLO", BY_REFERENCE), "spec.indicatorRef", "my sli", ["bad-name"]),
    "no window is 30 rolling days": (SLO, "spec.timeWindow", GONE, ["window-missing?"]),
    "an empty list of windows is none": (SLO, "spec.timeWindow", [], ["window-count"]),
    "two windows are one too many": (
        SLO,
        "spec.timeWindow",
        SPEC["timeWindow"] * 2,
        ["window-count"],
    ),
    "a window has a duration": (SLO, "spec.timeWindow.0.duration", GONE, ["missing-field"]),
    "a duration has a unit": (SLO, "spec.timeWindow.0.duration", "30", ["bad-duration"]),
    "a duration's unit is known": (SLO, "spec.timeWindow.0.duration", "30D", ["bad-duration"]),
    "a duration is not negative": (SLO, "spec.timeWindow.0.duration", "-1d", ["bad-duration"]),
    "a duration of nothing passes the SDK": (SLO, "spec.timeWindow.0.duration", "0d", ["duration-zero?"]),
    "a month is M, and a minute m": (SLO, "spec.timeWindow.0.duration", "1M", []),
    "quarters and years are known": (SLO, "spec.timeWindow.0.duration", "1Q", []),
    "a rolling window has no calendar": (
        SLO,
        "spec.timeWindow.0.isRolling",
        True,
        ["calendar-with-rolling"],
    ),
    "a window that does not roll has a calendar": (
        SLO,
        "spec.timeWindow.0.calendar",
        GONE,
        ["calendar-with-rolling"],
    ),
    "a window does not roll unless it says so": (SLO, "spec.timeWindow.0.isRolling", GONE, []),
    "a calendar begins at a local time": (
        SLO,
        "spec.timeWindow.0.calendar.startTime",
        "2022-01-01T12:00:00Z",
        ["calendar-start"],
    ),
    "a calendar begins on a day that exists": (
        SLO,
        "spec.timeWindow.0.calendar.startTime",
        "2022-02-30 12:00:00",
        ["calendar-start"],
    ),
    "a time zone is an IANA name": (
        SLO,
        "spec.timeWindow.0.calendar.timeZone",
        "America/New_Yorc",
        ["time-zone"],
    ),
    "a target of nothing is a target": (SLO, "spec.objectives.0.target", 0.0, []),
    "a target is below 1": (SLO, "spec.objectives.0.target", 1.0, ["target-range"]),
    "a target is not negative": (SLO, "spec.objectives.0.target", -0.1, ["target-range"]),
    "an objective has a target": (SLO, "spec.objectives.0.target", GONE, ["one-of-fields"]),
    "an objective has one target": (
        SLO,
        "spec.objectives.0.targetPercent",
        10,
        ["exclusive-fields"],
    ),
    "a ratio has no operator": (SLO, "spec.objectives.0.op", "gte", ["ratio-objective"]),
    "a ratio has no value": (SLO, "spec.objectives.0.value", 10, ["ratio-objective"]),
    "a threshold has an operator": (
        document("SLO", THRESHOLD_SPEC),
        "spec.objectives.0.op",
        GONE,
        ["threshold-objective"],
    ),
    "a threshold has a value": (
        document("SLO", THRESHOLD_SPEC),
        "spec.objectives.0.value",
        GONE,
        ["threshold-objective"],
    ),
    "a reference needs neither here": (document("SLO", BY_REFERENCE), "spec.objectives.0.op", "lt", []),
    "no objective passes the SDK": (SLO, "spec.objectives", [], ["objectives-missing?"]),
    "a weight is above 0": (
        document("SLO", COMPOSITE),
        "spec.objectives.0.compositeWeight",
        0,
        ["weight-range"],
    ),
    "a weight may be large": (
        document("SLO", COMPOSITE),
        "spec.objectives.0.compositeWeight",
        999999999999.9999,
        [],
    ),
    "a weight is asked of composites only": (SLO, "spec.objectives.0.compositeWeight", -2, []),
    "Timeslices needs its target": (
        SLO,
        "spec.objectives.0.timeSliceTarget",
        GONE,
        ["slice-field-missing"],
    ),
    "Timeslices needs its window": (
        SLO,
        "spec.objectives.0.timeSliceWindow",
        GONE,
        ["slice-field-missing"],
    ),
    "a slice's target may be 1": (SLO, "spec.objectives.0.timeSliceTarget", 1.0, []),
    "a slice's target is above 0": (SLO, "spec.objectives.0.timeSliceTarget", 0, ["slice-target-range"]),
    "a slice's target is at most 1": (
        SLO,
        "spec.objectives.0.timeSliceTarget",
        1.1,
        ["slice-target-range"],
    ),
    "a slice in minutes is the specification's": (
        SLO,
        "spec.objectives.0.timeSliceWindow",
        5,
        ["slice-window-number?"],
    ),
    "no policy is fine": (SLO, "spec.alertPolicies", GONE, []),
    "a policy is a reference or inline": (
        WITH_INLINE_POLICY,
        "spec.alertPolicies.0.alertPolicyRef",
        "x",
        ["exclusive-fields"],
    ),
    "a policy's reference is not empty": (
        SLO,
        "spec.alertPolicies.0.alertPolicyRef",
        "",
        ["bad-name"],
    ),
    "a policy is something": (SLO, "spec.alertPolicies.0", {}, ["one-of-fields"]),
    "an inline policy is of its kind": (
        WITH_INLINE_POLICY,
        "spec.alertPolicies.0.kind",
        "DataSource",
        ["not-allowed"],
    ),
    "an inline policy has a spec": (
        WITH_INLINE_POLICY,
        "spec.alertPolicies.0.spec",
        GONE,
        ["missing-field"],
    ),
    "rules reach into what is inline": (
        WITH_INLINE_POLICY,
        "spec.alertPolicies.0.spec.conditions.0.spec.condition.kind",
        "wrong",
        ["not-allowed"],
    ),
    "a key that is not known is refused": (SLO, "spec.objectivs", [], ["unknown-field"]),
    "a number is not quoted": (SLO, "spec.objectives.0.target", "0.99", ["number-expected"]),
    "a name in metadata is a DNS label": (SLO, "metadata.name", "MY SERVICE" * 20, ["bad-name"]),
    "a display name has 63 characters": (SLO, "metadata.displayName", "x" * 64, ["text-too-long"]),
    "RatioTimeslices needs no slice target": (
        changed(SLO, "spec.budgetingMethod", "RatioTimeslices"),
        "spec.objectives.0.timeSliceTarget",
        GONE,
        [],
    ),
    "RatioTimeslices needs a window": (
        changed(SLO, "spec.budgetingMethod", "RatioTimeslices"),
        "spec.objectives.0.timeSliceWindow",
        GONE,
        ["slice-field-missing"],
    ),
    "Occurrences needs neither": (
        changed(SLO, "spec.budgetingMethod", "Occurrences"),
        "spec.objectives.0",
        {"target": 0.9},
        [],
    ),
    "a percentage is below 100": (
        changed(SLO, "spec.budgetingMethod", "Occurrences"),
        "spec.objectives.0",
        {"targetPercent": 100.0},
        ["target-range"],
    ),
}

OTHER_CASES: dict[str, Case] = {
    "a ratio is a total or a raw share": (SLI, "spec.ratioMetric", {"counter": True}, ["one-of-fields"]),
    "a ratio is not both": (
        SLI,
        "spec.ratioMetric",
        {"raw": SOURCE, "rawType": "failure", "total": SOURCE, "good": SOURCE},
        ["exclusive-fields", "exclusive-fields"],
    ),
    "a raw share has no good": (
        SLI,
        "spec.ratioMetric",
        {"raw": SOURCE, "rawType": "failure", "good": SOURCE},
        ["exclusive-fields"],
    ),
    "a total needs good or bad": (SLI, "spec.ratioMetric", {"total": SOURCE}, ["one-of-fields"]),
    "good and bad do not stand together": (
        SLI,
        "spec.ratioMetric",
        {**RATIO, "bad": SOURCE},
        ["exclusive-fields"],
    ),
    "a raw share says of what": (SLI, "spec.ratioMetric", {"raw": SOURCE}, ["raw-type"]),
    "a raw share is of success or failure": (
        SLI,
        "spec.ratioMetric",
        {"raw": SOURCE, "rawType": "invalid"},
        ["raw-type"],
    ),
    "an SLI is something": (SLI, "spec.ratioMetric", GONE, ["one-of-fields"]),
    "an SLI is one thing": (SLI, "spec.thresholdMetric", SOURCE, ["exclusive-fields"]),
    "a metric has a source": (SLI, "spec.ratioMetric.good", {}, ["missing-field"]),
    "a source asks for something": (
        SLI,
        "spec.ratioMetric.good.metricSource.spec",
        {},
        ["source-spec-empty"],
    ),
    "a source's reference is a name": (
        SLI,
        "spec.ratioMetric.good.metricSource.metricSourceRef",
        "my datadog",
        ["bad-name"],
    ),
    "a source's reference may be empty": (SLI, "spec.ratioMetric.good.metricSource.metricSourceRef", "", []),
    "a source needs no type": (SLI, "spec.ratioMetric.good.metricSource.type", GONE, []),
    "a policy has a condition": (ALERT_POLICY, "spec.conditions", [], ["condition-count"]),
    "a policy has one condition": (
        ALERT_POLICY,
        "spec.conditions",
        [{"conditionRef": "cpu"}, {"conditionRef": "memory"}],
        ["condition-count"],
    ),
    "a policy tells someone": (ALERT_POLICY, "spec.notificationTargets", [], ["no-targets"]),
    "a target's reference is a name": (
        ALERT_POLICY,
        "spec.notificationTargets.0.targetRef",
        "invalid ref",
        ["bad-name"],
    ),
    "an inline target is of its kind": (
        document("AlertPolicy", INLINE_POLICY),
        "spec.notificationTargets.0.kind",
        "SLO",
        ["not-allowed"],
    ),
    "an inline condition is of its kind": (
        document("AlertPolicy", INLINE_POLICY),
        "spec.conditions.0.kind",
        "SLO",
        ["not-allowed"],
    ),
    "all three triggers may be set": (ALERT_POLICY, "spec.alertWhenNoData", True, []),
    "a condition has a severity": (ALERT_CONDITION, "spec.severity", "", ["empty-text"]),
    "a severity is any word": (ALERT_CONDITION, "spec.severity", "sev2", []),
    "a condition is a burn rate": (ALERT_CONDITION, "spec.condition.kind", "wrong", ["not-allowed"]),
    "a condition says of which kind": (ALERT_CONDITION, "spec.condition.kind", GONE, ["missing-field"]),
    "a condition has an operator": (ALERT_CONDITION, "spec.condition.op", GONE, ["missing-field"]),
    "an operator is one of four": (ALERT_CONDITION, "spec.condition.op", "lessThan", ["not-allowed"]),
    "a condition has a threshold": (ALERT_CONDITION, "spec.condition.threshold", GONE, ["missing-field"]),
    "a threshold of nothing is a threshold": (ALERT_CONDITION, "spec.condition.threshold", 0, []),
    "a condition looks back": (ALERT_CONDITION, "spec.condition.lookbackWindow", GONE, ["missing-field"]),
    "a condition need not wait": (ALERT_CONDITION, "spec.condition.alertAfter", GONE, []),
    "an empty wait is none": (ALERT_CONDITION, "spec.condition.alertAfter", "", []),
    "a data source has a type": (DATA_SOURCE, "spec.type", "", ["empty-text"]),
    "a data source says how to connect": (DATA_SOURCE, "spec.connectionDetails", GONE, ["missing-field"]),
    "how to connect is any YAML": (DATA_SOURCE, "spec.connectionDetails", {"a": [1, {"b": True}]}, []),
    "a target is something": (TARGET, "spec.target", "", ["empty-text"]),
    "a version is known": (SLO, "apiVersion", "v0.1", ["unknown-version"]),
    "a kind is known": (SLO, "kind", "SLOs", ["unknown-kind"]),
    "v2alpha is read and pointed to v1": (SLO, "apiVersion", "openslo.com/v2alpha", ["other-version?"]),
    "v1alpha is read and pointed to v1": (SLO, "apiVersion", "openslo/v1alpha", ["other-version?"]),
    "metadata is there": (SERVICE, "metadata", GONE, ["missing-field"]),
}


@pytest.mark.parametrize("case", [*SLO_CASES.values(), *OTHER_CASES.values()], ids=[*SLO_CASES, *OTHER_CASES])
def test_one_change_to_a_sound_document(case: Case) -> None:
    tree, path, value, expected = case
    assert expected == codes(changed(tree, path, value))


LONGEST_DOMAIN = ".".join(["l" * 63] * 3)


@pytest.mark.parametrize("key", ["l" * 63, "net_this.that-this", "net_.-this", "9net", "net9", "nEt"])
def test_a_sound_label_key(key: str) -> None:
    assert codes(changed(SERVICE, "metadata.labels", {key: ["this", ""]})) == []


@pytest.mark.parametrize("key", ["l" * 64, "net_", "net.", "net-", "_net", "-net", ".net", ""])
def test_a_wrong_label_key(key: str) -> None:
    assert codes(changed(SERVICE, "metadata.labels", {key: []})) == ["bad-label"]


@pytest.mark.parametrize(
    "key",
    [
        *(
            "l" * 63,
            f"{LONGEST_DOMAIN}/{'l' * 63}",
            "net",
            "9net",
            "nEt",
            "domain/service",
            "domain.org/service",
        ),
        *("domain.this.org/service.foo", "my-org.com/spec.indicator.metricSource"),
    ],
)
def test_a_sound_annotation_key(key: str) -> None:
    assert codes(changed(SERVICE, "metadata.annotations", {key: ""})) == []


@pytest.mark.parametrize(
    "key",
    [
        *("l" * 64, f"{'l' * 254}/net", f"{'l' * 253}/{'l' * 64}", "net_", "net.", "net-", "_net", ".net"),
        *("org.com/", "org.com!/service", "-org.com/service", ".org.com/service", "org.com./service"),
        *("org.com-/service", "org..this.com/service", "org.-this.com/service", "org_this.org/service"),
    ],
)
def test_a_wrong_annotation_key(key: str) -> None:
    assert codes(changed(SERVICE, "metadata.annotations", {key: ""})) == ["bad-annotation"]


def test_an_annotation_of_openslo_is_the_sdk_s_yes_and_the_specification_s_no() -> None:
    assert codes(changed(SERVICE, "metadata.annotations", {"openslo.com/service": ""})) == [
        "reserved-annotation?"
    ]


def test_a_key_without_a_value_counts_as_left_out() -> None:
    assert codes(changed(SLO, "spec.indicatorRef", None)) == []


CLOUDWATCH: Tree = {
    "metricSource": {
        "type": "CloudWatch",
        "spec": {"metricName": "2xx", "namespace": "Canary", "dimensions": [{"name": "a", "value": "b"}]},
    }
}
SERVED = changed(changed(SLO, "spec.alertPolicies", GONE), "spec.budgetingMethod", "Occurrences")
BARE_THRESHOLD = {"metadata": {"name": "depth"}, "spec": {"thresholdMetric": SOURCE}}
COMPILING: dict[str, tuple[Tree, str]] = {
    "a CloudWatch source in another tool's words": (
        changed(SERVED, "spec.indicator.spec.ratioMetric", {"good": CLOUDWATCH, "total": CLOUDWATCH}),
        "raw-source",
    ),
    "a Datadog source without a query": (
        changed(SERVED, "spec.indicator.spec.ratioMetric.good.metricSource.spec", {"q": "sum:a{*}"}),
        "raw-source",
    ),
    "an objective of a composite without an indicator": (
        changed(
            changed(SERVED, "spec.indicator", GONE),
            "spec.objectives",
            [{"target": 0.9, "indicator": SPEC["indicator"]}, {"target": 0.8}],
        ),
        "objective-without-indicator",
    ),
    "a threshold of a composite without an operator": (
        changed(
            changed(SERVED, "spec.indicator", GONE),
            "spec.objectives",
            [{"target": 0.9, "indicator": BARE_THRESHOLD}],
        ),
        "threshold-objective",
    ),
}


@pytest.mark.parametrize(("tree", "code"), COMPILING.values(), ids=COMPILING)
def test_what_only_compiling_needs_is_a_warning_in_a_folder_of_openslo(
    tree: Tree, code: str, tmp_path: Path
) -> None:
    (tmp_path / "x.yaml").write_text(json.dumps([tree, {**SERVICE, "metadata": {"name": "web"}}]))
    (tmp_path / "y.yaml").write_text(json.dumps(changed(DATA_SOURCE, "metadata.name", "store")))
    found = folder(tmp_path).problems
    assert (code in {p.code for p in found}, [p for p in found if p.severity == "error"]) == (True, [])


def test_every_slip_of_a_document_is_reported_at_once() -> None:
    tree = changed(SLO, "spec.budgetingMethod", "Sometimes")
    tree = changed(tree, "spec.objectives.0.target", 99.9)
    tree = changed(tree, "spec.objectivs", [])
    tree = changed(tree, "spec.timeWindow.0.isRolling", True)
    tree = changed(tree, "metadata.name", "Web")
    assert sorted(codes(tree)) == [
        "bad-name",
        "calendar-with-rolling",
        "not-allowed",
        "target-range",
        "unknown-field",
    ]
