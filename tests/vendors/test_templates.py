"""Files that people have: templates of CloudFormation, bodies of dashboards, lists of alarms, changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from sereno.cli.check import check as check_files
from sereno.errors import Unable
from sereno.vendors.cloudwatch.limits import check_resources, templates
from tests.vendors.test_limits import JSON, TOPIC, alarm, composite, metric, planned

ALARM = alarm()["MetricAlarms"][0]


def errors(text: str) -> list[tuple[str, int, int]]:
    """(code, line, column) of every error in a file."""
    read = templates.read(text)
    found = check_resources(read.document, "f.yaml", text, read.at)
    return [(p.code, p.where.line, p.where.column) for p in found if p.severity == "error"]


def codes(*resources: dict[str, Any], **properties: Any) -> list[str]:
    """Of a template with these resources, or with one alarm that has these properties."""
    every = resources or ({"Type": "AWS::CloudWatch::Alarm", "Properties": {**ALARM, **properties}},)
    template = {"Resources": {f"R{n}": resource for n, resource in enumerate(every)}}
    return [code for code, _, _ in errors(json.dumps(template))]


def made(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::CloudWatch::{kind}", "Properties": properties}


def drawn(body: Any) -> list[str]:
    """Of a template with a dashboard of this body."""
    return codes(made("Dashboard", DashboardName="shop", DashboardBody=body))


WRITTEN = """\
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Env: {Type: String}
Resources:
  Failing:
    Type: AWS::CloudWatch::Alarm
    Condition: IsProd
    Properties:
      AlarmName: !Sub "${Env}-failing"
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions:
        - Name: FunctionName
          Value: !Ref Function
      Period: 45
      Statistic: Sum
      EvaluationPeriods: !If [IsProd, 1, !Ref Periods]
      DatapointsToAlarm: '3'
      Threshold: 1
      ComparisonOperator: GreaterThanThreshold
      AlarmActions: [!Ref Topic, !If [IsProd, !Ref Pager, !Ref AWS::NoValue]]
  Both:
    Type: AWS::CloudWatch::CompositeAlarm
    Properties:
      AlarmName: both
      AlarmRule: !Join [' AND ', [!Sub 'ALARM("${Failing}")', 'ALARM("b"']]
