"""The shapes of what CloudWatch takes: alarms, dashboards, mute rules, anomaly detectors, and metrics."""

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
    "ActionConfiguration": Record({"AlarmTagsPropagation": Text()}),
    "Tags": TAGS,
}
MISSING = Text(choices=("breaching", "notBreaching", "ignore", "missing"))
WARM_UP = Record(
    {
        "WarmUpPeriodDurationInMinutes": Whole(1, 2_880),
        "OnlyStartEvaluatingAfterWarmUpPeriodEnds": Flag(),
    },
    ("WarmUpPeriodDurationInMinutes",),
)
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
        "TreatMissingData": MISSING,
        "EvaluateLowSampleCountPercentile": Text(choices=("evaluate", "ignore")),
        "Metrics": Many(QUERY),
        "ThresholdMetricId": Text(1, 255),
        "EvaluationWindow": Record(
            {"WallClockWindow": Record({"Timezone": Text(1, 50)}), "SlidingWindow": Record({})}
        ),
        "WarmUpConfiguration": WARM_UP,
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
        "ActionsSuppressor": Text(0, 1_600),
        "ActionsSuppressorWaitPeriod": Whole(0),
        "ActionsSuppressorExtensionPeriod": Whole(0),
    },
    ("AlarmName", "AlarmRule"),
)
_REQUIRED = ("AlarmName", "QueryResultsToEvaluate", "QueryResultsToAlarm", "Threshold", "ComparisonOperator")
LOG_ALARM = Record(
    {
        **_ALARM,
        "ScheduledQueryConfiguration": Record(
            {
                "QueryString": Text(0, 10_000),
                "LogGroupIdentifiers": Many(Text(1, 1_024), 1, 50),
                "QueryARN": Text(1, 1_024),
                "ScheduledQueryRoleARN": ACTION,
                "ScheduleConfiguration": Record(
                    {
                        "ScheduleExpression": Text(1, 256),
                        "StartTimeOffset": Whole(1, 2_592_000),
                        "EndTimeOffset": Whole(0, 2_592_000),
                    },
                    ("ScheduleExpression", "StartTimeOffset"),
                ),
                "AggregationExpression": Text(1, 2_048),
                "Tags": TAGS,
            },
            ("QueryString", "ScheduledQueryRoleARN", "ScheduleConfiguration", "AggregationExpression"),
        ),
        "ActionLogLineCount": Whole(0),
        "ActionLogLineRoleArn": ACTION,
        "QueryResultsToEvaluate": Whole(1),
        "QueryResultsToAlarm": Whole(1),
        "Threshold": Real(),
        "ComparisonOperator": Text(choices=(*OPERATORS, *BAND_OPERATORS)),
        "TreatMissingData": MISSING,
        "WarmUpConfiguration": WARM_UP,
    },
    (*_REQUIRED, "ScheduledQueryConfiguration"),
)
_DETECTED: dict[str, Shape] = {
    "AccountId": Text(1, 255),
    "Namespace": NAMESPACE,
    "MetricName": Text(1, 255),
    "Dimensions": DIMENSIONS,
    "Stat": Text(1, 50),
}
DETECTOR = Record(
    {
        **_DETECTED,
        "SingleMetricAnomalyDetector": Record(_DETECTED),
        "MetricMathAnomalyDetector": Record({"MetricDataQueries": Many(QUERY)}),
        "Configuration": Record(
            {
                "ExcludedTimeRanges": Many(
                    Record({"StartTime": Moment(), "EndTime": Moment()}, ("StartTime", "EndTime")), most=10
                ),
                "MetricTimezone": Text(0, 50, r".*", "a time zone"),
            }
        ),
        "MetricCharacteristics": Record({"PeriodicSpikes": Flag()}),
    }
)
DATUM = Record(
    {
        "MetricName": Text(1, 255),
        "Dimensions": DIMENSIONS,
        "Timestamp": Moment(),
        "Value": Real(),
        "StatisticValues": Record(
            {name: Real() for name in ("SampleCount", "Sum", "Minimum", "Maximum")},
            ("SampleCount", "Sum", "Minimum", "Maximum"),
        ),
        "Values": Many(Real(), 1, 150),
        "Counts": Many(Real(), 1, 150),
        "Unit": UNIT,
        "StorageResolution": Whole(1),
    },
    ("MetricName",),
)
METRIC_DATA = Record(
    {
        "Namespace": NAMESPACE,
        "MetricData": Many(DATUM, most=1_000),
        "EntityMetricData": Many(
            Record({"Entity": Anything(), "MetricData": Many(DATUM, most=1_000)}), most=2
        ),
        "StrictEntityValidation": Flag(),
    },
    ("Namespace",),
)
_EMITTED = Record(
    {"Name": Text(1, 1_024), "Unit": UNIT, "StorageResolution": Whole(1)},
    ("Name",),
    open=True,
)
_DIRECTIVE = Record(
    {
        "Namespace": Text(1, 1_024),
        "Dimensions": Many(Many(Text(1, 250), most=30)),
        "Metrics": Many(_EMITTED, most=100),
    },
    ("Namespace", "Dimensions", "Metrics"),
    open=True,
)
EMBEDDED = Record(
    {
        "_aws": Record(
            {"Timestamp": Whole(0), "CloudWatchMetrics": Many(_DIRECTIVE)},
            ("Timestamp", "CloudWatchMetrics"),
            open=True,
        )
    },
    ("_aws",),
    open=True,
)
# What DescribeAlarms, GetAlarmMuteRule, GetDashboard and others add: facts, nothing that a person set.
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
        "AnomalyDetectorId",
        "AlarmMuteRuleArn",
        "Status",
        "MuteType",
        "LastUpdatedTimestamp",
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
        "MuteTargets": Record({"AlarmNames": Many(NAME, 0, 100)}, ("AlarmNames",)),
        "Tags": TAGS,
        "StartDate": Moment(),
        "ExpireDate": Moment(),
    },
    ("Name", "Rule"),
)
