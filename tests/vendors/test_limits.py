"""What CloudWatch refuses is found first, and nothing that it takes.

The invalid payloads are those that its documentation calls so; each breaks one rule, by one change
of a valid payload. The valid ones look odd, and are not.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from sereno.cli.check import check as check_files
from sereno.errors import Unable
from sereno.vendors.cloudwatch import compile as compiled
from sereno.vendors.cloudwatch.limits import check, check_resources, explanations
from tests.vendors.systems import SHOP

TOPIC = "arn:aws:sns:eu-west-1:123456789012:on-call"


def alarm(**changes: Any) -> dict[str, Any]:
    """An alarm on one metric; None takes a field away."""
    body = {
        "AlarmName": "orders-failing",
        "Namespace": "Shop",
        "MetricName": "Failed",
        "Dimensions": [{"Name": "service", "Value": "orders"}],
        "Period": 60,
        "Statistic": "Sum",
        "EvaluationPeriods": 5,
        "DatapointsToAlarm": 3,
        "Threshold": 7.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "AlarmActions": [TOPIC],
    } | changes
    return {"MetricAlarms": [{k: v for k, v in body.items() if v is not None}]}


def stat(identity: str, period: int = 60, returned: bool = False, **changes: Any) -> dict[str, Any]:
    metric = {"Namespace": "Shop", "MetricName": identity, "Dimensions": []}
    asked = {"Metric": metric, "Period": period, "Stat": "Sum"} | changes
    return {"Id": identity, "MetricStat": asked, "ReturnData": returned}


def expression(text: str, identity: str = "e1", returned: bool = True) -> dict[str, Any]:
    return {"Id": identity, "Expression": text, "ReturnData": returned}


SINGLE = ("Namespace", "MetricName", "Dimensions", "Period", "Statistic")


def math(*queries: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An alarm on metric math."""
    return alarm(Metrics=list(queries), **(dict.fromkeys(SINGLE) | changes))


def ratio(text: str, **changes: Any) -> dict[str, Any]:
    return math(expression(text), stat("m1"), stat("m2"), **changes)


def band(**changes: Any) -> dict[str, Any]:
    queries = [stat("m1", returned=True), expression("ANOMALY_DETECTION_BAND(m1, 2)", "t1")]
    fields = {"Threshold": None, "ThresholdMetricId": "t1", "ComparisonOperator": "GreaterThanUpperThreshold"}
    return math(*changes.pop("queries", queries), **(fields | changes))


def composite(rule: str, **changes: Any) -> dict[str, Any]:
    body = {"AlarmName": "orders-down", "AlarmRule": rule} | changes
    return {"CompositeAlarms": [{k: v for k, v in body.items() if v is not None}]}


def dashboard(*widgets: Any, name: str = "shop", **more: Any) -> dict[str, Any]:
    return {"Dashboards": [{"DashboardName": name, "DashboardBody": {"widgets": list(widgets), **more}}]}


def metric(**changes: Any) -> dict[str, Any]:
    """A metric widget; changes go to its properties."""
    properties = {"region": "eu-west-1", "metrics": [["Shop", "Failed", "service", "orders"]]} | changes
    return {"type": "metric", "properties": {k: v for k, v in properties.items() if v is not None}}


def explorer(stat: str = "Sum", **changes: Any) -> dict[str, Any]:
    """An explorer widget; changes go to its properties."""
    asked = {"metricName": "IncomingBytes", "resourceType": "AWS::Logs::LogGroup", "stat": stat}
    properties = {"metrics": [asked], "labels": [{"key": "Environment", "value": "prod"}], **changes}
    return {"type": "explorer", "properties": properties}


def placed(**place: Any) -> dict[str, Any]:
    return {**metric(), **place}