"""


def test_what_is_wrong_in_a_template_is_told_where_it_stands() -> None:
    assert errors(WRITTEN) == [("cw-period", 15, 7), ("cw-rule-syntax", 26, 7)]


KNOWN_LATER: dict[str, dict[str, Any]] = {
    "a period": {"Period": {"Ref": "Period"}, "EvaluationPeriods": 1_440, "DatapointsToAlarm": None},
    "a number of periods": {"EvaluationPeriods": {"Ref": "N"}, "DatapointsToAlarm": 3},
    "an operator": {"ComparisonOperator": {"Fn::Sub": "${Way}Threshold"}},
    "a name": {"AlarmName": {"Fn::Join": ["-", [{"Ref": "AWS::StackName"}, "a"]]}},
    "no name at all": {"AlarmName": None},
    "a statistic, one way or the other": {
        "Statistic": {"Fn::If": ["c", "Sum", {"Ref": "AWS::NoValue"}]},
        "ExtendedStatistic": {"Fn::If": ["c", {"Ref": "AWS::NoValue"}, {"Fn::Sub": "p${P}"}]},
    },
    "all its metrics": {"Metrics": {"Fn::If": ["c", [], []]}, **dict.fromkeys(("Period", "Statistic"))},
    "its actions": {"AlarmActions": {"Fn::Split": [",", {"Ref": "Topics"}]}},
    "an action that is no list": {"AlarmActions": TOPIC, "OKActions": {"Ref": "Topic"}},
    "actions, each of its own": {"AlarmActions": [{"Ref": "Topic"}, {"Fn::GetAtt": ["Function", "Arn"]}]},
    "its dimensions": {"Dimensions": {"Fn::If": ["c", [{"Name": "a", "Value": {"Ref": "A"}}], []]}},
    "a threshold in the parameter store": {"Threshold": "{{resolve:ssm:threshold}}"},
    "numbers and truths in quotes": {"Period": "60", "Threshold": "1.5", "ActionsEnabled": "true"},
    "a number as the value of a dimension": {"Dimensions": [{"Name": "shard", "Value": 7}]},
    "a field for tags in notifications": {"ActionConfiguration": {"AlarmTagsPropagation": "NONE"}},
}


@pytest.mark.parametrize("what", KNOWN_LATER)
def test_what_a_stack_will_know_is_never_refused(what: str) -> None:
    properties = {k: v for k, v in {**ALARM, **KNOWN_LATER[what]}.items() if v is not None}

    if what == "all its metrics":
        properties = {
            k: v for k, v in properties.items() if k not in ("Namespace", "MetricName", "Dimensions")
        }
        properties["Metrics"] = {"Fn::FindInMap": ["A", "B", "C"]}
    template = {"Resources": {"R": made("Alarm", **properties)}}
    assert check_resources(template, "f.json") == ()


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        pytest.param({"Period": "45"}, "cw-period", id="a period in quotes"),
        pytest.param({"AlarmActions": [{"Ref": "Topic"}, "on-call"]}, "cw-form", id="an action beside one"),
        pytest.param(
            {"Statistic": {"Fn::If": ["c", "Summ", "Mean"]}},
            "cw-choice",
            id="either branch, each its own way",
        ),
        pytest.param({"TreatMissingData": "notbreaching"}, "cw-choice", id="a word"),
        pytest.param({"AlarmName": {"Fn::Sub": "${Env}" + "x" * 256}}, "cw-length", id="a name's end"),
    ],
)
def test_what_is_wrong_whatever_a_stack_will_know_is_told(properties: dict[str, Any], code: str) -> None:
    expected = [] if code == "cw-choice" and "Statistic" in properties else [code]
    assert codes(**properties) == expected


def query(text: Any) -> dict[str, Any]:
    return {"Id": "e1", "Expression": text, "ReturnData": True}


def of_metric(name: str, **more: Any) -> dict[str, Any]:
    asked = {"Metric": {"Namespace": "Shop", "MetricName": name}, "Period": 60, "Stat": "Sum", **more}
    return {"Id": name, "MetricStat": asked, "ReturnData": False}


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        pytest.param(
            [query("m1 / m2"), of_metric("m1"), {"Fn::If": ["c", of_metric("m2"), {"Ref": "AWS::NoValue"}]}],
            [],
            id="a metric under a condition",
        ),
        pytest.param(
            [query({"Fn::Sub": "IF(m1 > ${Least}, m1, 0)"}), of_metric("m1")], [], id="a number in math"
        ),
        pytest.param(
            [query("m1 / m3"), of_metric("m1")], ["cw-math-unknown-id"], id="an id that is not there"
        ),
        pytest.param(
            [query("m1"), of_metric("m1", Period={"Ref": "P"}, Stat={"Ref": "S"})],
            [],
            id="a period and a statistic",
        ),
    ],
)
def test_metrics_of_a_template(metrics: list[Any], expected: list[str]) -> None:
    watched = ("Namespace", "MetricName", "Dimensions", "Period", "Statistic")
    properties = {k: v for k, v in ALARM.items() if k not in watched}
    assert codes(made("Alarm", **properties, Metrics=metrics)) == expected


WIDGET = """{"widgets": [{"type": "metric", "properties": {
  "region": "${AWS::Region}",
  "metrics": [["AWS/Lambda", "Errors", "FunctionName", "${Function}", {"period": ${Period}}]]
}}]}"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            {"Fn::Sub": WIDGET},
            [],
            id="values in texts and out of them",
        ),
        pytest.param(
            {"Fn::Sub": '{"widgets": [{"type": "metrik", "properties": {"region": "${AWS::Region}"}}]}'},
            ["cw-choice"],
            id="a type that is none, beside a value",
        ),
        pytest.param({"Fn::Sub": '{"widgets": [${Widgets}]}'}, [], id="all widgets"),
        pytest.param({"Fn::Sub": '{"widgets": [{"type": "text"} ${More}]}'}, [], id="more of something"),
        pytest.param(
            {"Fn::Sub": '{"widgets": [{"type": "text", "properties": {"markdown": "${!a}"}}]}'},
            [],
            id="${!a}",
        ),
        pytest.param({"Ref": "Body"}, [], id="the whole"),
        pytest.param({"Fn::Sub": "{widgets: []}"}, ["cw-dashboard-json"], id="what is no JSON"),
        pytest.param(
            {"Fn::ToJsonString": {"widgets": [{"type": "text", "properties": {}}]}},
            ["cw-missing-field"],
            id="an object",
        ),
        pytest.param(
            {
                "Fn::Join": [
                    "",
                    ['{"widgets": [{"type": "alarm", "properties": {"alarms": ["', {"Ref": "A"}, '"]}}]}'],
                ]
            },
            [],
            id="what the CDK writes",
        ),
    ],
)
def test_a_dashboard_of_a_template(body: Any, expected: list[str]) -> None:
    assert drawn(body) == expected


