"""What AWS's documentation says of payloads, sentence by sentence, beside `test_limits`.

A second collection, made from the reference and not from the rules: what it calls invalid must be an error,
what it allows must be nothing at all.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.test_limits import (
    SINGLE,
    TOPIC,
    WIDE,
    alarm,
    band,
    composite,
    dashboard,
    expression,
    found,
    math,
    metric,
    mute,
    placed,
    ratio,
    slo,
    stat,
    variable,
)

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
STATISTICS = (
    *("p0", "p05", "p50", "p99.", "p99.99", "p99.9999999999", "p100", "tm99", "tc90", "ts80", "wm98", "IQM"),
    *("PR(:100)", "PR(100:)", "PR(0.5:1.5)", "PR(1e3:1e6)", "TM(2%:98%)", "TM(:950)", "TM(2%:)", "TS(80%:)"),
    *("WM(10%:90%)", "TC(0.005:0.030)", "TC(:300)"),
)
NO_STATISTICS = (
    *("p", "p101", "p100.5", "p99.99999999999", "P99", "p-1", "iqm", "Median", "avg", "tm(10%:90%)", "TM()"),
    *("TM(90%:10%)", "TM(10%:90)", "TC(:)", "PR(10%:90%)", "TS(101%:)", "p99,p90", "Average"),
)


@pytest.mark.parametrize("text", STATISTICS)
def test_a_statistic_is_taken(text: str) -> None:
    drawn = dashboard(metric(metrics=[[*WIDE, {"stat": text}]]))

    assert found(alarm(Statistic=None, ExtendedStatistic=text), "error") == []
    assert found(math(expression("m1"), stat("m1", Stat=text)), "error") == []
    assert found(drawn, "error") == []


@pytest.mark.parametrize("text", NO_STATISTICS)
def test_what_is_no_extended_statistic_is_refused(text: str) -> None:
    assert found(alarm(Statistic=None, ExtendedStatistic=text), "error") != []


# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
EXPRESSIONS = (
    *(
        "m1",
        "(m1)",
        "-m1",
        "m1 + m2",
        "m1-m2",
        "m1 ^ 2",
        "m1*1e3",
        "m1*.5",
        "100*(m1/m2)",
        "m1 <= 5",
        "m1 == m2",
    ),
    *("m1 != m2", "m1 > 5 AND m2 < 3", "m1 > 5 && m2 < 3", "m1 || m2", "m1 >= 5 OR m2 >= 5"),
    *("IF(m1 > 1, 1)", "IF(m1, m2)", "IF(DAY(m1) < 6, m1, 0)", "IF(HOUR(m1) >= 9 AND HOUR(m1) <= 17, m1, 0)"),
    *("FILL(m1, 0)", "FILL(m1, REPEAT)", "FILL(m1, LINEAR)", "SUM(FILL(METRICS(), 0))", "RATE(m1) * 60"),
    *(
        "SUM([m1, m2])",
        "SUM(METRICS())",
        'SUM(METRICS("m"))',
        "AVG([m1, m2])",
        "MAX([m1, TIME_SERIES(0)])",
        "MIN([m1, m2])",
    ),
    *("STDDEV([m1, m2])", "CEIL(m1)", "FLOOR(m1)", "ABS(m1 - m2)", "LOG(m1)", "LOG10(m1)", "DIFF(m1)"),
    *("DIFF_TIME(m1)", "m1 / PERIOD(m1)", "TIME_SERIES(5)", "m1 + TIME_SERIES(0)", "EPOCH(m1)", "MINUTE(m1)"),
    *("YEAR(m1)", "MONTH(m1)", "DATE(m1)", "FIRST(METRICS())", "LAST([m1, m2])", "m1 / SERVICE_QUOTA(m1)"),
    *("SUM(-[m1, m2])", "SUM(100 / [m1, m2])", "AVG([m1, m2] / m1)", "SUM([METRICS('1'), METRICS('2')])"),
    *("FILL(m1, MIN(m1))", "SUM(FILL(METRICS(), m1))", "TIME_SERIES(5 * AVG(m1))", "m1 - AVG(m1)"),
    *("FIRST(SORT(METRICS(), AVG, DESC))", "LAST(SLICE(SORT([m1, m2], SUM, ASC, 5), 0, 1))", "m1 == 5 || m2"),
    *("SUM(RUNNING_SUM([m1, m2]))", "IF(1, m1, m2)", "IF(m1, 5, m2)", "m1 * DATAPOINT_COUNT(m2)"),
    *("SUM(REMOVE_EMPTY(METRICS()))", "METRIC_COUNT(METRICS()) * m1", "RUNNING_SUM(m1)"),
    # as deep and as long as 2,048 characters are
    *("m1" + "+1" * 1_023, "(" * 1_023 + "m1" + ")" * 1_023, "-" * 2_046 + "m1", "m1" + "^2" * 1_023),
    *("IF(m1>1," * 150 + "m1" + ",m2)" * 150, "ABS(" * 409 + "m1" + ")" * 409),
)
NO_EXPRESSIONS = (
    *(
        "SUM(m1, m2)",
        "AVG(m1, m2)",
        "MAX([m1, 5])",
        "MIN([5, 7])",
        "SUM([m1, [m2]])",
        "ABS(5)",
        "SUM(5) + m1",
    ),
    *("ABS(AVG(m1)) * m2", "RATE(5) + m1", "FIRST(m1)", "LAST(5)", "METRIC_COUNT(m1) * m2", "FILL(5, m1)"),
    *("SUM(REMOVE_EMPTY(m1))", "FIRST(SORT(m1, AVG, ASC))", "FIRST(SORT(METRICS(), STDDEV, ASC))"),
    *("FIRST(SORT(METRICS(), AVG))", "FIRST(SORT(METRICS(), ASC, AVG))", "FIRST(SLICE(m1, 0))"),
    *("FIRST(SLICE(METRICS(), m1))", "m1 / PERIOD(5)", "m1 / PERIOD(m1 * 2)", "m1 / PERIOD([m1, m2])"),
    *("TIME_SERIES(m1)", "TIME_SERIES(METRICS())", "TIME_SERIES()", "SUM(METRICS(m1))", "SUM(METRICS(5))"),
    *("FILL(m1, SUM)", "FILL(m1, [m1, m2])", "FILL(m1, 0, 0)", "HOUR(METRICS()) * m1", "MONTH(5) * m1"),
    *("m1 and m2", "m1 or m2", "SUM([m1, m2] / [m2, m1])", "SERVICE_QUOTA(5) + m1", "LAMBDA(m1)"),
    *(
        "INSIGHT_RULE_METRIC('r', 'Median') + m1",
        "INSIGHT_RULE_METRIC('r') + m1",
        "DB_PERF_INSIGHTS('RDS', 'd')",
    ),
    *("LAMBDA('f'" + ", 1" * 21 + ")", "m1 + true", "DATAPOINT_COUNT(5) * m1", "DIFF(m1, 1)", "LOG(m1, 10)"),
    *("m1 + 'a'", "IF(m1, m1, 'x')", "ABS('m1')", "-'a' + m1", "SUM(['m1', m2])"),
    *("m1 # m2", "m1 % m2", "m1 */ m2", "m1 +", "(m1", "m1)", "m1 m2", "[m1, m2", "'a'", "5", "5 * 2", "m3"),
    *(
        "if(m1 > 1, 1, 0)",
        "sum([m1, m2])",
        "Sum([m1, m2])",
        "FILL(m1)",
        "FILL(m1, repeat)",
        "IF(m1)",
        "ABS()",
    ),
    *(
        "MEDIAN([m1, m2])",
        "SUM([m1, m2,])",
        "SUM([])",
        "SUM(m1)",
        "AVG(m1)",
        "MAX(m1) - MIN(m1)",
        "[m1, m2] / 2",
    ),
    *("(" * 1_023 + "m1" + ")" * 1_022, "-" * 2_047, "IF(" * 500, "SUM([" * 400),
    *("METRICS()", "METRICS() * 2", "IF(SUM(m1) > 1, 1, 0)", "SORT(METRICS(), SUM, DESC, 1)", "PERIOD(m1)"),
    *("SEARCH('{Shop} Failed', 'Sum', 60)", "ANOMALY_DETECTION_BAND(m1, 2)", "m1; m2", "m1 = 5", "NOT m1"),
)


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_is_taken(text: str) -> None:
    assert found(ratio(text), "error") == []


@pytest.mark.parametrize("text", NO_EXPRESSIONS)
def test_what_an_alarm_cannot_watch_is_refused(text: str) -> None:
    assert found(ratio(text), "error") != []


# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
QUERIES = (
    "select sum(Errors) from \"AWS/Lambda\" where FunctionName != 'a' and Resource = 'b'"
    " group by FunctionName order by sum() asc limit 500",
    'SELECT MAX("My Metric") FROM SCHEMA("My App", "Dim One") WHERE "Dim One" = \'it\\\'s\'',
    "SELECT AVG(C) FROM SCHEMA(\"AWS/EC2\", InstanceId) WHERE tag.env = 'a' AND AWS.AccountId = '1'"
    ' GROUP BY tag."my key", InstanceId ORDER BY MAX() DESC LIMIT 10',
    '  SELECT\nAVG(C)\nFROM\n"AWS/EC2"\n',
    "SELECT COUNT(C) FROM My_Ns LIMIT 1",
    "SELECT SUM(Failed) FROM Shop",
    "SELECT MAX(Errors) FROM \"AWS/Lambda\" WHERE FunctionName = 'a'",
    'SELECT AVG(CPUUtilization) FROM SCHEMA("AWS/EC2", InstanceId) GROUP BY InstanceId ORDER BY AVG() DESC',
    'select count("5xx") from "AWS/ApiGateway"',
    'SELECT MIN(FreeStorageSpace)\nFROM "AWS/RDS"',
)
NO_QUERIES = (
    'SELECT AVG(C) FROM "AWS/EC2" WHERE',
    'SELECT AVG(C) FROM "AWS/EC2" GROUP InstanceId',
    'SELECT AVG(C) FROM "AWS/EC2" LIMIT ten',
    'SELECT AVG(C) FROM "AWS/EC2" LIMIT 501',
    'SELECT AVG(C) FROM "AWS/EC2" LIMIT 0',
    'SELECT AVG(C) FROM "AWS/EC2" ORDER BY AVG',
    "SELECT AVG(C) FROM AWS/EC2",
    'SELECT AVG(C) FROM "AWS/EC2" WHERE a = \'b',
    "SELECT AVG(C) FROM \"AWS/EC2\" WHERE a = 'b' OR c = 'd'",
    'SELECT AVG(C) FROM SCHEMA("AWS/EC2", InstanceId',
    "SELECT AVG(C) FROM SCHEMA()",
    'SELECT AVG(C) FROM "AWS/EC2" HAVING x',
    "SELECT Failed FROM Shop",
    "SELECT MEDIAN(Failed) FROM Shop",
    "SELECT SUM(Failed)",
    "SELECT SUM(Failed) FROM ",
    "SELECT SUM(Failed, Good) FROM Shop",
)


def asked(text: str, **changes: Any) -> dict[str, Any]:
    return math({**expression(text, "q1"), "Period": 60} | changes)


@pytest.mark.parametrize("text", QUERIES)
def test_a_query_is_taken(text: str) -> None:
    assert found(asked(text), "error") == []


@pytest.mark.parametrize("text", NO_QUERIES)
def test_what_is_no_query_is_refused(text: str) -> None:
    assert found(asked(text), "error") != []


# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
RULES = (
    *("TRUE", "FALSE", "ALARM(cpu-high)", 'ALARM("a")', "ALARM(a) AND NOT OK(disk_full)", "NOT NOT ALARM(a)"),
    *("(ALARM(a) OR ALARM(b)) AND NOT (INSUFFICIENT_DATA(c) OR FALSE)", "ALARM(a)\nOR\n\tALARM(b)"),
    *(
        "ALARM(a)AND(ALARM(b))",
        'ALARM("a \\"b\\"")',
        'ALARM("Prod: Errors, (5)")',
        "AT_LEAST(2, ALARM, (a, b, c))",
    ),
    *("AT_LEAST(50%, NOT OK, (a, b, c)) OR ALARM(d)", "AT_LEAST(100%, ALARM, (a))"),
    'ALARM("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a b")',
    " OR ".join(f"ALARM(a{n})" for n in range(100)),
    # as deep as 500 elements are
    *("NOT (" * 499 + "ALARM(a)" + ")" * 499, "NOT " * 2_000 + "ALARM(a)", " AND ".join(["ALARM(a)"] * 500)),
)
NO_RULES = (
    *("(" * 500 + "ALARM(a)" + ")" * 500, "(" * 3_000, "NOT " * 2_000, " AND ".join(["ALARM(a)"] * 501)),
    *("", "   ", "NOT", "()", 'ALARM("")', "ALARM()", 'ALARM "a"', 'ALARM("a)', 'ALARM("a"))', '(ALARM("a")'),
    *('alarm("a")', 'ALARM("a") and ALARM("b")', 'ALARM("a") && ALARM("b")', 'ALARM("a") XOR ALARM("b")'),
    *(
        'ALARM("a") ALARM("b")',
        'ALARM("a") OR',
        'OR ALARM("a")',
        'ALARM("a", "b")',
        'ALARM("a") = TRUE',
        'true OR ALARM("a")',
    ),
    *('[ALARM("a")]', 'IN_ALARM("a")', "ALARM(my alarm)", f'ALARM("{"a" * 256}")', "ALARM(orders-down)"),
    *("AT_LEAST(0, ALARM, (a, b))", "AT_LEAST(1.5, ALARM, (a, b))", "AT_LEAST(101%, ALARM, (a, b))"),
    *(
        "AT_LEAST(1, ALARM, a, b)",
        "AT_LEAST(1, ALARM, ())",
        "AT_LEAST(ALARM, 1, (a))",
        "AT_LEAST(1, alarm, (a))",
    ),
)


@pytest.mark.parametrize("text", RULES)
def test_a_rule_is_taken(text: str) -> None:
    assert found(composite(text), "error") == found(composite(text), "warning") == []


@pytest.mark.parametrize("text", NO_RULES)
def test_what_is_no_rule_is_refused(text: str) -> None:
    assert found(composite(text), "error") != []


# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
ACTIONS = (
    *(TOPIC, "arn:aws-us-gov:sns:us-gov-west-1:123456789012:t", "arn:aws-cn:sns:cn-north-1:123456789012:t"),
    "arn:aws:lambda:eu-west-1:123456789012:function:f:live",
    "arn:aws:automate:eu-west-1:ec2:recover",
    "arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:a1:autoScalingGroupName/g:policyName/p",
    "arn:aws:ssm:eu-west-1:123456789012:opsitem:3#CATEGORY=Performance",
    "arn:aws:ssm-incidents::123456789012:response-plan/x",
    "arn:aws:aiops:eu-west-1:123456789012:investigation-group/abc",
    "arn:aws:swf:eu-west-1:123456789012:action/actions/AWS_EC2.InstanceId.Reboot/1.0",
    "arn:aws:swf:eu-west-1:123456789012:action/actions/AWS_EC2.InstanceId.Recover/1.0",
    "arn:aws:sns:eu-west-1:123456789012:on-call.fifo",
    "arn:aws:lambda:eu-west-1:123456789012:function:f",
    "arn:aws:lambda:eu-west-1:123456789012:function:f:3",
    "arn:aws:ssm:eu-west-1:123456789012:opsitem:1",
    "arn:aws:ssm-incidents::123456789012:responseplan/x",
    "arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:a1:resource/ecs/service/c/s:policyName/p",
    "arn:aws:aiops:eu-west-1:123456789012:investigation-group:abc",
)
NO_ACTIONS = (
    *("on-call", "ada@example.com", "arn:aws:s3:::bucket", "arn:aws:sqs:eu-west-1:123456789012:q"),
    *("arn:aws:automate:eu-west-1:ec2:start", "arn:aws:ssm:eu-west-1:123456789012:opsitem:5"),
    "arn:aws:states:eu-west-1:123456789012:stateMachine:m",
    "arn:aws:foo:eu-west-1:123456789012:x",
    "arn:aws:sns:eu-west-1:123456789012:",
    "arn:aws:sns::123456789012:t",
    "arn:aws:sns:eu-west-1:12345:t",
    "arn:aws:sns:eu-west-1:123456789012:t:0c2c1d9d-7a4e-4f2c-9a11-000000000000",
    "arn:aws:sns:eu-west-1:123456789012:my topic",
    "arn::sns:eu-west-1:123456789012:t",
    "arn:aws:lambda:eu-west-1:123456789012:function:",
    "arn:aws:lambda:eu-west-1:123456789012:layer:x:1",
    "arn:aws:ssm:eu-west-1:123456789012:document/x",
    "arn:aws:ssm:eu-west-1:123456789012:opsitem:1#CATEGORY=Speed",
    "arn:aws:ssm-incidents:eu-west-1:123456789012:plan/x",
    "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:u:autoScalingGroupName/x",
    "arn:aws:swf:eu-west-1:123456789012:action/actions/AWS_EC2.InstanceId.Start/1.0",
    "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:x",
    "arn:aws:codebuild:eu-west-1:123456789012:project/x",
    "arn:aws:chatbot::123456789012:chat-configuration/slack-channel/x",
    "arn:aws:apigateway:eu-west-1::/x",
)
OF_AN_INSTANCE = [{"Name": "InstanceId", "Value": "i-1"}]


@pytest.mark.parametrize("arn", ACTIONS)
def test_an_action_is_taken(arn: str) -> None:
    assert found(alarm(AlarmActions=[arn], Dimensions=OF_AN_INSTANCE), "error") == []


@pytest.mark.parametrize("arn", NO_ACTIONS)
def test_what_an_alarm_cannot_do_is_refused(arn: str) -> None:
    assert found(alarm(AlarmActions=[arn], Dimensions=OF_AN_INSTANCE), "error") != []


def banded(width: str) -> dict[str, Any]:
    learned = expression(f"ANOMALY_DETECTION_BAND(m1{width})", "t1")
    operator = {"ComparisonOperator": "GreaterThanUpperThreshold"}
    return math(stat("m1", returned=True), learned, Threshold=None, ThresholdMetricId="t1", **operator)


PROMQL = dict.fromkeys(
    (*SINGLE, "Threshold", "ComparisonOperator", "EvaluationPeriods", "DatapointsToAlarm", "AlarmActions")
)
SUPPRESSED = {
    "ActionsSuppressor": "s",
    "ActionsSuppressorWaitPeriod": 60,
    "ActionsSuppressorExtensionPeriod": 90,
}
ELSEWHERE = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:orders-failing"

REFUSED: dict[str, dict[str, Any]] = {
    "a period of 5 seconds": alarm(Period=5),
    "a period of 61 seconds": alarm(Period=61),
    "ten-second periods for more than a day": alarm(Period=10, EvaluationPeriods=8_641),
    "hours for more than a week": alarm(Period=3_600, EvaluationPeriods=169),
    "half a period": alarm(EvaluationPeriods=2.5),
    "no datapoint to alarm": alarm(DatapointsToAlarm=0),
    "actions enabled by a text": alarm(ActionsEnabled="true"),
    "actions as a text": alarm(AlarmActions=TOPIC),
    "six actions for insufficient data": alarm(InsufficientDataActions=[f"{TOPIC}{n}" for n in range(6)]),
    "topics of two regions": alarm(AlarmActions=[TOPIC, TOPIC.replace("eu-west-1", "us-east-1")]),
    "a topic of another region": alarm(AlarmArn=ELSEWHERE),
    "a threshold without end": alarm(Threshold=float("inf")),
    "a threshold as a text": alarm(Threshold="5"),
    "a dimension of spaces": alarm(Dimensions=[{"Name": "d", "Value": "   "}]),
    "a dimension of 1,025 characters": alarm(Dimensions=[{"Name": "d", "Value": "v" * 1_025}]),
    "a dimension with a colon first": alarm(Dimensions=[{"Name": ":d", "Value": "v"}]),
    "a namespace of 256 characters": alarm(Namespace="n" * 256),
    "a statistic in small letters": alarm(Statistic="sum"),
    "tags as an object": alarm(Tags={"k": "v"}),
    "a tag's value of 257 characters": alarm(Tags=[{"Key": "k", "Value": "v" * 257}]),
    "a warm-up of no minutes": alarm(WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": 0}),
    "a wall clock over two minutes": alarm(EvaluationWindow={"WallClockWindow": {}}, Period=120),
    "a band on one metric": alarm(
        Threshold=None, ThresholdMetricId="t", ComparisonOperator="LessThanLowerThreshold"
    ),
    "a band of no width": banded(", 0"),
    "a band of less than no width": banded(", -2"),
    "a query without its period": math(expression("SELECT SUM(Failed) FROM Shop", "q1")),
    "a query over 45 seconds": asked("SELECT SUM(Failed) FROM Shop", Period=45),
    "an expression over 45 seconds": math({**expression("m1 * 2"), "Period": 45}, stat("m1")),
    "a query and a metric returned": math(
        {**expression("SELECT SUM(Failed) FROM Shop", "q1"), "Period": 60}, expression("q1 * 2", "e1")
    ),
    "PromQL beside a metric": alarm(
        EvaluationCriteria={"PromQLCriteria": {"Query": "up"}}, EvaluationInterval=60
    ),
    "a suppressor of another region": composite(
        'ALARM("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a")',
        **{**SUPPRESSED, "ActionsSuppressor": ELSEWHERE},
    ),
    "a wait of less than no time": composite("ALARM(a)", **{**SUPPRESSED, "ActionsSuppressorWaitPeriod": -1}),
    "a wait as a text": composite("ALARM(a)", **{**SUPPRESSED, "ActionsSuppressorWaitPeriod": "60"}),
    "an instance stopped for a function": alarm(
        Namespace="AWS/Lambda", AlarmActions=["arn:aws:automate:eu-west-1:ec2:stop"]
    ),
    "an instance stopped by SWF for metric math": ratio(
        "m1 / m2",
        OKActions=["arn:aws:swf:eu-west-1:123456789012:action/actions/AWS_EC2.InstanceId.Stop/1.0"],
    ),
    "an OpsItem when a composite ends": composite(
        "ALARM(a)", OKActions=["arn:aws:ssm:eu-west-1:123456789012:opsitem:3"]
    ),
    "a composite that suppresses itself": composite(
        "ALARM(a)", **{**SUPPRESSED, "ActionsSuppressor": "orders-down"}
    ),
}
TAKEN: dict[str, dict[str, Any]] = {
    "ten-second periods for a day": alarm(Period=10, EvaluationPeriods=8_640),
    "hours for a week": alarm(Period=3_600, EvaluationPeriods=168),
    "days for a week": alarm(Period=86_400, EvaluationPeriods=7),
    "a name that is not ASCII": alarm(AlarmName="Größe – ☃"),
    "a description with lines": alarm(AlarmDescription="a\nb\t"),
    "a threshold below 0": alarm(Threshold=-5),
    "a very large threshold": alarm(Threshold=1e300),
    "a dimension with spaces inside": alarm(Dimensions=[{"Name": "a b", "Value": "c d"}]),
    "a namespace with signs": alarm(Namespace="My/App.x#1"),
    "another account's metric": math(expression("m1*2"), {**stat("m1"), "AccountId": "123456789012"}),
    "few samples are ignored": alarm(
        Statistic=None, ExtendedStatistic="p99", EvaluateLowSampleCountPercentile="ignore"
    ),
    "an instance stopped for its own metric": alarm(
        Namespace="AWS/EC2", Dimensions=OF_AN_INSTANCE, AlarmActions=["arn:aws:automate:eu-west-1:ec2:stop"]
    ),
    "an instance stopped for a metric that somebody sends of it": alarm(
        Dimensions=OF_AN_INSTANCE, AlarmActions=["arn:aws:automate:eu-west-1:ec2:stop"]
    ),
    "a band of the usual width": banded(""),
    "a band of 2.5 deviations": banded(", 2.5"),
    "a band of an expression": band(),
    "a query read by an expression": math(
        {**expression("SELECT SUM(Failed) FROM Shop", "q1", False), "Period": 60}, expression("q1 * 2", "e1")
    ),
    "a day by the wall clock": alarm(
        Period=86_400, EvaluationPeriods=1, DatapointsToAlarm=1, EvaluationWindow={"WallClockWindow": {}}
    ),
    "PromQL": alarm(
        **PROMQL,
        EvaluationCriteria={"PromQLCriteria": {"Query": "up == 0", "PendingPeriod": 60, "RecoveryPeriod": 0}},
        EvaluationInterval=60,
    ),
    "a suppressor": composite("ALARM(a)", **SUPPRESSED),
    "a suppressor that is not waited for": composite(
        "ALARM(a)",
        ActionsSuppressor="s",
        ActionsSuppressorWaitPeriod=0,
        ActionsSuppressorExtensionPeriod=0,
    ),
    "a suppressor that is none, as it is described": composite(
        "ALARM(a)",
        ActionsSuppressor="",
        ActionsSuppressorWaitPeriod=0,
        ActionsSuppressorExtensionPeriod=0,
    ),
}

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
MARK = {"value": 5, "label": "x"}
CHOICE = variable(inputType="select")
SEARCHED = {"search": '{AWS/EC2,InstanceId} MetricName="CPUUtilization"', "populateFrom": "InstanceId"}
EXPLORED = {"metricName": "CPUUtilization", "resourceType": "AWS::EC2::Instance", "stat": "Average"}
INVOKED = {"metricName": "Errors", "resourceType": "AWS::Lambda::Function"}


def drawn(**options: Any) -> dict[str, Any]:
    return dashboard(metric(metrics=[[*WIDE, options]]))


def marked(axis: str, *marks: Any) -> dict[str, Any]:
    return dashboard(metric(annotations={axis: list(marks)}))


def widget(kind: str, **properties: Any) -> dict[str, Any]:
    return dashboard({"type": kind, "properties": properties})


REFUSED |= {
    "a body that is a list": {"Dashboards": [{"DashboardName": "a", "DashboardBody": "[]"}]},
    "widgets that are an object": {"Dashboards": [{"DashboardName": "a", "DashboardBody": {"widgets": {}}}]},
    "a dashboard without a name": {"Dashboards": [{"DashboardBody": {"widgets": []}}]},
    "a log widget without its query": widget("log", region="eu-west-1"),
    "a log widget without its region": widget("log", query="SOURCE 'g' | fields @message"),
    "a custom widget without its function": widget("custom", title="x"),
    "an explorer without labels": widget("explorer", metrics=[EXPLORED]),
    "an explorer of two types": widget("explorer", metrics=[EXPLORED, INVOKED], labels=[{"key": "State"}]),
    "an explorer's function that does not exist": widget(
        "explorer", metrics=[EXPLORED], labels=[{"key": "State"}], aggregateBy={"key": "T", "func": "MEDIAN"}
    ),
    "a text on red": widget("text", markdown="x", background="red"),
    "alarms in a state that does not exist": widget("alarm", alarms=[TOPIC], states=["BAD"]),
    "a view in small letters": dashboard(metric(view="timeseries")),
    "a legend at the top": dashboard(metric(legend={"position": "top"})),
    "a time zone by name": dashboard(metric(timezone="CET")),
    "a table across": dashboard(metric(view="table", table={"layout": "across"})),
    "a table's median": dashboard(metric(view="table", table={"summaryColumns": ["MEDIAN"]})),
    "stacked by a text": dashboard(metric(stacked="yes")),
    "a title that is a number": dashboard(metric(title=5)),
    "a period that is a text": dashboard(metric(period="300")),
    "a line on the top axis": drawn(yAxis="top"),
    "a line in red": drawn(color="red"),
    "a line that is visible by a text": drawn(visible="no"),
    "a namespace without a metric": dashboard(metric(metrics=[["AWS/EC2"]])),
    "a first line like the one before": dashboard(metric(metrics=[[".", "Failed"]])),
    "a mark without a value": marked("horizontal", {"label": "x"}),
    "a mark at a text": marked("horizontal", {"value": "5"}),
    "a mark filled upwards": marked("horizontal", {**MARK, "fill": "up"}),
    "a mark in a colour without a name": marked("horizontal", {**MARK, "color": "reddish"}),
    "a moment that is none": marked("vertical", {"value": "yesterday"}),
    "a moment filled above": marked("vertical", {"value": "2026-01-01T00:00:00Z", "fill": "above"}),
    "a start without its sign": dashboard(metric(), start="PT3H"),
    "a start of no length": dashboard(metric(), start="-PT"),
    "a period override that does not exist": dashboard(metric(), periodOverride="always"),
    "a property variable without its property": dashboard(variables=[variable(property=None)]),
    "a pattern variable without its pattern": dashboard(variables=[variable(type="pattern", property=None)]),
    "a choice from nothing": dashboard(variables=[CHOICE]),
    "a search that fills nothing": dashboard(variables=[{**CHOICE, "search": SEARCHED["search"]}]),
    "a choice of 501": dashboard(variables=[{**CHOICE, "values": [{"value": str(n)} for n in range(501)]}]),
    "a default of 256 characters": dashboard(variables=[variable(defaultValue="d" * 256)]),
    "two variables of one id": dashboard(variables=[variable(), variable()]),
    "a variable's id of 33 characters": dashboard(variables=[variable(id="d" * 33)]),
}
TAKEN |= {
    "no widgets": dashboard(),
    "a metric widget with an empty list": dashboard(metric(metrics=[])),
    "metrics as one flat list": dashboard(metric(metrics=["AWS/Lambda", "Errors", "FunctionName", "f"])),
    "lines like the ones before": dashboard(metric(metrics=[WIDE, ["...", "b"], [".", ".", ".", "c"]])),
    "a line with everything": drawn(
        id="m1", stat="p99.9", period=300, yAxis="right", color="#ff0000", label="${LABEL}", visible=False
    ),
    "a colour of three digits": marked("horizontal", {**MARK, "color": "#aaa"}),
    "a band, a mark and a moment": dashboard(
        metric(
            annotations={
                "horizontal": [[{**MARK, "fill": "between"}, {"value": 9}], {**MARK, "fill": "below"}],
                "vertical": [{"value": "2026-01-01T00:00:00.000Z", "fill": "before"}],
            }
        )
    ),
    "a widget with everything": dashboard(
        metric(
            view="table",
            legend={"position": "hidden"},
            timezone="+0130",
            liveData=True,
            sparkline=True,
            table={"layout": "vertical", "stickySummary": True, "summaryColumns": ["MIN", "MAX"]},
            yAxis={"left": {"min": 0}, "right": {"max": 5}},
        )
    ),
    "a place with a point": dashboard(placed(x=0.0, y=0.0, width=12.0)),
    "a search": dashboard(metric(metrics=[[{"expression": "SEARCH('{A,B} c', 'Sum', 300)"}]])),
    "the ten largest": dashboard(
        metric(metrics=[[{"expression": "SORT(METRICS(), AVG, DESC, 10)"}], [*WIDE, {"id": "m1"}]])
    ),
    "a query in a widget": dashboard(metric(metrics=[[{"expression": QUERIES[2], "id": "q1"}]])),
    "a log widget": widget("log", region="eu-west-1", query="SOURCE 'g' | fields @message", view="pie"),
    "a custom widget": widget(
        "custom", endpoint="arn:aws:lambda:eu-west-1:123456789012:function:f", params={}
    ),
    "an explorer": widget(
        "explorer",
        metrics=[EXPLORED],
        labels=[{"key": "State", "value": "running"}],
        splitBy="AZ",
        period=300,
    ),
    "a text without a background": widget("text", markdown=""),
    "the last three months": dashboard(start="-P3M", periodOverride="inherit"),
    "the last hour and a half": dashboard(start="-PT1H30M"),
    "two days": dashboard(start="2026-01-01T00:00:00.000Z", end="2026-01-02T00:00:00.000Z"),
    "a choice by a search": dashboard(variables=[{**CHOICE, **SEARCHED, "defaultValue": "__FIRST"}]),
    "a pattern": dashboard(variables=[variable(type="pattern", property=None, pattern="us-east-1")]),
}

# Alarms on logs, and detectors.
ASKED = {
    "QueryString": "filter @message like /ERROR/",
    "LogGroupIdentifiers": ["/aws/lambda/f"],
    "ScheduledQueryRoleARN": "arn:aws:iam::123456789012:role/q",
    "ScheduleConfiguration": {"ScheduleExpression": "rate(5 minutes)", "StartTimeOffset": 300},
    "AggregationExpression": "count(*)",
}
LOGS = {
    "AlarmName": "lines",
    "ScheduledQueryConfiguration": ASKED,
    "QueryResultsToEvaluate": 3,
    "QueryResultsToAlarm": 2,
    "Threshold": 5.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


def logs(**changes: Any) -> dict[str, Any]:
    return {"LogAlarms": [{k: v for k, v in {**LOGS, **changes}.items() if v is not None}]}


def asking(**changes: Any) -> dict[str, Any]:
    return logs(ScheduledQueryConfiguration={**ASKED, **changes})


def detector(**changes: Any) -> dict[str, Any]:
    single = {"Namespace": "Shop", "MetricName": "Orders", "Stat": "Sum"}
    body = {"SingleMetricAnomalyDetector": single} | changes
    return {"AnomalyDetectors": [{k: v for k, v in body.items() if v is not None}]}


def learning(*queries: Any) -> dict[str, Any]:
    return detector(
        SingleMetricAnomalyDetector=None, MetricMathAnomalyDetector={"MetricDataQueries": list(queries)}
    )


BEFORE = {"StartTime": "2026-05-01T00:00:00Z", "EndTime": "2026-05-02T00:00:00Z"}
REFUSED |= {
    "a log alarm without its query": logs(ScheduledQueryConfiguration=None),
    "four results of three": logs(QueryResultsToAlarm=4),
    "a log alarm without a threshold": logs(Threshold=None),
    "a query of 10,001 characters": asking(QueryString="q" * 10_001),
    "51 log groups": asking(LogGroupIdentifiers=[f"g{n}" for n in range(51)]),
    "a query that ends before it begins": asking(
        ScheduleConfiguration={
            "ScheduleExpression": "rate(5 minutes)",
            "StartTimeOffset": 60,
            "EndTimeOffset": 300,
        }
    ),
    "a query over 31 days": asking(
        ScheduleConfiguration={"ScheduleExpression": "rate(1 day)", "StartTimeOffset": 2_592_001}
    ),
    "a role that is no ARN": asking(ScheduledQueryRoleARN="role"),
    "a detector of nothing": detector(SingleMetricAnomalyDetector=None),
    "a detector of both": detector(
        MetricMathAnomalyDetector={"MetricDataQueries": [stat("m1", returned=True)]}
    ),
    "a detector without a statistic": detector(
        SingleMetricAnomalyDetector={"Namespace": "S", "MetricName": "O"}
    ),
    "a detector of a mean": detector(
        SingleMetricAnomalyDetector={"Namespace": "S", "MetricName": "O", "Stat": "Mean"}
    ),
    "a detector of two results": learning(stat("m1", returned=True), stat("m2", returned=True)),
    "a detector over half a minute": learning(stat("m1", 30, returned=True)),
    "a detector of a search": learning(expression("SUM(SEARCH('{Shop} Failed', 'Sum', 300))")),
    "a detector in no time zone": detector(Configuration={"MetricTimezone": "Mars/Base"}),
    "a time left out that ends before it begins": detector(
        Configuration={
            "ExcludedTimeRanges": [{"StartTime": BEFORE["EndTime"], "EndTime": BEFORE["StartTime"]}]
        }
    ),
}
TAKEN |= {
    "a log alarm": logs(),
    "a log alarm with a window in the past": asking(
        ScheduleConfiguration={
            "ScheduleExpression": "rate(5 minutes)",
            "StartTimeOffset": 600,
            "EndTimeOffset": 300,
        }
    ),
    "a detector": detector(Configuration={"ExcludedTimeRanges": [BEFORE], "MetricTimezone": "Europe/Berlin"}),
    "a detector of an expression": learning(expression("m1 + m2"), stat("m1", 300), stat("m2", 300)),
    "a detector as it was once described": detector(
        SingleMetricAnomalyDetector=None,
        Namespace="Shop",
        MetricName="Orders",
        Stat="p99",
        StateValue="TRAINED",
    ),
}


# https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_CreateServiceLevelObjective.html
def counted(*total: Any, **more: Any) -> dict[str, Any]:
    bad = {"BadCountMetric": [stat("bad", returned=True)]}
    requests = {"TotalRequestCountMetric": list(total), "MonitoredRequestCountMetric": bad, **more}
    return slo(RequestBasedSliConfig={"RequestBasedSliMetricConfig": requests})


ALL = stat("total", returned=True)
OF_SERVICE = {"Type": "Service", "Name": "orders", "Environment": "lambda:default"}
REFUSED |= {
    "a total that is a search": counted(expression("SUM(SEARCH('{Shop} Orders', 'Sum', 60))")),
    "a total that is a number": counted(expression("SUM(m1)"), stat("m1")),
    "a total over two periods": counted(expression("m1 + m2"), stat("m1"), stat("m2", 300)),
    "an SLO of nothing": counted(ALL, KeyAttributes={}),
    "an SLO of five attributes": counted(ALL, KeyAttributes={f"a{n}": "v" for n in range(5)}),
    "a name with a slash": slo(Name="orders/latency"),
    "a name of one character": slo(Name="o"),
    "eleven look-backs": slo(BurnRateConfigurations=[{"LookBackWindowMinutes": 60}] * 11),
    "a look-back of over a week": slo(BurnRateConfigurations=[{"LookBackWindowMinutes": 10_081}]),
    "a goal of all": slo(Goal={"AttainmentGoal": 100.0}),
    "both kinds of SLO": slo(SliConfig={"SliMetricConfig": {"MetricDataQueries": [ALL]}}),
}
TAKEN |= {
    "an SLO of a service": counted(ALL, KeyAttributes=OF_SERVICE),
    "a total that is a sum": counted(expression("m1 + m2"), stat("m1"), stat("m2")),
    "an SLO by the calendar": slo(
        Goal={
            "Interval": {
                "CalendarInterval": {
                    "StartTime": "2026-05-01T00:00:00Z",
                    "DurationUnit": "MONTH",
                    "Duration": 1,
                }
            },
            "AttainmentGoal": 99.5,
        }
    ),
}


# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
def sent(*data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"Namespace": "Shop", "MetricData": list(data), **changes}


def datum(**changes: Any) -> dict[str, Any]:
    body = {"MetricName": "Orders", "Value": 5.0, "Unit": "Count"} | changes
    return {k: v for k, v in body.items() if v is not None}


def emitted(directive: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    said = {
        "Namespace": "Shop",
        "Dimensions": [["service"]],
        "Metrics": [{"Name": "Orders", "Unit": "Count"}],
    }
    line = {"service": "orders", "Orders": 5} | members
    aws = {"Timestamp": 1_779_000_000_000, "CloudWatchMetrics": [{**said, **(directive or {})}]}
    return {"_aws": aws, **{k: v for k, v in line.items() if v is not None}}


WIDTHS = [{"Name": f"d{n}", "Value": "v"} for n in range(31)]
SET = {"SampleCount": 2.0, "Sum": 8.0, "Minimum": 3.0, "Maximum": 5.0}
REFUSED |= {
    "no metrics": sent(),
    "1,001 metrics": sent(*[datum()] * 1_001),
    "a namespace of AWS": sent(datum(), Namespace="AWS/Shop"),
    "metrics without a namespace": {"MetricData": [datum()]},
    "a metric without a value": sent(datum(Value=None)),
    "a value beside values": sent(datum(Values=[1.0])),
    "a value that is no number": sent(datum(Value=float("nan"))),
    "a value beyond 2^360": sent(datum(Value=3e108)),
    "151 values": sent(datum(Value=None, Values=[1.0] * 151)),
    "values without their counts": sent(datum(Value=None, Values=[1.0, 2.0], Counts=[1.0])),
    "31 dimensions of a metric": sent(datum(Dimensions=WIDTHS)),
    "a dimension twice in a metric": sent(datum(Dimensions=[WIDTHS[0], WIDTHS[0]])),
    "a resolution of half a minute": sent(datum(StorageResolution=30)),
    "a unit of a metric that does not exist": sent(datum(Unit="Orders")),
    "a set upside down": sent(datum(Value=None, StatisticValues={**SET, "Minimum": 9.0})),
    "a set of no samples": sent(datum(Value=None, StatisticValues={**SET, "SampleCount": 0.0})),
    "timestamps a month apart": sent(
        datum(Timestamp="2026-05-01T00:00:00Z"), datum(Timestamp="2026-06-01T00:00:00Z")
    ),
    "more than a megabyte of metrics": sent(
        *[datum(Dimensions=[{"Name": f"d{n}", "Value": "v" * 1_000} for n in range(30)])] * 40
    ),
    "101 metrics in a line": emitted({"Metrics": [{"Name": "Orders"}] * 101}),
    "31 dimensions in a line": emitted({"Dimensions": [[f"d{n}" for n in range(31)]]}),
    "a line without a timestamp": {"_aws": {"CloudWatchMetrics": []}},
    "a metric that is not in its line": emitted(Orders=None),
    "a metric of a line that is a text": emitted(Orders="5"),
    "101 values in a line": emitted(Orders=[1] * 101),
    "a dimension that is a number": emitted(service=5),
    "a dimension of a line of 1,025 characters": emitted(service="s" * 1_025),
    "a unit of a line that does not exist": emitted({"Metrics": [{"Name": "Orders", "Unit": "Orders"}]}),
    "a resolution of a line that does not exist": emitted(
        {"Metrics": [{"Name": "Orders", "StorageResolution": 10}]}
    ),
    "a line of more than a megabyte": emitted(text="t" * 1_048_577),
}
TAKEN |= {
    "a metric": sent(datum()),
    "a metric by the second, with counts": sent(
        datum(Value=None, Values=[1.0, 2.0], Counts=[5.0, 7.0], StorageResolution=1)
    ),
    "a set": sent(datum(Value=None, StatisticValues=SET)),
    "a metric of no orders": sent(datum(Value=0)),
    "metrics of a fortnight": sent(
        datum(Timestamp="2026-05-01T00:00:00Z"), datum(Timestamp="2026-05-15T00:00:00Z")
    ),
    "metrics of an entity": {
        "Namespace": "Shop",
        "EntityMetricData": [{"Entity": {"KeyAttributes": {"Name": "a"}}, "MetricData": [datum()]}],
    },
    "a line": emitted(),
    "a line without dimensions": emitted({"Dimensions": [[]]}),
    "a line with a hundred values": emitted(Orders=[1.5] * 100),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_reference_calls_invalid_is_an_error(what: str) -> None:
    assert found(REFUSED[what], "error") != []


@pytest.mark.parametrize("what", TAKEN)
def test_what_the_reference_allows_is_nothing_at_all(what: str) -> None:
    assert found(TAKEN[what], "error") == found(TAKEN[what], "warning") == []


@pytest.mark.parametrize(
    ("payload", "wrong"),
    [
        pytest.param(alarm()["MetricAlarms"][0], {"Period": 45}, id="PutMetricAlarm"),
        pytest.param(
            composite("ALARM(a)")["CompositeAlarms"][0], {"AlarmRule": "ALARM("}, id="PutCompositeAlarm"
        ),
        pytest.param(logs()["LogAlarms"][0], {"QueryResultsToAlarm": 9}, id="PutLogAlarm"),
        pytest.param(detector()["AnomalyDetectors"][0], {"Stat": "Mean"}, id="PutAnomalyDetector"),
        pytest.param(dashboard()["Dashboards"][0], {"DashboardName": "a b"}, id="PutDashboard"),
        pytest.param(mute()["AlarmMuteRules"][0], {"Name": ""}, id="PutAlarmMuteRule"),
        pytest.param(sent(datum()), {"Namespace": ":"}, id="PutMetricData"),
    ],
)
def test_the_arguments_of_one_call_are_judged_too(payload: dict[str, Any], wrong: dict[str, Any]) -> None:
    assert found(payload, "error") == []
    assert found(payload | wrong, "error") != []
