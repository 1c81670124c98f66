"""The shapes of what CloudWatch takes: PutMetricAlarm, PutCompositeAlarm, PutDashboard, PutAlarmMuteRule."""

from __future__ import annotations

from sereno.vendors.cloudwatch.limits.shape import (
    Anything,
    Flag,
    Many,
    Moment,
    Real,
    Record,
    Shape,
    Text,
    Whole,
)

OPERATORS = (
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
)
BAND_OPERATORS = (
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
)
_RATES = ("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits", "Kilobits", "Megabits")
_SIZES = (*_RATES, "Gigabits", "Terabits")
UNITS = (
    *("Seconds", "Microseconds", "Milliseconds", *_SIZES, "Percent", "Count"),
    *(f"{size}/Second" for size in (*_SIZES, "Count")),
    "None",
)

NAME = Text(1, 255, r"[^\x00-\x1f\x7f]+", "a name without control characters")
ACTION = Text(1, 1_024, r"arn:.+", "an ARN")
ACTIONS = Many(ACTION, most=5)
TAG_CHARACTERS = r"[^\W_]|[\s_.:/=+\-@]"
TAG = Record(
    {
        "Key": Text(1, 128, rf"(?!aws:)(?:{TAG_CHARACTERS})+", "letters, digits, spaces and _ . : / = + - @"),
        "Value": Text(0, 256, rf"(?:{TAG_CHARACTERS})*", "letters, digits, spaces and _ . : / = + - @"),
    },
    ("Key", "Value"),
)
TAGS = Many(TAG, most=50)
ASCII = r"(?!:)[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*"
DIMENSION = Record(
    {
        "Name": Text(1, 255, ASCII, "ASCII that does not begin with a colon"),
        "Value": Text(1, 1_024, r"[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*", "ASCII"),
    },
    ("Name", "Value"),
)
DIMENSIONS = Many(DIMENSION, most=30)
NAMESPACE = Text(1, 255, r"[^:].*", "a namespace that does not begin with a colon")
UNIT = Text(choices=UNITS)
METRIC = Record(
    {"Namespace": NAMESPACE, "MetricName": Text(1, 255), "Dimensions": DIMENSIONS},
    ("Namespace", "MetricName"),
)
QUERY = Record(
    {
        "Id": Text(1, 255, r"[a-z][A-Za-z0-9_]*", "a lower-case letter and then letters, digits and _"),
        "MetricStat": Record(
            {"Metric": METRIC, "Period": Whole(1), "Stat": Text(1), "Unit": UNIT},
            ("Metric", "Period", "Stat"),
        ),
        "Expression": Text(1, 2_048),
        "Label": Text(),
        "ReturnData": Flag(),
        "Period": Whole(1),
        "AccountId": Text(1, 255),
    },
    ("Id",),
)
_ALARM: dict[str, Shape] = {
    "AlarmName": NAME,
    "AlarmDescription": Text(0, 1_024),
    "ActionsEnabled": Flag(),
    "OKActions": ACTIONS,
    "AlarmActions": ACTIONS,
    "InsufficientDataActions": ACTIONS,
    "Tags": TAGS,
}
METRIC_ALARM = Record(
    {
        **_ALARM,
        "MetricName": Text(1, 255),
        "Namespace": NAMESPACE,
        "Statistic": Text(choices=("SampleCount", "Average", "Sum", "Minimum", "Maximum")),
        "ExtendedStatistic": Text(1),
        "Dimensions": DIMENSIONS,
        "Period": Whole(1),
        "Unit": UNIT,
        "EvaluationPeriods": Whole(1),
        "DatapointsToAlarm": Whole(1),
        "Threshold": Real(),
        "ComparisonOperator": Text(choices=(*OPERATORS, *BAND_OPERATORS)),
        "TreatMissingData": Text(choices=("breaching", "notBreaching", "ignore", "missing")),
        "EvaluateLowSampleCountPercentile": Text(choices=("evaluate", "ignore")),
        "Metrics": Many(QUERY),
        "ThresholdMetricId": Text(1, 255),
        "EvaluationWindow": Record(
            {"WallClockWindow": Record({"Timezone": Text(1, 50)}), "SlidingWindow": Record({})}
        ),
        "WarmUpConfiguration": Record(
            {
                "WarmUpPeriodDurationInMinutes": Whole(1, 2_880),
                "OnlyStartEvaluatingAfterWarmUpPeriodEnds": Flag(),
            },
            ("WarmUpPeriodDurationInMinutes",),
        ),
        "EvaluationCriteria": Record(
            {
                "PromQLCriteria": Record(
                    {
                        "Query": Text(1, 10_000),
                        "PendingPeriod": Whole(0, 86_400),
                        "RecoveryPeriod": Whole(0, 86_400),
                    },
                    ("Query",),
                )
            }
        ),
        "EvaluationInterval": Whole(10, 3_600),
    },
    ("AlarmName",),
)
COMPOSITE_ALARM = Record(
    {
        **_ALARM,
        "AlarmRule": Text(1, 10_240),
        "ActionsSuppressor": Text(1, 1_600),
        "ActionsSuppressorWaitPeriod": Whole(0),
        "ActionsSuppressorExtensionPeriod": Whole(0),
    },
    ("AlarmName", "AlarmRule"),
)
# What DescribeAlarms, GetDashboard and ListDashboards add: facts, nothing that a person set.
DESCRIBED: dict[str, Shape] = {
    name: Anything()
    for name in (
        "AlarmArn",
        "AlarmConfigurationUpdatedTimestamp",
        "StateValue",
        "StateReason",
        "StateReasonData",
        "StateUpdatedTimestamp",
        "StateTransitionedTimestamp",
        "EvaluationState",
        "ActionsSuppressedBy",
        "ActionsSuppressedReason",
        "DashboardArn",
        "LastModified",
        "Size",
    )
}
DASHBOARD = Record(
    {
        "DashboardName": Text(1, 255, r"[A-Za-z0-9_-]+", "letters, digits, - and _"),
        "DashboardBody": Anything(),
        "Tags": TAGS,
    },
    ("DashboardName", "DashboardBody"),
)
MUTE_RULE = Record(
    {
        "Name": NAME,
        "Description": Text(0, 1_024),
        "Rule": Record(
            {
                "Schedule": Record(
                    {"Expression": Text(1, 256), "Duration": Text(1, 50), "Timezone": Text(1, 50)},
                    ("Expression", "Duration"),
                )
            },
            ("Schedule",),
        ),
        "MuteTargets": Record({"AlarmNames": Many(NAME, 1, 100)}, ("AlarmNames",)),
        "Tags": TAGS,
        "StartDate": Moment(),
        "ExpireDate": Moment(),
    },
    ("Name", "Rule"),
)