def test_alarms_of_one_name_under_conditions_are_no_error() -> None:
    one = {"Type": "AWS::CloudWatch::Alarm", "Properties": ALARM}

    assert codes(one, one) == ["cw-name-twice", "cw-name-twice"]
    assert codes({**one, "Condition": "A"}, {**one, "Condition": "B"}) == []


def test_properties_that_a_function_gives_are_not_judged() -> None:
    assert codes({"Type": "AWS::CloudWatch::Alarm", "Properties": {"Fn::Sub": "${Alarm}"}}) == []


def test_a_detector_has_its_time_zone_as_cloudformation_writes_it() -> None:
    zoned = {
        "Namespace": "Shop",
        "MetricName": "Failed",
        "Stat": "Sum",
        "Configuration": {"MetricTimeZone": "Mars"},
    }

    assert codes(made("AnomalyDetector", **zoned)) == ["cw-detector-times"]


@pytest.mark.parametrize(
    ("document", "code", "path"),
    [
        pytest.param([{**ALARM, "Period": 45}], "cw-period", [0, "Period"], id="a list of alarms"),
        pytest.param(
            {"widgets": [metric(stat="Mean")]}, "cw-widget-stat", ["widgets", 0], id="the body of a dashboard"
        ),
        pytest.param(
            {
                "resource_changes": [
                    {
                        "type": "aws_cloudwatch_metric_alarm",
                        "address": "a",
                        "change": {
                            "after": {
                                "alarm_name": "a",
                                "comparison_operator": "GreaterThanThreshold",
                                "evaluation_periods": 1,
                                "threshold": 1,
                                "namespace": "n",
                                "metric_name": "m",
                                "statistic": "Sum",
                                "period": 45,
                            }
                        },
                    }
                ]
            },
            "cw-period",
            ["resource_changes", 0, "change", "after", "period"],
            id="a plan of changes alone",
        ),
    ],
)
def test_other_shapes(document: Any, code: str, path: list[Any]) -> None:
    text = json.dumps(document, indent=1)
    (problem,) = check_resources(document, "f.json", text)

    assert (problem.code, problem.severity) == (code, "error")
    line = text.splitlines()[problem.where.line - 1]
    last = path[-1]
    assert f'"{last}"' in line if isinstance(last, str) else line.strip() == "{"


ASKED = {"Id": "m1", "MetricStat": of_metric("m1")["MetricStat"]}


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        pytest.param({"MetricDataQueries": [ASKED, query("m1 / 5")]}, [], id="a metric and an expression"),
        pytest.param([ASKED, query("[m1, m1]")], [], id="queries alone, of which one gives several series"),
        pytest.param([query("SEARCH('{AWS/Lambda} Errors', 'Sum')")], [], id="a search"),
        pytest.param([ASKED, query("SUM(m1)")], ["cw-request-queries"], id="a number"),
        pytest.param([ASKED, ASKED], ["cw-request-queries"], id="an id twice"),
        pytest.param([of_metric("m1", Period=45)], ["cw-request-metric"], id="a period"),
        pytest.param([of_metric("m1", Stat="Mean")], ["cw-request-metric"], id="a statistic"),
        pytest.param([{**ASKED, "Id": "M1"}], ["cw-form"], id="an id in capitals"),
        pytest.param({"MetricDataQueries": []}, ["cw-too-many"], id="no query"),
        pytest.param(
            {
                "MetricDataQueries": [ASKED],
                "StartTime": "2026-02-01T00:00:00Z",
                "EndTime": "2026-01-01T00:00:00Z",
            },
            ["cw-request-time"],
            id="an end before the start",
        ),
    ],
)
def test_what_is_asked_of_get_metric_data(request_: Any, expected: list[str]) -> None:
    text = json.dumps(request_, indent=1)

    assert [code for code, _, _ in errors(text)] == expected