def alarms_widget(count: int) -> dict[str, Any]:
    arns = [f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a{n}" for n in range(count)]
    return {"type": "alarm", "properties": {"title": "all", "alarms": arns}}


def variable(**changes: Any) -> dict[str, Any]:
    said = {"type": "property", "property": "region", "inputType": "input", "id": "region"} | changes
    return {k: v for k, v in said.items() if v is not None}


def mute(expression: str = "cron(0 2 * * SUN)", duration: str = "PT4H", **changes: Any) -> dict[str, Any]:
    schedule = {"Expression": expression, "Duration": duration, "Timezone": "Europe/London"}
    schedule |= {k: v for k, v in changes.items() if k == "Timezone"}
    names = changes.get("names", ["a"])
    return {
        "AlarmMuteRules": [
            {"Name": "m", "Rule": {"Schedule": schedule}, "MuteTargets": {"AlarmNames": names}}
        ]
    }


NOON = "2026-05-10T12:00:00Z"
DETECTED = {"Namespace": "Shop", "MetricName": "Orders", "Stat": "Sum"}
UNTARGETED = {k: v for k, v in mute()["AlarmMuteRules"][0].items() if k != "MuteTargets"}
LEFT_OUT = {"StartTime": "2026-05-01T12:00:00Z", "EndTime": NOON}


def dated(expression: str, **dates: str) -> dict[str, Any]:
    (rule,) = mute(expression)["AlarmMuteRules"]
    return {"AlarmMuteRules": [{**rule, **dates}]}


def slo(**changes: Any) -> dict[str, Any]:
    requests = {
        "TotalRequestCountMetric": [stat("total", returned=True)],
        "MonitoredRequestCountMetric": {"BadCountMetric": [stat("bad", returned=True)]},
    }
    body = {
        "Name": "orders",
        "RequestBasedSliConfig": {"RequestBasedSliMetricConfig": requests},
        "Goal": {
            "Interval": {"RollingInterval": {"DurationUnit": "DAY", "Duration": 30}},
            "AttainmentGoal": 99.7,
        },
        "BurnRateConfigurations": [{"LookBackWindowMinutes": 60}],
    } | changes
    return {"ServiceLevelObjectives": [{k: v for k, v in body.items() if v is not None}]}


ARN = "arn:aws:automate:eu-west-1:ec2:stop"
WIDE = ["Shop", "Failed", "service", "orders"]
BAD_BAND = [
    stat("m1", returned=True),
    expression("ANOMALY_DETECTION_BAND(m1, 2)", "t1"),
    expression("METRICS()", "e2", False),
]

INVALID: dict[str, tuple[dict[str, Any], str]] = {
    "a name of 256 characters": (alarm(AlarmName="n" * 256), "cw-length"),
    "an empty name": (alarm(AlarmName=""), "cw-length"),
    "no name": (alarm(AlarmName=None), "cw-missing-field"),
    "a control character in a name": (alarm(AlarmName="orders\tfailing"), "cw-form"),
    "a description of 1,025 characters": (alarm(AlarmDescription="d" * 1_025), "cw-length"),
    "six actions": (alarm(OKActions=[f"{TOPIC}{n}" for n in range(6)]), "cw-too-many"),
    "an action that is no ARN": (alarm(AlarmActions=["on-call"]), "cw-form"),
    "an action of 1,025 characters": (alarm(AlarmActions=["arn:" + "a" * 1_021]), "cw-length"),
    "31 dimensions": (
        alarm(Dimensions=[{"Name": f"d{n}", "Value": "v"} for n in range(31)]),
        "cw-too-many",
    ),
    "a dimension without a value": (alarm(Dimensions=[{"Name": "d"}]), "cw-missing-field"),
    "a dimension with an empty value": (alarm(Dimensions=[{"Name": "d", "Value": ""}]), "cw-length"),
    "a dimension that is not ASCII": (alarm(Dimensions=[{"Name": "größe", "Value": "v"}]), "cw-form"),
    "a dimension twice": (alarm(Dimensions=[{"Name": "d", "Value": v} for v in "ab"]), "cw-dimension-twice"),
    "a period of 45 seconds": (alarm(Period=45), "cw-period"),
    "a period of 90 seconds": (alarm(Period=90), "cw-period"),
    "a period of 0 seconds": (alarm(Period=0), "cw-bounds"),
    "a period in quotes": (alarm(Period="60"), "cw-wrong-type"),
    "289 periods of five minutes": (
        alarm(Period=300, EvaluationPeriods=289, DatapointsToAlarm=None),
        "cw-window",
    ),
    "eight periods of a day": (alarm(Period=86_400, EvaluationPeriods=8), "cw-window"),
    "metric math over more than a day": (
        math(expression("m1"), stat("m1", 300), EvaluationPeriods=289, DatapointsToAlarm=None),
        "cw-window",
    ),
    "metric math over more than a week": (
        math(expression("m1"), stat("m1", 604_800), EvaluationPeriods=2, DatapointsToAlarm=1),
        "cw-window",
    ),
    "four datapoints of three periods": (alarm(EvaluationPeriods=3, DatapointsToAlarm=4), "cw-datapoints"),
    "no periods": (alarm(EvaluationPeriods=None, DatapointsToAlarm=None), "cw-threshold"),
    "zero periods": (alarm(EvaluationPeriods=0, DatapointsToAlarm=None), "cw-bounds"),
    "both statistics": (alarm(ExtendedStatistic="p99"), "cw-metric-whole"),
    "no statistic": (alarm(Statistic=None), "cw-metric-whole"),
    "a metric without a namespace": (alarm(Namespace=None), "cw-metric-whole"),
    "a metric without a period": (alarm(Period=None), "cw-metric-whole"),
    "a percentile as a statistic": (alarm(Statistic="p99"), "cw-choice"),
    "a percentile of 101": (alarm(Statistic=None, ExtendedStatistic="p101"), "cw-statistics"),
    "a percentile in capitals": (alarm(Statistic=None, ExtendedStatistic="P99"), "cw-statistics"),
    "a rank of percentages": (alarm(Statistic=None, ExtendedStatistic="PR(10%:90%)"), "cw-statistics"),
    "an average as an extended statistic": (
        alarm(Statistic=None, ExtendedStatistic="Average"),
        "cw-extended-plain",
    ),
    "a namespace with a colon first": (alarm(Namespace=":Shop"), "cw-form"),
    "a unit that does not exist": (alarm(Unit="Parsecs"), "cw-choice"),
    "missing data spelled small": (alarm(TreatMissingData="notbreaching"), "cw-choice"),
    "a comparison that does not exist": (alarm(ComparisonOperator="GreaterThan"), "cw-choice"),
    "no comparison": (alarm(ComparisonOperator=None), "cw-threshold"),
    "no threshold": (alarm(Threshold=None), "cw-threshold"),
    "a threshold that is no number": (alarm(Threshold=float("nan")), "cw-wrong-type"),
    "a low-sample treatment that does not exist": (
        alarm(Statistic=None, ExtendedStatistic="p99", EvaluateLowSampleCountPercentile="drop"),
        "cw-choice",
    ),
    "a band's comparison with a static threshold": (
        alarm(ComparisonOperator="LessThanLowerThreshold"),
        "cw-threshold",
    ),
    "nothing to watch": (alarm(**dict.fromkeys(SINGLE)), "cw-one-source"),
    "a metric beside metric math": (
        alarm(Metrics=[expression("m1"), stat("m1")], Period=None, Statistic=None, Dimensions=None),
        "cw-one-source",
    ),
    "a field that does not exist, where we build": (
        {
            "resources": [
                {"kind": "metric-alarm", "address": "a", "body": alarm(TreatMissing="x")["MetricAlarms"][0]}
            ]
        },
        "cw-unknown-field",
    ),
    "51 tags": (alarm(Tags=[{"Key": f"k{n}", "Value": "v"} for n in range(51)]), "cw-too-many"),
    "a tag of AWS": (alarm(Tags=[{"Key": "aws:team", "Value": "v"}]), "cw-form"),
    "a tag twice": (alarm(Tags=[{"Key": "team", "Value": v} for v in "ab"]), "cw-tag-twice"),
    "more than 120 KB": (
        math(
            expression("m1"),
            *(
                {
                    "Id": f"m{n}",
                    "MetricStat": {
                        "Metric": {
                            "Namespace": "Shop",
                            "MetricName": "M",
                            "Dimensions": [{"Name": f"d{k}", "Value": "v" * 1_000} for k in range(30)],
                        },
                        "Period": 60,
                        "Stat": "Sum",
                    },
                    "ReturnData": False,
                }
                for n in range(1, 6)
            ),
        ),
        "cw-payload",
    ),
    "an id with a capital": (math(expression("m1"), stat("m1"), stat("M2")), "cw-form"),
    "an id twice": (math(expression("m1"), stat("m1"), stat("m1")), "cw-metric-id-twice"),
    "two results": (math(expression("m1"), stat("m1", returned=True)), "cw-return-data"),
    "no result": (math(expression("m1", returned=False), stat("m1")), "cw-return-data"),
    "eleven metrics": (
        math(expression("m1"), *(stat(f"m{n}") for n in range(1, 12))),
        "cw-metrics-count",
    ),
    "eleven expressions": (
        math(*(expression("m1", f"e{n}", n == 1) for n in range(1, 12)), stat("m1")),
        "cw-metrics-count",
    ),
    "a metric and an expression in one": (
        math(expression("m1"), {**stat("m1"), "Expression": "m1"}),
        "cw-metric-or-expression",
    ),
    "neither a metric nor an expression": (
        math(expression("m1"), stat("m1"), {"Id": "m2", "ReturnData": False}),
        "cw-metric-or-expression",
    ),
    "an expression of 2,049 characters": (ratio("m1" + " + m2" * 410), "cw-length"),
    "an expression that reads an unknown id": (ratio("m1 / m3"), "cw-math-unknown-id"),
    "an expression that reads a capital": (ratio("m1 / M2"), "cw-math-unknown-id"),
    "a function in small letters": (ratio("sum([m1, m2])"), "cw-math-function"),
    "a function that does not exist": (ratio("MEDIAN([m1, m2])"), "cw-math-function"),
    "a function without arguments": (ratio("IF(m1 > 1)"), "cw-math-function"),
    "a bracket that is not closed": (ratio("(m1 / m2"), "cw-math-syntax"),
    "an operator without an operand": (ratio("m1 /"), "cw-math-syntax"),
    "two operands without an operator": (ratio("m1 m2"), "cw-math-syntax"),
    "a number as the result": (ratio("SUM(m1) / SUM(m2)"), "cw-math-result"),
    "several series as the result": (ratio("METRICS()"), "cw-math-result"),
    "a list as the result": (ratio("[m1, m2]"), "cw-math-result"),
    "a search": (
        math({**expression("SUM(SEARCH('{AWS/Lambda} Errors', 'Sum', 300))"), "Period": 300}),
        "cw-math-search",
    ),
    "a query for everything": (
        math({**expression("SELECT SUM(*) FROM Shop", "q1"), "Period": 60}),
        "cw-insights-syntax",
    ),
    "a detector over whatever there is": (
        {
            "AnomalyDetectors": [
                {
                    "MetricMathAnomalyDetector": {
                        "MetricDataQueries": [expression("SUM(METRICS())"), stat("m1")]
                    }
                }
            ]
        },
        "cw-detector-math",
    ),
    "a label that is a number": (dashboard(metric(metrics=[[*WIDE, {"label": 5}]])), "cw-widget-line"),
    "an expression that is a number": (dashboard(metric(metrics=[[{"expression": 5}]])), "cw-widget-line"),
    "a default that is none of the values": (
        dashboard(
            variables=[
                variable(inputType="select", values=[{"value": "a"}, {"value": "b"}], defaultValue="c")
            ]
        ),
        "cw-variable-whole",
    ),
    "a value of a variable that is an object": (
        dashboard(variables=[variable(inputType="radio", values=[{"value": {}}])]),
        "cw-variable-whole",
    ),
    "an explorer over 90 seconds": (dashboard(explorer(period=90)), "cw-widget-period"),
    "an explorer of a statistic that is none": (dashboard(explorer(stat="Mean")), "cw-widget-stat"),
    "an end that is no time": (dashboard(metric(), start="-PT3H", end="tomorrow"), "cw-dashboard-time"),
    "a slip in the name of a field": (alarm(DatapointToAlarm=2, DatapointsToAlarm=None), "cw-unknown-field"),
    "a field in small letters": (alarm(treatMissingData="ignore"), "cw-unknown-field"),
    "a number in an array of time series": (ratio("MAX([m1, 5])"), "cw-math-types"),
    "an array where one series is wanted": (ratio("m1 * HOUR([m1, m2])"), "cw-math-types"),
    "the period of an expression": (ratio("m1 / PERIOD(m1 + m2)"), "cw-math-of-metric"),
    "two arguments where an array is meant": (ratio("SUM(m1, m2)"), "cw-math-function"),
    "an expression over no metric, and no period": (math(expression("TIME_SERIES(5)")), "cw-metrics-period"),
    "a query in groups and in no order": (
        math({**expression("SELECT MAX(Failed) FROM Shop GROUP BY service", "q1"), "Period": 60}),
        "cw-insights-order",
    ),
    "a band that returns no data": (
        band(
            queries=[
                stat("m1", returned=True),
                stat("m2", returned=True),
                expression("ANOMALY_DETECTION_BAND(m1, 2)", "t1", returned=False),
            ]
        ),
        "cw-band",
    ),
    "two bands in one expression": (
        band(
            queries=[
                expression("LAST(ANOMALY_DETECTION_BAND(m1)) + FIRST(ANOMALY_DETECTION_BAND(m1))"),
                stat("m1"),
                expression("ANOMALY_DETECTION_BAND(e1, 2)", "t1"),
            ]
        ),
        "cw-band",
    ),
    "expressions in a circle": (
        math(expression("e2 + m1"), expression("e1 * 2", "e2", False), stat("m1")),
        "cw-math-cycle",
    ),
    "metrics of two periods": (math(expression("m1 / m2"), stat("m1"), stat("m2", 300)), "cw-mixed-periods"),
    "a statistic in metric math that does not exist": (
        math(expression("m1"), stat("m1", Stat="Mean")),
        "cw-statistics",
    ),
    "an EC2 action on metric math": (ratio("m1 / m2", AlarmActions=[ARN]), "cw-action-kind"),
    "two Metrics Insights queries": (
        math(
            {**expression("SELECT SUM(Failed) FROM Shop", "q1"), "Period": 60},
            {**expression("SELECT SUM(Total) FROM Shop", "q2", False), "Period": 60},
        ),
        "cw-insights-alone",
    ),
    "a Metrics Insights query over four hours": (
        math(
            {**expression("SELECT SUM(Failed) FROM Shop", "q1"), "Period": 3_600},
            EvaluationPeriods=4,
        ),
        "cw-window",
    ),
    "a band that is none": (band(ThresholdMetricId="m1"), "cw-band"),
    "a band that is not there": (band(ThresholdMetricId="t9"), "cw-band"),
    "a band and a threshold": (band(Threshold=5.0), "cw-threshold"),
    "a static comparison with a band": (band(ComparisonOperator="GreaterThanThreshold"), "cw-threshold"),
    "a scaling action with a band": (
        band(AlarmActions=["arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:x:policyName/p"]),
        "cw-action-kind",
    ),
    "all metrics in an anomaly alarm": (
        math(
            *BAD_BAND, Threshold=None, ThresholdMetricId="t1", ComparisonOperator="GreaterThanUpperThreshold"
        ),
        "cw-band",
    ),
    "a band by half minutes": (
        math(
            stat("m1", 30, returned=True),
            expression("ANOMALY_DETECTION_BAND(m1, 2)", "t1"),
            Threshold=None,
            ThresholdMetricId="t1",
            ComparisonOperator="LessThanLowerThreshold",
        ),
        "cw-anomaly-period",
    ),
    "a wall clock of two minutes": (
        alarm(Period=120, EvaluationWindow={"WallClockWindow": {}}),
        "cw-evaluation-window",
    ),
    "two evaluation windows": (
        alarm(EvaluationWindow={"WallClockWindow": {}, "SlidingWindow": {}}),
        "cw-evaluation-window",
    ),
    "a wall clock on Mars": (
        alarm(EvaluationWindow={"WallClockWindow": {"Timezone": "Mars/Base"}}),
        "cw-evaluation-window",
    ),
    "a warm-up of three days": (
        alarm(WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": 4_320}),
        "cw-bounds",
    ),
    "an interval without PromQL": (alarm(EvaluationInterval=60), "cw-promql"),
    "PromQL without an interval": (
        alarm(
            **dict.fromkeys(
                (*SINGLE, "Threshold", "ComparisonOperator", "EvaluationPeriods", "DatapointsToAlarm")
            ),
            EvaluationCriteria={"PromQLCriteria": {"Query": "up == 0"}},
        ),
        "cw-promql",
    ),
    "PromQL with a threshold": (
        alarm(
            **dict.fromkeys((*SINGLE, "ComparisonOperator", "EvaluationPeriods", "DatapointsToAlarm")),
            EvaluationCriteria={"PromQLCriteria": {"Query": "up == 0"}},
            EvaluationInterval=60,
        ),
        "cw-one-source",
    ),
    "two alarms of one name": (
        {"MetricAlarms": [alarm()["MetricAlarms"][0], alarm(Threshold=9.0)["MetricAlarms"][0]]},
        "cw-name-twice",
    ),
    "no rule": (composite("x", AlarmRule=None), "cw-missing-field"),
    "a rule of 10,241 characters": (composite('ALARM("a")' + " " * 10_231), "cw-length"),
    "a rule that ends in AND": (composite('ALARM("a") AND'), "cw-rule-syntax"),
    "a rule with a bracket open": (composite('(ALARM("a") OR ALARM("b")'), "cw-rule-syntax"),
    "a rule with ampersands": (composite('ALARM("a") && ALARM("b")'), "cw-rule-syntax"),
    "a rule with a state that does not exist": (composite('ALARMING("a")'), "cw-rule-syntax"),
    "a rule with a bare name with a space": (composite("ALARM(orders failing)"), "cw-rule-syntax"),
    "a rule in small letters": (composite('alarm("a")'), "cw-rule-syntax"),
    "101 children": (composite(" OR ".join(f"ALARM(a{n})" for n in range(101))), "cw-rule-children"),
    "501 elements": (composite(" OR ".join("ALARM(a)" for _ in range(501))), "cw-rule-children"),
    "a composite over itself": (composite('ALARM("orders-down")'), "cw-rule-itself"),
    "composites in a circle": (
        {
            "CompositeAlarms": [
                {"AlarmName": "a", "AlarmRule": "ALARM(b)"},
                {"AlarmName": "b", "AlarmRule": "ALARM(c) AND OK(x)"},
                {"AlarmName": "c", "AlarmRule": "ALARM(a)"},
            ]
        },
        "cw-rule-cycle",
    ),
    "children in two Regions": (
        composite(
            "ALARM(arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a)"
            " OR ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:b)"
        ),
        "cw-rule-place",
    ),
    "one alarm in 151 rules": (
        {"CompositeAlarms": [{"AlarmName": f"c{n}", "AlarmRule": "ALARM(a)"} for n in range(151)]},
        "cw-rule-parents",
    ),
    "a suppressor without its periods": (composite('ALARM("a")', ActionsSuppressor="s"), "cw-suppressor"),
    "a waiting period without a suppressor": (
        composite('ALARM("a")', ActionsSuppressorWaitPeriod=60),
        "cw-suppressor",
    ),
    "an EC2 action on a composite": (composite('ALARM("a")', AlarmActions=[ARN]), "cw-composite-action"),
    "a dashboard with a space in its name": (dashboard(name="my shop"), "cw-form"),
    "a dashboard whose body is no JSON": (
        {"Dashboards": [{"DashboardName": "shop", "DashboardBody": "{widgets: []}"}]},
        "cw-dashboard-json",
    ),
    "a dashboard without widgets": (
        {"Dashboards": [{"DashboardName": "shop", "DashboardBody": {}}]},
        "cw-missing-field",
    ),
    "501 widgets": (
        dashboard(*[{"type": "text", "properties": {"markdown": "x"}}] * 501),
        "cw-too-many",
    ),
    "a widget of a type that does not exist": (dashboard({"type": "graph", "properties": {}}), "cw-choice"),
    "a widget without properties": (dashboard({"type": "text"}), "cw-missing-field"),
    "a widget in column 24": (dashboard(placed(x=24, y=0)), "cw-bounds"),
    "a widget of width 25": (dashboard(placed(width=25)), "cw-bounds"),
    "a widget of height 0": (dashboard(placed(height=0)), "cw-bounds"),
    "a widget above the top": (dashboard(placed(x=0, y=-1)), "cw-bounds"),
    "x without y": (dashboard(placed(x=3)), "cw-widget-place"),
    "a metric widget without a region": (dashboard(metric(region=None)), "cw-widget-region"),
    "a metric widget without metrics": (dashboard(metric(metrics=None)), "cw-widget-metrics"),
    "501 metrics in a widget": (dashboard(metric(metrics=[WIDE] * 501)), "cw-widget-metrics"),
    "2,501 metrics in a dashboard": (
        dashboard(*[metric(metrics=[WIDE] * 500)] * 5, metric(metrics=[WIDE])),
        "cw-dashboard-metrics",
    ),
    "a widget that draws an alarm and metrics": (
        dashboard(metric(annotations={"alarms": [TOPIC]})),
        "cw-widget-metrics",
    ),
    "a widget that draws two alarms": (
        dashboard(metric(metrics=None, annotations={"alarms": [TOPIC, TOPIC]})),
        "cw-too-many",
    ),
    "a view that does not exist": (dashboard(metric(view="line")), "cw-choice"),
    "a gauge without an end": (
        dashboard(metric(view="gauge", yAxis={"left": {"min": 0}})),
        "cw-widget-gauge",
    ),
    "an axis upside down": (
        dashboard(metric(yAxis={"right": {"min": 9, "max": 3}})),
        "cw-widget-gauge",
    ),
    "a widget's period of 90 seconds": (dashboard(metric(period=90)), "cw-widget-period"),
    "a statistic in a widget that does not exist": (dashboard(metric(stat="Mean")), "cw-widget-stat"),
    "a dimension without a value in a widget": (
        dashboard(metric(metrics=[["Shop", "Failed", "service"]])),
        "cw-widget-line",
    ),
    "a widget's expression over nothing": (
        dashboard(metric(metrics=[[*WIDE, {"id": "m1"}], [{"expression": "m1 / m2"}]])),
        "cw-widget-expression",
    ),
    "a widget's id with a capital": (dashboard(metric(metrics=[[*WIDE, {"id": "M1"}]])), "cw-widget-id"),
    "101 alarms in an alarm widget": (dashboard(alarms_widget(101)), "cw-too-many"),
    "an alarm widget of a state that is none": (
        dashboard({"type": "alarm", "properties": {"alarms": [TOPIC], "states": [{"value": "FINE"}]}}),
        "cw-choice",
    ),
    "an alarm widget without alarms": (dashboard(alarms_widget(0)), "cw-too-many"),
    "an order that does not exist": (
        dashboard({"type": "alarm", "properties": {"alarms": [TOPIC], "sortBy": "name"}}),
        "cw-choice",
    ),
    "text without markdown": (dashboard({"type": "text", "properties": {}}), "cw-missing-field"),
    "26 variables": (dashboard(variables=[variable(id=f"v{n}") for n in range(26)]), "cw-too-many"),
    "a variable with a label of 31 characters": (
        dashboard(variables=[variable(label="l" * 31)]),
        "cw-length",
    ),
    "an end without a start": (dashboard(end="2026-01-01T00:00:00Z"), "cw-dashboard-time"),
    "a mute by a rate": (mute("rate(1 hour)"), "cw-mute-schedule"),
    "a mute at the 25th hour": (mute("cron(0 25 * * *)"), "cw-mute-schedule"),
    "a mute in the 13th month": (mute("at(2026-13-01T00:00)"), "cw-mute-schedule"),
    "a mute of 16 days": (mute(duration="P16D"), "cw-mute-duration"),
    "a mute of no length": (mute(duration="2h"), "cw-mute-duration"),
    "a mute of 101 alarms": (mute(names=[f"a{n}" for n in range(101)]), "cw-too-many"),
    "a mute in an unknown zone": (mute(Timezone="Mars/Base"), "cw-mute-zone"),
    "the call of an SLO of 100 %": (
        slo(Goal={"AttainmentGoal": 100})["ServiceLevelObjectives"][0],
        "cw-slo-goal",
    ),
    "a detector of two kinds of metric": (
        {
            "AnomalyDetectors": [
                {"SingleMetricAnomalyDetector": DETECTED, "Namespace": "Shop", "MetricName": "Orders"}
            ]
        },
        "cw-detector-source",
    ),
    "a detector that leaves out eleven times": (
        {"AnomalyDetectors": [{**DETECTED, "Configuration": {"ExcludedTimeRanges": [LEFT_OUT] * 11}}]},
        "cw-too-many",
    ),
    "an alarm whose window is none": (alarm(EvaluationWindow={}), "cw-evaluation-window"),
    "a mute once with an end": (dated("at(2026-05-10T14:00)", ExpireDate=NOON), "cw-mute-dates"),
    "a mute once with a beginning": (dated("at(2026-05-10T14:00)", StartDate=NOON), "cw-mute-dates"),
    "a weekly mute that ends as it begins": (
        dated("cron(0 2 * * SUN)", StartDate=NOON, ExpireDate=NOON),
        "cw-mute-dates",
    ),
    "an SLO with a name of one letter": (slo(Name="s"), "cw-length"),
    "an SLO of 100 per cent": (slo(Goal={"AttainmentGoal": 100.0}), "cw-slo-goal"),
    "eleven burn-rate windows": (
        slo(BurnRateConfigurations=[{"LookBackWindowMinutes": n} for n in range(1, 12)]),
        "cw-too-many",
    ),
    "a look-back of 10,081 minutes": (
        slo(BurnRateConfigurations=[{"LookBackWindowMinutes": 10_081}]),
        "cw-bounds",
    ),
    "a look-back as long as the interval": (
        slo(
            Goal={"Interval": {"RollingInterval": {"DurationUnit": "DAY", "Duration": 1}}},
            BurnRateConfigurations=[{"LookBackWindowMinutes": 1_440}],
        ),
        "cw-slo-burn-window",
    ),
    "an SLO of nothing": (slo(RequestBasedSliConfig=None), "cw-slo-indicator"),
    "an SLO that counts good and bad": (
        slo(
            RequestBasedSliConfig={
                "RequestBasedSliMetricConfig": {
                    "TotalRequestCountMetric": [stat("t", returned=True)],
                    "MonitoredRequestCountMetric": {
                        "GoodCountMetric": [stat("g", returned=True)],
                        "BadCountMetric": [stat("b", returned=True)],
                    },
                }
            }
        ),
        "cw-slo-indicator",
    ),
}

VALID: dict[str, dict[str, Any]] = {
    "an alarm on one metric": alarm(),
    "a name of 255 characters": alarm(AlarmName="n" * 255),
    "a name with spaces, umlauts and quotes": alarm(AlarmName='Größe "zu" klein (1)'),
    "a description of 1,024 characters": alarm(AlarmDescription="d" * 1_024),
    "five actions of each kind": alarm(
        AlarmActions=[f"{TOPIC}{n}" for n in range(5)], InsufficientDataActions=[TOPIC], OKActions=[]
    ),
    "an EC2 action on one metric": alarm(
        AlarmActions=[ARN], Dimensions=[{"Name": "InstanceId", "Value": "i-1"}]
    ),
    "a period of 10 seconds": alarm(Period=10),
    "a period of 20 seconds": alarm(Period=20),
    "a period of 120 seconds": alarm(Period=120),
    "a whole day of minutes": alarm(EvaluationPeriods=1_440),
    "a whole week of hours": alarm(Period=3_600, EvaluationPeriods=168),
    "one period of a week": alarm(Period=604_800, EvaluationPeriods=1, DatapointsToAlarm=1),
    "a trimmed mean": alarm(Statistic=None, ExtendedStatistic="tm99"),
    "a trimmed count under a value": alarm(Statistic=None, ExtendedStatistic="TC(:300)"),
    "a percentile rank": alarm(Statistic=None, ExtendedStatistic="PR(100:2000)"),
    "an interquartile mean": alarm(Statistic=None, ExtendedStatistic="IQM"),
    "a percentile of one decimal": alarm(
        Statistic=None, ExtendedStatistic="p99.9", EvaluateLowSampleCountPercentile="ignore"
    ),
    "a negative threshold": alarm(Threshold=-3),
    "what DescribeAlarms says": alarm(
        AlarmArn="arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders-failing",
        StateValue="OK",
        StateReason="Threshold Crossed",
        StateUpdatedTimestamp="2026-01-01T00:00:00Z",
        ActionsEnabled=True,
        OKActions=[],
        InsufficientDataActions=[],
        AlarmDescription="",
    ),
    "a sliding window": alarm(EvaluationWindow={"SlidingWindow": {}}),
    "a wall clock of a day in Tokyo": alarm(
        Period=86_400, EvaluationWindow={"WallClockWindow": {"Timezone": "Asia/Tokyo"}}
    ),
    "a wall clock at an offset": alarm(EvaluationWindow={"WallClockWindow": {"Timezone": "UTC+05:30"}}),
    "a PromQL alarm": alarm(
        **dict.fromkeys(
            (*SINGLE, "Threshold", "ComparisonOperator", "EvaluationPeriods", "DatapointsToAlarm")
        ),
        EvaluationCriteria={"PromQLCriteria": {"Query": "up == 0", "PendingPeriod": 60}},
        EvaluationInterval=30,
    ),
    "metric math": ratio("IF(m1 >= 2, m1 / m2, 0)"),
    "metric math with a minus": ratio("-m1 + m2 ^ 2 > 3 AND m2 < 4"),
    "a result over several series": ratio("MAX([m1, m2]) - MIN([m1, m2])"),
    "FILL with a keyword": ratio("FILL(m1, REPEAT) / FILL(m2, 0)"),
    "all metrics summed": ratio("SUM(METRICS())"),
    "expressions over expressions": math(
        expression("e2 * 100"), expression("m1 / m2", "e2", False), stat("m1"), stat("m2")
    ),
    "a metric of another account, alone": math({**stat("m1", returned=True), "AccountId": "210987654321"}),
    "a Metrics Insights query": math(
        {**expression('SELECT MAX(Failed) FROM SCHEMA("Shop", service)', "q1"), "Period": 60}
    ),
    "an anomaly band": band(),
    "a composite": composite('ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA("my c"))'),
    "a composite that is always true": composite("TRUE"),
    "a composite that counts": composite("AT_LEAST(2, ALARM, (a, b, c)) OR AT_LEAST(50%, NOT OK, (a, b))"),
    "a composite over ARNs": composite("ALARM(arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a)"),
    "a composite with 100 children": composite(" OR ".join(f"ALARM(a{n})" for n in range(100))),
    "a suppressor that waits": composite(
        "ALARM(a)",
        ActionsSuppressor="s",
        ActionsSuppressorWaitPeriod=0,
        ActionsSuppressorExtensionPeriod=60,
        AlarmActions=["arn:aws:ssm:eu-west-1:123456789012:opsitem:3"],
    ),
    "a composite as it is described without a suppressor": composite(
        "ALARM(a)", ActionsSuppressorWaitPeriod=0, ActionsSuppressorExtensionPeriod=0
    ),
    "an empty dashboard": dashboard(),
    "a dashboard as text": {
        "Dashboards": [{"DashboardName": "shop", "DashboardBody": json.dumps({"widgets": [metric()]})}]
    },
    "a widget at the right edge": dashboard(placed(x=12, y=0, width=12, height=1_000)),
    "500 metrics in a widget": dashboard(metric(metrics=[WIDE] * 500)),
    "100 alarms in an alarm widget": dashboard(alarms_widget(100)),
    "dots for what repeats": dashboard(
        metric(
            metrics=[
                [*WIDE, {"id": "m1"}],
                [".", ".", ".", "baskets", {"id": "m2", "yAxis": "right"}],
                [{"expression": "m1 / m2", "id": "e1"}],
                ["...", "users"],
            ]
        )
    ),
    "a search in a widget": dashboard(
        metric(
            metrics=[[{"expression": "SEARCH('{AWS/Lambda,FunctionName} Errors', 'Sum', 300)", "id": "e1"}]]
        )
    ),
    "states of an alarm widget with their labels": dashboard(
        {"type": "alarm", "properties": {"alarms": [TOPIC], "states": [{"value": "OK", "label": "fine"}]}}
    ),
    "a widget of an alarm": dashboard(metric(metrics=None, annotations={"alarms": [TOPIC]})),
    "a widget of an alarm without a region": dashboard(
        metric(metrics=None, region=None, annotations={"alarms": [TOPIC]})
    ),
    "a widget of a Contributor Insights rule": dashboard(
        metric(metrics=None, insightRule={"ruleName": "r", "orderBy": "Sum", "maxContributorCount": 10})
    ),
    "what get-dashboard tells": {
        "DashboardArn": "arn:aws:cloudwatch::123456789012:dashboard/d",
        "DashboardBody": '{"widgets": []}',
        "DashboardName": "d",
    },
    "what list-dashboards adds": {
        "Dashboards": [
            {"DashboardName": "d", "DashboardBody": {"widgets": []}, "LastModified": "x", "Size": 1}
        ]
    },
    "an account without log alarms": {"LogAlarms": []},
    "a Terraform state that is empty": {"format_version": "1.0"},
    "a Contributor Insights rule, its metric as a word": math(
        {**expression("INSIGHT_RULE_METRIC('rule', UniqueContributors)"), "Period": 60}
    ),
    "a Lambda data source with true among its arguments": math(
        {**expression('LAMBDA("source", true, "fuzzy", 99.9)'), "Period": 60}
    ),
    "the counters of a database": math(
        {
            **expression("DB_PERF_INSIGHTS('RDS', 'db-1', ['os.memory.total.avg', 'db.load.avg'])"),
            "Period": 60,
        }
    ),
    "the greatest group of a query": math(
        {**expression("SELECT MAX(Failed) FROM Shop GROUP BY service LIMIT 1", "q1"), "Period": 60}
    ),
    "the groups of a query, in their order": math(
        {
            **expression("SELECT MAX(Failed) FROM Shop GROUP BY service ORDER BY MAX() DESC", "q1"),
            "Period": 60,
        }
    ),
    "a chain of five hundred expressions": dashboard(
        metric(
            metrics=[
                ["Shop", "Failed", {"id": "e0"}],
                *([{"expression": f"e{n - 1} + e{max(n - 2, 0)}", "id": f"e{n}"}] for n in range(1, 499)),
            ]
        )
    ),
    "an explorer that aggregates nothing, as the console writes it": dashboard(
        explorer(aggregateBy={"key": "", "func": ""}, splitBy="#")
    ),
    "a metric that is the one before it with another statistic": dashboard(
        metric(metrics=[WIDE, ["...", {"stat": "p99"}], ["...", "bills"], [".", "Late", ".", "."]])
    ),
    "a band with a fill, which is ignored": dashboard(
        metric(annotations={"horizontal": [[{"value": 5, "fill": "up"}, {"value": 7}]]})
    ),
    "the first of what is found": dashboard(
        variables=[
            variable(inputType="select", search="{A,B}", populateFrom="B", defaultValue="__FIRST"),
            variable(id="n", inputType="radio", values=[{"value": 5}, {"value": True}], defaultValue=5),
        ]
    ),
    "a dashboard of last year": dashboard(metric(), start="2025-02-03T00:00:00Z", end="2025-03-03T00:00:00Z"),
    "bands across a widget": dashboard(
        metric(annotations={"horizontal": [[{"value": 9, "label": "top"}, {"value": 3}], {"value": 5}]})
    ),
    "a gauge": dashboard(metric(view="gauge", yAxis={"left": {"min": 0, "max": 100}})),
    "what the console adds": dashboard(
        metric(sparkline=False, setPeriodToTimeRange=True, trend=True, legend={"position": "bottom"}),
        periodOverride="inherit",
        start="-PT3H",
    ),
    "a log and a custom widget": dashboard(
        {"type": "log", "properties": {"region": "eu-west-1", "query": "SOURCE 'a' | stats count()"}},
        {"type": "custom", "properties": {"endpoint": "arn:aws:lambda:eu-west-1:123456789012:function:w"}},
    ),
    "variables": dashboard(
        variables=[
            variable(defaultValue="eu-west-1", visible=True),
            variable(id="f", inputType="radio", values=[{"value": "a", "label": "A"}, {"value": "b"}]),
        ]
    ),
    "a weekly mute": mute(),
    "a mute from Monday to Friday": mute("cron(30 1 * JAN-MAR MON-FRI)", "P2DT12H"),
    "a mute once": mute("at(2026-05-10T14:00)", "PT1M"),
    "a detector as it is described": {
        "AnomalyDetectors": [{**DETECTED, "SingleMetricAnomalyDetector": DETECTED, "StateValue": "TRAINED"}]
    },
    "a detector that leaves out ten times": {
        "AnomalyDetectors": [{**DETECTED, "Configuration": {"ExcludedTimeRanges": [LEFT_OUT] * 10}}]
    },
    "a mute on days in small letters": mute("cron(0 2 * * mon-fri)"),
    "a mute of an alarm that the file does not hold": {
        **alarm(AlarmName="failing-1"),
        **mute(names=["failing-2"]),
    },
    "a mute as one is told of": {
        **mute()["AlarmMuteRules"][0],
        "AlarmMuteRuleArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm-mute-rule:m",
        "Status": "ACTIVE",
    },
    "the call of an SLO": slo()["ServiceLevelObjectives"][0],
    "a mute as it is described": {
        "AlarmMuteRules": [
            {
                **mute()["AlarmMuteRules"][0],
                "AlarmMuteRuleArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm-mute-rule:m",
                "Status": "SCHEDULED",
                "MuteType": "RECURRING",
                "LastUpdatedTimestamp": NOON,
            }
        ]
    },
    "a mute once, to the second": mute("at(2026-12-31T23:59:59)", "PT4H"),
    "a weekly mute with an end": dated("cron(0 2 * * SUN)", ExpireDate=NOON),
    "a weekly mute between two dates": dated(
        "cron(0 2 * * SUN)", StartDate="2026-05-10T11:59:00+00:00", ExpireDate=NOON
    ),
    "an SLO by requests": slo(),
    "an SLO by periods": slo(
        RequestBasedSliConfig=None,
        SliConfig={
            "SliMetricConfig": {"MetricDataQueries": [stat("m1", returned=True)], "PeriodSeconds": 60},
            "MetricThreshold": 300.0,
            "ComparisonOperator": "LessThan",
        },
    ),
}

ODD: dict[str, tuple[dict[str, Any], str]] = {
    "a fast period on a metric of AWS": (alarm(Namespace="AWS/SQS", Period=20), "cw-fast-period"),
    "missing data of DynamoDB as breaching": (
        alarm(Namespace="AWS/DynamoDB", TreatMissingData="breaching"),
        "cw-dynamodb",
    ),
    "a low-sample treatment of a sum": (
        alarm(EvaluateLowSampleCountPercentile="ignore"),
        "cw-low-samples",
    ),
    "the same topic twice": (alarm(AlarmActions=[TOPIC, TOPIC]), "cw-action-twice"),
    "an average over what was fetched": (ratio("m1 / AVG(m2)"), "cw-math-over-the-range"),
    "a count that is never reached": (composite("AT_LEAST(3, ALARM, (a, b))"), "cw-rule-never"),
    "a constant in small letters": (composite("false"), "cw-rule-syntax"),
    "a field that DescribeAlarms may learn": (alarm(NewField=1), "cw-unknown-field"),
    "an expression of another period": (
        math({**expression("m1 / m2"), "Period": 300}, stat("m1"), stat("m2")),
        "cw-mixed-periods",
    ),
    "a number in an array of a widget": (
        dashboard(metric(metrics=[[*WIDE, {"id": "m1"}], [{"expression": "MAX([m1, 5])", "id": "e1"}]])),
        "cw-widget-expression",
    ),
    "a dashboard that ends now": (dashboard(metric(), start="-P1W", end="P0D"), "cw-dashboard-time"),
    "a widget over the edge": (dashboard(placed(x=20, y=0, width=8)), "cw-widget-place"),
    "a call that mutes nothing": (UNTARGETED, "cw-mute-nothing"),
    "a mute of nothing": ({"AlarmMuteRules": [UNTARGETED]}, "cw-mute-nothing"),
    "a mute of an alarm in other letters": (
        {**alarm(AlarmName="orders-failing"), **mute(names=["Orders-failing"])},
        "cw-mute-target",
    ),
}


def found(document: dict[str, Any], severity: str) -> list[str]:
    return [p.code for p in check_resources(document, "f.json") if p.severity == severity]


@pytest.mark.parametrize("name", INVALID)
def test_what_is_invalid_breaks_its_rule_and_no_other(name: str) -> None:
    document, code = INVALID[name]

    assert set(found(document, "error")) == {code}


@pytest.mark.parametrize("name", VALID)
def test_what_is_valid_is_let_through(name: str) -> None:
    assert check_resources(VALID[name], "f.json") == ()


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_is_a_warning(name: str) -> None:
    document, code = ODD[name]

    assert (found(document, "error"), found(document, "warning")) == ([], [code])


def test_what_we_compile_passes() -> None:
    assert check(compiled(SHOP)[0]) == ()


def test_what_is_wrong_in_what_we_compile_points_at_the_yaml() -> None:
    (resource,) = (r for r in compiled(SHOP)[0] if r.address == "alert/dlq-not-empty")
    broken = type(resource)(resource.kind, resource.address, {**resource.body, "Period": 45}, resource.where)
    (problem,) = check([broken])

    assert (problem.where.file, problem.where.line, problem.code) == ("alerts/shop.yaml", 7, "cw-period")
    assert problem.message == "alert/dlq-not-empty: a period of 45 s is not possible"
    assert problem.help == "write 10, 20, 30, or 60"


TERRAFORM = {
    "planned_values": {
        "root_module": {
            "resources": [
                {
                    "address": "aws_cloudwatch_metric_alarm.ok",
                    "mode": "managed",
                    "type": "aws_cloudwatch_metric_alarm",
                    "values": {
                        "alarm_name": "ok",
                        "comparison_operator": "GreaterThanThreshold",
                        "evaluation_periods": 2,
                        "datapoints_to_alarm": None,
                        "threshold": 5,
                        "treat_missing_data": "missing",
                        "dimensions": None,
                        "extended_statistic": "",
                        "metric_query": [
                            {
                                "id": "e1",
                                "expression": "m1 * 2",
                                "return_data": True,
                                "metric": [],
                                "period": None,
                                "label": "",
                            },
                            {
                                "id": "m1",
                                "expression": "",
                                "return_data": None,
                                "metric": [
                                    {
                                        "namespace": "Shop",
                                        "metric_name": "Failed",
                                        "period": 60,
                                        "stat": "Sum",
                                        "dimensions": {"service": "orders"},
                                    }
                                ],
                            },
                        ],
                    },
                },
                {"address": "aws_sns_topic.t", "type": "aws_sns_topic", "values": {"name": "t"}},
            ],
            "child_modules": [
                {
                    "resources": [
                        {
                            "address": "module.m.aws_cloudwatch_metric_alarm.late",
                            "type": "aws_cloudwatch_metric_alarm",
                            "values": {
                                "alarm_name": "late",
                                "comparison_operator": "GreaterThanThreshold",
                                "evaluation_periods": 1,
                                "threshold": 5,
                                "metric_name": "Failed",
                                "period": 90,
                                "statistic": "Sum",
                            },
                        },
                        {
                            "address": "module.m.aws_cloudwatch_composite_alarm.c",
                            "type": "aws_cloudwatch_composite_alarm",
                            "values": {
                                "alarm_name": "c",
                                "alarm_rule": "ALARM(a) AND",
                                "actions_suppressor": [
                                    {"alarm": "s", "wait_period": 10, "extension_period": 20}
                                ],
                            },
                        },
                        {
                            "address": "module.m.aws_cloudwatch_dashboard.d",
                            "type": "aws_cloudwatch_dashboard",
                            "values": {"dashboard_name": "d d", "dashboard_body": '{"widgets": []}'},
                        },
                    ]
                }
            ],
        }
    },
    "resource_changes": [
        {
            "address": "module.m.aws_cloudwatch_metric_alarm.late",
            "change": {"after_unknown": {"namespace": True, "alarm_actions": True, "dimensions": True}},
        }
    ],
}


def test_the_alarms_of_a_terraform_plan() -> None:
    problems = check_resources(TERRAFORM, "plan.json")

    assert [(p.message.partition(": ")[0], p.code) for p in problems] == [
        ("module.m.aws_cloudwatch_metric_alarm.late", "cw-period"),
        ("module.m.aws_cloudwatch_composite_alarm.c", "cw-rule-syntax"),
        ("module.m.aws_cloudwatch_dashboard.d", "cw-form"),
    ]


def planned(
    values: dict[str, Any], unknown: dict[str, Any], kind: str = "metric_alarm", copies: int = 1
) -> dict[str, Any]:
    """A plan of one resource, of which something is known only after the apply."""
    addresses = [f"aws_cloudwatch_{kind}.a{n}" for n in range(copies)]
    resources = [{"address": a, "type": a.partition(".")[0], "values": values} for a in addresses]
    return {
        "planned_values": {"root_module": {"resources": resources}},
        "resource_changes": [{"address": a, "change": {"after_unknown": unknown}} for a in addresses],
    }


def known(*left_out: str, **changes: Any) -> dict[str, Any]:
    """A metric alarm's values in Terraform, but for those left out."""
    values = {
        "alarm_name": "late",
        "comparison_operator": "GreaterThanThreshold",
        "evaluation_periods": 3,
        "datapoints_to_alarm": 3,
        "threshold": 5,
        "metric_name": "Failed",
        "namespace": "Shop",
        "period": 300,
        "statistic": "Sum",
        "treat_missing_data": "missing",
    }
    return {key: value for key, value in {**values, **changes}.items() if key not in left_out}


OF_MATHS = ("metric_name", "namespace", "period", "statistic")


def of_maths(first: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A metric alarm over two metrics in Terraform; `first` is the metric of m1."""
    m2 = {"metric": [{"namespace": "Shop", "metric_name": "All", "period": 300, "stat": "Sum"}]}
    maths = {"id": "e1", "expression": "m1 / m2", "return_data": True, "metric": []}
    return known(*OF_MATHS, metric_query=[{"id": "m1", **first}, {"id": "m2", **m2}, maths], **changes)


MUTE, WEEKLY = "alarm_mute_rule", "cron(0 2 * * SUN)"
ALARM_A = "aws_cloudwatch_metric_alarm.a"
ONCE_KNOWN = {"rule": [{"schedule": [{"duration": True, "expression": True, "timezone": True}]}]}


def terraform_mute(*left_out: str, schedule: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A mute rule's values in Terraform, but for those left out; `timezone` is known after the apply."""
    values = {
        "name": "sundays",
        "description": None,
        "start_date": "2026-12-01T00:00:00Z",
        "expire_date": "2027-03-01T00:00:00Z",
        "rule": [
            {"schedule": [{"duration": "PT4H", "expression": WEEKLY} if schedule is None else schedule]}
        ],
        "mute_targets": [{"alarm_names": ["late"]}],
        "tags": {"team": "shop"},
        "tags_all": {"team": "shop"},
    }
    return {key: value for key, value in {**values, **changes}.items() if key not in left_out}


UNKNOWN = {
    "a dimension's value": planned(known(dimensions={"Queue": None}), {"dimensions": {"Queue": True}}),
    "one of the actions": planned(known(alarm_actions=[None]), {"alarm_actions": [True]}),
    "the dimensions of an instance to stop": planned(known(alarm_actions=[ARN]), {"dimensions": True}),
    "the namespace of an instance to stop": planned(
        known("namespace", alarm_actions=[ARN]), {"namespace": True}
    ),
    "all actions": planned(known(), {"alarm_actions": True}),
    "the names of two alarms": planned(known("alarm_name"), {"alarm_name": True}, copies=2),
    "the operator and the treatment": planned(
        known("comparison_operator", "treat_missing_data"),
        {"comparison_operator": True, "treat_missing_data": True},
    ),
    "either statistic": planned(known("statistic"), {"statistic": True, "extended_statistic": True}),
    "a unit and an extended statistic": planned(known(), {"unit": True, "extended_statistic": True}),
    "the number of periods": planned(known("evaluation_periods"), {"evaluation_periods": True}),
    "every metric": planned(known(*OF_MATHS), {"metric_query": True}),
    "one metric": planned(of_maths({}), {"metric_query": [{"metric": True}, {}, {}]}),
    "a metric's period": planned(
        of_maths({"metric": [{"namespace": "Shop", "metric_name": "Failed", "stat": "Sum"}]}),
        {"metric_query": [{"metric": [{"period": True}]}, {}, {}]},
    ),
    "a metric's dimension": planned(
        of_maths(
            {
                "metric": [
                    {
                        "namespace": "Shop",
                        "metric_name": "Failed",
                        "stat": "Sum",
                        "period": 300,
                        "dimensions": {"Queue": None},
                    }
                ]
            }
        ),
        {"metric_query": [{"metric": [{"dimensions": {"Queue": True}}]}, {}, {}]},
    ),
    "an expression": planned(
        known(*OF_MATHS, metric_query=[{"id": "e1", "return_data": True, "metric": []}]),
        {"metric_query": [{"expression": True}]},
    ),
    "the period of an expression": planned(
        known(
            *OF_MATHS,
            metric_query=[{"id": "e1", "expression": "TIME_SERIES(5)", "return_data": True, "metric": []}],
        ),
        {"metric_query": [{"period": True}]},
    ),
    "the rule": planned({"alarm_name": "c"}, {"alarm_rule": True}, "composite_alarm"),
    "the suppressor": planned(
        {
            "alarm_name": "c",
            "alarm_rule": "ALARM(a)",
            "actions_suppressor": [{"wait_period": 60, "extension_period": 60}],
        },
        {"actions_suppressor": [{"alarm": True}]},
        "composite_alarm",
    ),
    "the body": planned({"dashboard_name": "d"}, {"dashboard_body": True}, "dashboard"),
    "the name of a mute": planned(terraform_mute("name"), {"name": True}, MUTE),
    "when a mute begins": planned(terraform_mute(schedule={"duration": "PT2H"}), ONCE_KNOWN, MUTE),
    "how long a mute lasts": planned(terraform_mute(schedule={"expression": WEEKLY}), ONCE_KNOWN, MUTE),
    "the schedule of a mute": planned(terraform_mute(rule=[{}]), {"rule": [{"schedule": True}]}, MUTE),
    "the rule of a mute": planned(terraform_mute("rule"), {"rule": True}, MUTE),
    "whom a mute is for": planned(terraform_mute("mute_targets"), {"mute_targets": True}, MUTE),
    "the names of whom a mute is for": planned(
        terraform_mute(mute_targets=[{}]), {"mute_targets": [{"alarm_names": True}]}, MUTE
    ),
    "one name of whom a mute is for": planned(
        terraform_mute(mute_targets=[{"alarm_names": [None]}]),
        {"mute_targets": [{"alarm_names": [True]}]},
        MUTE,
    ),
    "the dates of a mute": planned(
        terraform_mute("start_date", "expire_date"), {"start_date": True, "expire_date": True}, MUTE
    ),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_terraform_does_not_know_yet_is_taken_to_be_right(what: str) -> None:
    assert check_resources(UNKNOWN[what], "plan.json") == ()


def test_an_alarm_in_words_of_a_newer_provider_is_let_through() -> None:
    promql = {"evaluation_criteria": [{"promql_criteria": [{"query": "up"}]}], "alarm_name": "up"}

    assert check_resources(planned(promql, {}), "f.json") == ()


def test_what_terraform_knows_is_still_judged_beside_what_it_does_not() -> None:
    odd = of_maths({"metric": [{"namespace": "Shop", "metric_name": "Failed", "stat": "Sum", "period": 60}]})

    assert found(planned(known("namespace", period=45), {"namespace": True}), "error") == ["cw-period"]
    assert found(planned(odd, {"metric_query": [{"metric": [{"unit": True}]}]}), "error") == [
        "cw-mixed-periods"
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(terraform_mute(), [], id="a weekly mute between two dates"),
        pytest.param(
            terraform_mute(schedule={"expression": "cron(0 25 * * *)", "duration": "PT4H"}),
            [("error", "cw-mute-schedule")],
            id="an hour that no day has",
        ),
        pytest.param(
            terraform_mute(schedule={"expression": WEEKLY, "duration": "P16D"}),
            [("error", "cw-mute-duration")],
            id="16 days",
        ),
        pytest.param(
            terraform_mute(schedule={"expression": WEEKLY, "duration": "PT4H", "timezone": "CEST"}),
            [("error", "cw-mute-zone")],
            id="a zone that is none",
        ),
        pytest.param(
            terraform_mute(schedule={"expression": "at(2026-12-10T14:00)", "duration": "PT4H"}),
            [("error", "cw-mute-dates")],
            id="dates of what comes once",
        ),
        pytest.param(
            terraform_mute(mute_targets=[{"alarm_names": [f"a{n}" for n in range(101)]}]),
            [("error", "cw-too-many")],
            id="101 alarms",
        ),
        pytest.param(terraform_mute(mute_targets=[]), [("warning", "cw-mute-nothing")], id="no targets"),
        pytest.param(
            terraform_mute(mute_targets=[{"alarm_names": []}]),
            [("warning", "cw-mute-nothing")],
            id="targets without a name",
        ),
    ],
)
def test_a_mute_rule_of_terraform(values: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    problems = check_resources(planned(values, {}, MUTE), "plan.json")

    assert [(p.severity, p.code) for p in problems] == expected


def test_a_mute_rule_of_terraform_names_the_alarm_as_it_is_written() -> None:
    document = planned(terraform_mute(mute_targets=[{"alarm_names": ["Late"]}]), {}, MUTE)
    resources = document["planned_values"]["root_module"]["resources"]
    resources.append({"address": ALARM_A, "type": "aws_cloudwatch_metric_alarm", "values": known()})

    assert found(document, "warning") == ["cw-mute-target"]


def test_what_is_wrong_with_a_mute_of_terraform_is_told_at_its_line() -> None:
    document = planned(terraform_mute(name="x" * 256), {}, MUTE)
    text = json.dumps(document, indent=1)
    (problem,) = check_resources(document, "plan.json", text)

    assert text.splitlines()[problem.where.line - 1].strip().startswith('"name"')


def test_the_zero_values_of_a_terraform_state_say_nothing() -> None:
    zeros = {"datapoints_to_alarm": 0, "extended_statistic": "", "unit": "", "dimensions": {}}
    band = {"id": "t1", "expression": "ANOMALY_DETECTION_BAND(m1)", "return_data": True}
    m1 = {"namespace": "Shop", "metric_name": "Failed", "period": 300, "stat": "Sum"}
    banded = known(
        *("metric_name", "namespace", "statistic"),
        period=0,
        threshold=0,
        threshold_metric_id="t1",
        comparison_operator="GreaterThanUpperThreshold",
        metric_query=[{"id": "m1", "metric": [m1], "return_data": True}, band],
    )

    assert check_resources(planned(known(**zeros), {}), "state.json") == ()
    assert check_resources(planned(banded, {}), "state.json") == ()


def lived(name: str, region: str, account: str = "123456789012", **changes: Any) -> dict[str, Any]:
    """An alarm as it is described in a Region."""
    arn = f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"
    (body,) = alarm(AlarmName=name, AlarmArn=arn, AlarmActions=None, **changes)["MetricAlarms"]
    return dict(body)


def lived_rule(name: str, rule: str, region: str) -> dict[str, Any]:
    arn = f"arn:aws:cloudwatch:{region}:123456789012:alarm:{name}"
    return {"AlarmName": name, "AlarmRule": rule, "AlarmArn": arn}


def placed_in(*values: dict[str, Any], regions: tuple[str, ...] = (), block: str = "") -> dict[str, Any]:
    """A plan of alarms, each made by the provider of a Region if that is said."""
    kind = "aws_cloudwatch_metric_alarm"
    named = [block or f"{kind}.a{n}" for n in range(len(values))]
    addresses = [f"{name}[{n}]" if block else name for n, name in enumerate(named)]
    resources = [{"address": a, "type": kind, "values": v} for a, v in zip(addresses, values, strict=True)]
    blocks = [
        {"address": name, "provider_config_key": region} for name, region in zip(named, regions, strict=False)
    ]
    says = {region: {"expressions": {"region": {"constant_value": region}}} for region in regions}
    configuration = {"provider_config": says, "root_module": {"resources": blocks}}
    return {"planned_values": {"root_module": {"resources": resources}}, "configuration": configuration}


EUROPE, AMERICA = "eu-west-1", "us-east-1"
OF_EUROPE = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:late"


@pytest.mark.parametrize(
    ("document", "errors", "warnings"),
    [
        pytest.param(
            {"MetricAlarms": [lived("a", EUROPE), lived("a", AMERICA)]}, 0, 0, id="of two Regions are two"
        ),
        pytest.param(
            {"MetricAlarms": [lived("a", EUROPE), lived("a", EUROPE, "210987654321")]},
            *(0, 0),
            id="of two accounts are two",
        ),
        pytest.param(
            {"MetricAlarms": [lived("a", EUROPE), lived("a", EUROPE)]}, 2, 0, id="of one Region are one"
        ),
        pytest.param(
            {"MetricAlarms": [lived("a", EUROPE), *alarm(AlarmName="a", AlarmActions=None)["MetricAlarms"]]},
            *(0, 2),
            id="may be one where only one says its Region",
        ),
        pytest.param(
            {
                "CompositeAlarms": [
                    *(lived_rule("a", "ALARM(b)", EUROPE), lived_rule("b", "TRUE", EUROPE)),
                    *(lived_rule("b", "ALARM(a)", AMERICA), lived_rule("a", "TRUE", AMERICA)),
                ]
            },
            *(0, 0),
            id="of two Regions are no circle",
        ),
        pytest.param(
            placed_in(known(region=EUROPE), known(region=AMERICA)), 0, 0, id="of two Regions in a plan"
        ),
        pytest.param(placed_in(known(), known()), 0, 2, id="of two blocks of a plan may be of two Regions"),
        pytest.param(placed_in(known(), known(), block="x.y"), 2, 0, id="of one block of a plan are one"),
        pytest.param(
            placed_in(known(region=EUROPE), known(region=AMERICA), block="x.y"),
            *(0, 0),
            id="of one block over Regions are two",
        ),
        pytest.param(
            placed_in(known(), known(), regions=(EUROPE, AMERICA)), 0, 0, id="of two providers are two"
        ),
        pytest.param(
            placed_in(known(), known(), regions=(EUROPE, EUROPE)), 2, 0, id="of one provider are one"
        ),
    ],
)
def test_alarms_of_one_name(document: dict[str, Any], errors: int, warnings: int) -> None:
    assert found(document, "error") == ["cw-name-twice"] * errors
    assert found(document, "warning") == ["cw-name-twice"] * warnings


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(placed_in(known(region=AMERICA, alarm_actions=[TOPIC])), id="that the alarm says"),
        pytest.param(
            placed_in(known(alarm_actions=[TOPIC]), regions=(AMERICA,)), id="that its provider says"
        ),
        pytest.param(
            placed_in(known(arn=OF_EUROPE, alarm_actions=[TOPIC.replace(EUROPE, AMERICA)])),
            id="of the alarm's ARN",
        ),
    ],
)
def test_a_topic_of_another_region_than_that_of_terraform(document: dict[str, Any]) -> None:
    assert found(document, "error") == ["cw-action-region"]


def test_a_topic_of_the_region_of_terraform() -> None:
    in_place = known(region=EUROPE, alarm_actions=[TOPIC])

    assert check_resources(placed_in(in_place), "plan.json") == ()
    assert check_resources(placed_in({**in_place, "arn": OF_EUROPE}), "plan.json") == ()
    assert check_resources(placed_in(known(alarm_actions=[TOPIC]), regions=(EUROPE,)), "plan.json") == ()


def test_our_own_build_is_read() -> None:
    document: dict[str, Any] = {
        "resources": [{"kind": r.kind, "address": r.address, "body": r.body} for r in compiled(SHOP)[0]]
    }
    broken = copy.deepcopy(document)
    broken["resources"][0]["body"]["Period"] = 45

    assert check_resources(document, "f.json") == ()
    assert found(broken, "error") == ["cw-period"]


def test_a_file_of_another_shape_is_said_to_be_so() -> None:
    assert found({"alarms": []}, "error") == ["cw-no-resources"]
    assert found({"MetricAlarms": None}, "error") == ["cw-no-resources"]


@pytest.mark.parametrize("key", ["MetricAlarms", "CompositeAlarms", "Dashboards", "resources"])
@pytest.mark.parametrize("value", [{}, "alarms", 5, True], ids=str)
def test_what_should_be_a_list_and_is_none_is_an_error(key: str, value: Any) -> None:
    (problem,) = check_resources({key: value}, "f.json", json.dumps({key: value}))

    assert (problem.code, problem.severity, problem.where.column) == ("cw-wrong-type", "error", 2)
    assert found({**alarm(), "LogAlarms": value}, "error") == ["cw-wrong-type"]
    assert found({**alarm(), "LogAlarms": None}, "error") == []


@pytest.mark.parametrize(
    ("text", "said", "code"),
    [
        pytest.param('{"MetricAlarms": []}', ["cw-nothing-judged"], 0, id="no alarms"),
        pytest.param(
            json.dumps(planned({"name": "nights"}, {}, "metric_stream")),
            *(["cw-nothing-judged"], 0),
            id="a plan of a metric stream",
        ),
        pytest.param(
            '{"MetricAlarms": [], "MetricAlarms": []}', ["cw-key-twice"], 1, id="a list that stands twice"
        ),
        pytest.param(
            json.dumps(alarm()).replace('"Period": 60', '"Period": 45, "Period": 60'),
            *(["cw-key-twice"], 1),
            id="a field that stands twice",
        ),
        pytest.param(json.dumps(alarm()), [], 0, id="an alarm"),
    ],
)
def test_a_file_that_says_less_than_it_seems_to(
    text: str, said: list[str], code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "alarms.json"
    file.write_text(text)
    with pytest.raises(typer.Exit) as done:
        check_files(resources=file, format_="json")

    assert [problem["code"] for problem in json.loads(capsys.readouterr().out)] == said
    assert int(done.value.exit_code) == code


@pytest.mark.parametrize(
    ("document", "codes"),
    [
        pytest.param(
            math({**stat("m1", returned=True), "MetricStat": None}), ["cw-metric-or-expression"], id="a stat"
        ),
        pytest.param(
            math({**stat("m1", returned=True), "Period": None, "Label": None}), [], id="what a query may say"
        ),
        pytest.param(
            math(stat("m1", returned=True, Metric={"Namespace": "N", "MetricName": "m", "Dimensions": None})),
            [],
            id="dimensions",
        ),
        pytest.param(
            dashboard({"type": "metric", "properties": None}),
            ["cw-missing-field"],
            id="properties of a widget",
        ),
        pytest.param(
            dashboard({"type": 5, "properties": "x"}),
            ["cw-wrong-type"],
            id="properties that are a text, of no type",
        ),
    ],
)
def test_what_is_null_is_not_there(document: dict[str, Any], codes: list[str]) -> None:
    assert list(dict.fromkeys(found(document, "error")))[: len(codes) or 1] == codes


def test_an_interval_of_an_slo_that_is_none_is_said_to_be_so() -> None:
    goal = {"Interval": {"Fortnight": "two weeks"}, "AttainmentGoal": 99.7}

    assert "cw-unknown-field" in [p.code for p in check_resources(slo(Goal=goal), "f.json")]


def test_a_period_of_an_slo_of_no_seconds_is_out_of_bounds() -> None:
    period = {"MetricDataQueries": [stat("m1", returned=True)], "PeriodSeconds": 0}
    sli = {"SliMetricConfig": period, "MetricThreshold": 300.0, "ComparisonOperator": "LessThan"}

    assert found(slo(RequestBasedSliConfig=None, SliConfig=sli), "error") == ["cw-bounds"]


def test_half_a_character_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "alarms.json"
    file.write_text('{"MetricAlarms": [{"AlarmName": "\\ud800x"}]}')

    with pytest.raises(Unable, match="holds half a character"):
        check_files(resources=file)
    assert found({"MetricAlarms": []}, "error") == []


def test_every_code_has_its_explanation() -> None:
    codes = {code for _, code in (*INVALID.values(), *ODD.values())} | {"cw-no-resources"}
    pages = explanations()

    assert codes - pages.keys() == set()
    assert [code for code, page in pages.items() if "Breaks:" not in page or "Keeps:" not in page] == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    [*alarm()["MetricAlarms"][0], "Metrics", "EvaluationWindow", "EvaluationCriteria", "Tags"]
)


@given(field=FIELDS, value=JSON)
def test_no_alarm_is_so_broken_that_it_cannot_be_judged(field: str, value: Any) -> None:
    check_resources(
        {"MetricAlarms": [{**ratio("m1 / m2")["MetricAlarms"][0], field: value}, value]}, "f.json"
    )


@given(body=JSON, rule=st.text(max_size=20), widget=JSON)
def test_nothing_else_is_either(body: Any, rule: str, widget: Any) -> None:
    check_resources(composite(rule, AlarmName=body), "f.json")
    check_resources(
        dashboard(widget, {"type": "metric", "properties": body}, metric(metrics=[widget])), "f.json"
    )
    check_resources({"resources": body, "planned_values": widget, "Dashboards": body}, "f.json")
    check_resources(slo(Goal=body, RequestBasedSliConfig=widget), "f.json")
    check_resources(mute(rule, rule, Timezone=rule), "f.json")