def test_a_plan_that_deletes_an_alarm_has_nothing_to_judge() -> None:
    gone = {"type": "aws_cloudwatch_metric_alarm", "address": "a", "change": {"after": None}}

    assert check_resources({"resource_changes": [gone]}, "f.json") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("MetricAlarms:\n- AlarmName: a\n  Period: 45\n", 1, id="describe-alarms as YAML"),
        pytest.param(
            '{"resources": [{"type": "aws_instance", "instances": []}]}', 1, id="a terraform.tfstate"
        ),
        pytest.param('{"alarms": [{"AlarmName": "a"}]}', 1, id="an unknown shape"),
        pytest.param("[]", 1, id="an empty list"),
        pytest.param("openapi: 3.0.0\n", 1, id="YAML of something else"),
        pytest.param('{"MetricAlarms": []}', 0, id="no alarms"),
        pytest.param('{"resources": []}', 0, id="an empty build"),
        pytest.param("Resources:\n  Topic: {Type: AWS::SNS::Topic}\n", 0, id="a template without alarms"),
        pytest.param(json.dumps(planned({"name": "n"}, {}, "sns_topic")), 0, id="a plan without alarms"),
    ],
)
def test_a_file_in_which_nothing_is_known_is_an_error(text: str, expected: int, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text(text)
    with pytest.raises(typer.Exit) as done:
        check_files(resources=file)

    assert int(done.value.exit_code) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param('{"MetricAlarms": [}', "neither JSON nor YAML", id="broken JSON"),
        pytest.param("a: [b", "neither JSON nor YAML", id="broken YAML"),
        pytest.param("five", "neither an object nor a list", id="a word"),
        pytest.param(
            "a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a]\n"
            + "".join(
                f"{chr(99 + n)}: &{chr(99 + n)} [{', '.join(['*' + chr(98 + n)] * 9)}]\n" for n in range(9)
            ),
            "more values",
            id="aliases of aliases",
        ),
        pytest.param("- " * 2_000 + "a", "deeper", id="a deep list"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_sentence(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "file.yaml"
    file.write_text(text)
    with pytest.raises(Unable, match=said):
        check_files(resources=file)


def test_a_key_that_stands_twice_in_a_template_is_told() -> None:
    assert templates.read("Resources:\n  A: 1\n  A: 2\n").twice == ["A"]


def test_yaml_is_what_its_json_is() -> None:
    text = "a: [1, 1.5, yes, ~, '1', 0x1F, x: !GetAtt A.B]\nb: &b {c: d}\ne: *b\n"
    document = {
        "a": [1, 1.5, True, None, "1", "0x1F", {"x": {"Fn::GetAtt": "A.B"}}],
        "b": {"c": "d"},
        "e": {"c": "d"},
    }
    assert templates.read(text).document == document


@given(properties=JSON, kind=st.sampled_from(["Alarm", "CompositeAlarm", "Dashboard", "AnomalyDetector"]))
def test_no_template_is_so_broken_that_it_cannot_be_judged(properties: Any, kind: str) -> None:
    codes({"Type": f"AWS::CloudWatch::{kind}", "Properties": properties})
    codes(made(kind, AlarmName=properties, Metrics=properties, DashboardBody={"Fn::Sub": properties}))
    drawn({"Fn::Join": ["", properties]})


@given(text=st.text(alphabet="ab:-[]{}!&*'\"\n ,|>#?", max_size=40))
def test_no_text_is_so_broken_that_it_cannot_be_read(text: str) -> None:
    try:
        read = templates.read(text)
    except ValueError:
        return
    check_resources(read.document, "f", text, read.at)


def test_a_topic_and_an_alarm_of_a_template_are_taken_to_exist() -> None:
    rule = composite("ALARM(a)")["CompositeAlarms"][0]

    assert codes(made("CompositeAlarm", **rule, AlarmActions=[TOPIC, {"Ref": "Topic"}])) == []
