"""From live back to YAML: nothing to plan after it, and what cannot be said is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from sereno.language import load_system
from sereno.language.model import System
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import compile as compiled
from sereno.vendors.cloudwatch.alarm_rule import quote
from sereno.vendors.cloudwatch.client import Calls, Pace, refusal
from sereno.vendors.cloudwatch.fake import Fake
from sereno.vendors.cloudwatch.forms import TERMS
from sereno.vendors.cloudwatch.importing import imported, written
from sereno.vendors.cloudwatch.live import CloudWatch
from sereno.vendors.datadog import compile as compiled_for_datadog
from sereno.vendors.importing import dumped, here
from sereno.vendors.plan import adopts, plan
from sereno.vendors.session import Session
from tests.vendors.systems import SHOP
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


def test_an_alarm_of_others_becomes_an_alert_and_a_signal_and_keeps_its_name() -> None:
    files = written(imported([alarm("Prod: Errors (5 min)"), alarm("second", Unit="Count")], ""))
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
        "cloudwatch": {"AlarmName": "Prod: Errors (5 min)", "AlarmDescription": "", "AlarmActions": []},
    }
    assert alerts[1]["spec"]["signal"] == "prod-errors-5-min"
    assert alerts[1]["spec"]["cloudwatch"]["Unit"] == "Count"


def test_what_cannot_be_said_is_told_with_the_way_out() -> None:
    resources = [
        alarm("band", Threshold=None, ThresholdMetricId="t"),
        alarm("tiny", Threshold=1e-19),
        alarm("bare", Statistic=None),
        Resource("log-alarm", "lines", {"AlarmName": "lines"}),
        Resource("mute-rule", "nights", {"Name": "nights"}),
        Resource("dashboard", "text", {"DashboardName": "text", "DashboardBody": "no JSON"}),
    ]

    assert imported(resources, "").left_out == [
        "metric-alarm band: it compares neither with a number nor with a band; put it again, and import it"
        " then",
        "metric-alarm tiny: 1e-19 is no number of the language; give it a unit with fewer digits",
        "metric-alarm bare: it has no statistic or no period; put it again, and import it then",
        "log-alarm lines: the language reads metrics, and this one reads logs by a schedule; keep it in what"
        " made it, or count the lines by a metric filter and alert on that",
        "mute-rule nights: it comes from the `mutes` of the routes; copy those from the project they are in",
        "dashboard text: its body is no JSON object; save it again in the console, and import it then",
    ]


def shown(name: str, body: str) -> Resource:
    """A dashboard as it is read, its body from JSON."""
    return Resource("dashboard", name, {"DashboardName": name, "DashboardBody": json.loads(body)})


def test_what_yaml_or_the_tags_cannot_hold_is_left_out_alone() -> None:
    many = {f"k{n}": "v" for n in range(48)}
    resources = [
        shown("half", '{"widgets": [{"type": "text", "properties": {"markdown": "caf\\ud83d"}}]}'),
        shown("endless", '{"widgets": [], "x": 1e400}'),
        shown("deep", '{"widgets": ' + "[" * 500 + "]" * 500 + "}"),
        shown("whole", '{"widgets": [{"type": "text", "properties": {"markdown": "\\ud83d\\ude00"}}]}'),
        alarm("tagged", Tags=pairs(many, "Key")),
        alarm("full", Tags=pairs({**dict(list(many.items())[:47]), "aws:x": "y"}, "Key")),
    ]
    found = imported(resources, "")

    assert found.left_out == [
        "dashboard half: it has half a character (a lone surrogate); correct that, and import it then",
        "dashboard endless: it has a number too large to be written; correct that, and import it then",
        "dashboard deep: it is nested too deeply; correct that, and import it then",
        "metric-alarm tagged: it has 48 tags, and the 3 by which sereno knows its own do not fit beside"
        " them (50 in all); take some away, and import it then",
    ]
    assert [one["metadata"]["name"] for one in (*found.dashboards, *found.alerts)] == ["whole", "full"]
    assert [text.encode() for text in written(found).values()] != []


def test_no_two_documents_bear_one_name() -> None:
    long = "n" * 80
    body = {"DashboardBody": {"widgets": []}}
    resources = [
        *(alarm(name) for name in ("a b", "a-b", "A/B", "!!", "??", long, f"{long}x")),
        Resource("dashboard", "a_b", {"DashboardName": "a_b", **body}),
    ]
    found = imported(resources, "")

    assert [each["metadata"]["name"] for each in (*found.alerts, *found.dashboards)] == [
        *("a-b", "a-b-2", "a-b-3", "unnamed", "unnamed-2", "n" * 63, f"{'n' * 61}-2"),
        "a-b",
    ]


def test_a_dashboard_of_ours_keeps_its_name_where_nothing_keeps_its_address() -> None:
    live = {"DashboardName": "shop-test-dashboard-shop", "DashboardBody": {"widgets": []}}
    found = imported([Resource("dashboard", "dashboard-shop", live)], "shop-test-")

    assert found.dashboards[0]["metadata"]["name"] == "shop"


def test_an_alarm_of_others_never_takes_the_name_of_ours() -> None:
    tags = pairs({"sereno:project": "shop", "sereno:environment": "test", "sereno:address": "alert/x"}, "Key")
    ours = alarm("shop-test-alert-x", Tags=tags)
    resources = [alarm("x"), Resource("metric-alarm", "alert/x", ours.body)]

    assert [each["metadata"]["name"] for each in imported(resources, "").alerts] == ["x-2", "x"]


def test_of_our_own_slos_it_is_told_where_they_come_from() -> None:
    fake = Fake()
    cloudwatch = CloudWatch(Calls(fake), Pace(0), "eu-west-1")
    list(cloudwatch.apply(plan(compiled(SHOP)[0], cloudwatch.read(SHOP), TERMS)))
    found = imported(list(cloudwatch.named("shop-test-")), "shop-test-")

    assert found.left_out == [
        f"everything of SLO {name}: an SLO's alarms and its native SLO come from its document; copy that from"
        " the project it is in"
        for name in ("orders-availability", "orders-latency")
    ]
    assert [d["metadata"]["name"] for d in found.dashboards] == ["shop"]


# The law: whatever is live and another's, importing it, building and planning changes nothing but our tags.

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
WORD = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"), min_size=1, max_size=9
)
TRICKY = st.sampled_from(
    ["${LABEL}", "$${x}", "a ${PROP('Dim.x')} b", "08", "1e5", "yes", "null", "~", "- a", "#"]
)
WORDS = WORD | TRICKY
PLAIN = ["Sum", "Average", "SampleCount", "Minimum", "Maximum"]
SAMPLES = [*PLAIN, "p0", "p99", "p99.9", "tm90", "ts50", "wm98.5", "tc10", "IQM", "TC(:300)", "PR(1:2.5)"]
SAMPLES += ["TM(2%:98%)", "TS(80%:)", "WM(:95%)", "PR(:0.25)"]
MATHS = ["m1 * 2", "RATE(m1)", "IF(m1>5,  m1, 0)", "FILL(m1, 0)/PERIOD(m1)"]
QUERIES = [
    'SELECT AVG(CPUUtilization) FROM SCHEMA("AWS/EC2", InstanceId)',
    "SELECT MAX(Latency) FROM Shop WHERE Stage = 'a b' GROUP BY Route ORDER BY MAX() DESC LIMIT 5",
]
WINDOWS: list[dict[str, Any]] = [
    {"EvaluationWindow": {"SlidingWindow": {}}},
    {"WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 30}},
    {"EvaluationWindow": {"WallClockWindow": {"Timezone": "Europe/Madrid"}}},
]
TOPICS = st.lists(st.sampled_from([f"arn:aws:sns:eu-west-1:123456789012:t{n}" for n in range(9)]), max_size=5)
PERIODS = st.sampled_from([10, 20, 30, 60, 300, 3_600])
DIMENSIONS = st.dictionaries(WORDS, WORDS, max_size=3)
FINITE = st.floats(-1e15, 1e15).filter(lambda value: not 0 < abs(value) < 1e-12)


def pairs(given: Mapping[str, str], key: str = "Name") -> list[dict[str, str]]:
    return [{key: name, "Value": value} for name, value in given.items()]


@st.composite
def metric_stats(draw: st.DrawFn, period: int) -> dict[str, Any]:
    metric = {
        "Namespace": draw(WORDS.filter(lambda word: not word.startswith(("AWS", "$")))),
        "MetricName": draw(WORDS),
        "Dimensions": pairs(draw(DIMENSIONS)),
    }
    unit = {"Unit": "Bytes"} if draw(st.booleans()) else {}
    return {"Metric": metric, "Period": period, "Stat": draw(st.sampled_from(SAMPLES)), **unit}


@st.composite
def watched(draw: st.DrawFn) -> dict[str, Any]:
    """One metric, metric math, a band, or a query of Metrics Insights or of PromQL."""
    kind = draw(st.sampled_from(["single", "math", "band", "insights", "promql"]))
    if kind == "promql":
        pending = {"PendingPeriod": 300} if draw(st.booleans()) else {}
        criteria = {"PromQLCriteria": {"Query": 'rate(x{a="${b}"}[5m]) > 1', **pending, "RecoveryPeriod": 60}}
        return {"EvaluationCriteria": criteria, "EvaluationInterval": draw(st.sampled_from([10, 60, 3_600]))}
    period = draw(PERIODS if kind != "band" else st.just(300))
    count = draw(st.integers(1, 10_080)) if period == 60 else draw(st.integers(1, 20))
    shared = {
        "EvaluationPeriods": min(count, 1_440),
        "TreatMissingData": draw(st.sampled_from(["missing", "ignore", "breaching", "notBreaching"])),
        **({"DatapointsToAlarm": 1} if draw(st.booleans()) else {}),
    }
    if kind == "insights":
        query = {"Id": "q1", "Expression": draw(st.sampled_from(QUERIES)), "Period": 60, "ReturnData": True}
        return {
            **shared,
            "EvaluationPeriods": min(shared["EvaluationPeriods"], 180),
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": draw(FINITE),
            "Metrics": [query],
        }
    asked = draw(metric_stats(period))
    operator = draw(st.sampled_from(["GreaterThanThreshold", "LessThanOrEqualToThreshold"]))
    static = {"ComparisonOperator": operator, "Threshold": draw(FINITE)}
    if kind == "single":
        stat = draw(st.sampled_from(SAMPLES))
        name = "Statistic" if stat in PLAIN else "ExtendedStatistic"
        low = {"EvaluateLowSampleCountPercentile": "ignore"} if stat == "p99" else {}
        more = draw(
            st.sampled_from(
                [{}, {"Unit": "Milliseconds"}, *WINDOWS[: 2 if period not in (60, 300, 3_600) else 3]]
            )
        )
        return {**shared, **static, **asked["Metric"], "Period": period, name: stat, **low, **more}
    account = {"AccountId": "210987654321"} if draw(st.booleans()) else {}
    fetched = {"Id": "m1", "MetricStat": asked, **account, "ReturnData": kind == "band"}
    if kind == "band":
        width = draw(st.sampled_from(["2", "0.5", "3.25"]))
        learned = {"Id": "ad1", "Expression": f"ANOMALY_DETECTION_BAND(m1, {width})", "Label": "expected"}
        compared = {"ComparisonOperator": "LessThanLowerThreshold", "ThresholdMetricId": "ad1"}
        return {**shared, **compared, "Metrics": [fetched, {**learned, "ReturnData": True}]}
    expression = draw(st.sampled_from(MATHS))
    label = {"Label": draw(WORDS)} if draw(st.booleans()) else {}
    return {**shared, **static, "Metrics": [{"Id": "e1", "Expression": expression, **label}, fetched]}


@st.composite
def accounts(draw: st.DrawFn) -> Fake:
    """Metric alarms, a composite over them, and a dashboard; of somebody who knows nothing of sereno."""
    fake = Fake(page=draw(st.integers(1, 9)))
    names = draw(st.lists(WORDS.map(lambda word: f"Their {word}"), min_size=1, max_size=4, unique=True))
    for name in names:
        texts = {"AlarmDescription": draw(TEXT)} if draw(st.booleans()) else {}
        keys, values = st.sampled_from(["team", "Cost Centre", "a/b"]), st.sampled_from(["", "x y", "08"])
        tags = draw(st.dictionaries(keys, values))
        fake.put_metric_alarm(
            AlarmName=name,
            **texts,
            **draw(watched()),
            AlarmActions=draw(TOPICS),
            OKActions=draw(TOPICS),
            InsufficientDataActions=draw(TOPICS),
            ActionsEnabled=draw(st.booleans()),
            Tags=pairs(tags, "Key"),
        )
    held = {
        "ActionsSuppressor": names[0],
        "ActionsSuppressorWaitPeriod": 60,
        "ActionsSuppressorExtensionPeriod": 90,
    }
    fake.put_composite_alarm(
        AlarmName="Their sum",
        AlarmRule=f"NOT OK({quote(names[-1])}) OR ALARM({quote(names[0])})",
        AlarmActions=draw(TOPICS),
        **(held if draw(st.booleans()) else {}),
    )
    properties = {"region": "eu-west-1", "title": draw(TEXT), "annotations": None, "markdown": draw(TRICKY)}
    widgets = [{"type": "text", "properties": properties, "x": 0, "y": 0, "width": 3.0}]
    chosen = {
        "type": "property",
        "property": "Stage",
        "inputType": "select",
        "id": "s",
        "values": [{"value": "${a}"}],
    }
    body = {"widgets": widgets, "start": "-PT3H", **({"variables": [chosen]} if draw(st.booleans()) else {})}
    fake.put_dashboard(DashboardName="Their_board", DashboardBody=json.dumps(body))
    return fake


@given(fake=accounts())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_others_made_is_imported_as_it_is(fake: Fake, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("adopted")
    cloudwatch = CloudWatch(Calls(fake), Pace(0), "eu-west-1")
    found = imported(list(cloudwatch.named("Their")), "Their")
    (root / "sereno.yaml").write_text(PROJECT.format(name="x"))
    for name, text in written(found).items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    system, problems = load_system(root, "test")
    assert system is not None, problems
    wanted, more = compiled(system)
    live = cloudwatch.live(system)
    changes = plan(wanted, live.owned, TERMS)

    assert found.left_out == []
    assert [p for p in (*problems, *more) if p.severity == "error"] == []
    assert [(c.resource.address, c.fields) for c in changes if not adopts(c)] == []
    assert live.foreign == frozenset()

    before = [body for things in (fake.metric, fake.composite) for body in things.values()]
    puts = len([call for call in fake.calls if call.startswith("put")])
    assert [o.error for o in cloudwatch.apply(changes) if o.error] == []
    assert plan(wanted, cloudwatch.read(system), TERMS) == ()
    assert [body for things in (fake.metric, fake.composite) for body in things.values()] == before
    assert len([call for call in fake.calls if call.startswith("put")]) == puts

    nothing = replace(system, alerts=(), dashboards=(), adopted={})
    gone = plan(compiled(nothing)[0], cloudwatch.read(nothing), TERMS)
    assert [change.verb for change in gone] == ["delete"] * len(
        fake.metric | fake.composite | fake.dashboards
    )
    assert [o.error for o in cloudwatch.apply(gone) if o.error] == []
    assert fake.metric | fake.composite | fake.dashboards == {}


def test_what_is_adopted_is_destroyed_only_once_it_bears_our_tags(tmp_path: Path) -> None:
    fake = Fake()
    fake.put_metric_alarm(**alarm("Theirs").body)
    cloudwatch = CloudWatch(Calls(fake), Pace(0), "eu-west-1")
    document = dumped(imported([alarm("Theirs")], "").alerts)
    said = document.replace("signal: theirs", "signal: failed").replace("service: imported", "service: shop")
    system = project(tmp_path, f"{SIGNALS}{MORE_SIGNALS}---\n{said}", ALERTS)

    def destroyed() -> list[str]:
        session = Session(system, cloudwatch, TERMS, cloudwatch.live(system))
        return [f"{change.verb} {change.resource.address}" for change in session.changes(())]

    assert destroyed() == []
    marked = [{"Key": "sereno:project", "Value": "shop"}, {"Key": "sereno:environment", "Value": "test"}]
    fake.tag_resource(ResourceARN=fake.arn("Theirs"), Tags=marked)
    assert destroyed() == ["delete alert/theirs"]


SHOWN = ", cloudwatch: {DashboardName: Shop, DashboardBody: {widgets: []}}"


def test_an_adopted_dashboard_bears_our_tags_beside_those_it_has(tmp_path: Path) -> None:
    fake = Fake()
    fake.put_dashboard(
        DashboardName="Shop", DashboardBody='{"widgets": []}', Tags=pairs({"team": "x"}, "Key")
    )
    cloudwatch = CloudWatch(Calls(fake), Pace(0), "eu-west-1")
    system = project(tmp_path, f"{SIGNALS}{MORE_SIGNALS}{BOARD % SHOWN}", ALERTS)
    (change,) = plan(compiled_boards(system), cloudwatch.read(system), TERMS)

    assert adopts(change)
    assert [outcome.error for outcome in cloudwatch.apply([change])] == [""]
    assert fake.tags[fake.arn("Shop", "dashboard")] == {
        "team": "x",
        "sereno:project": "shop",
        "sereno:environment": "test",
        "sereno:address": "dashboard/board",
    }
    assert plan(compiled_boards(system), cloudwatch.read(system), TERMS) == ()


def test_where_dashboards_have_no_tags_an_adopted_one_is_left_to_who_made_it(tmp_path: Path) -> None:
    """Some endpoints refuse them as those of a thing that is not there."""

    def before(operation: str, arguments: Mapping[str, Any]) -> None:
        if operation == "tag_resource":
            raise refusal("TagResource", "ResourceNotFoundException", "Unknown")

    fake = Fake(before=before)
    fake.put_dashboard(DashboardName="Shop", DashboardBody='{"widgets": []}')
    cloudwatch = CloudWatch(Calls(fake), Pace(0), "eu-west-1")
    system = project(tmp_path, f"{SIGNALS}{MORE_SIGNALS}{BOARD % SHOWN}", ALERTS)
    session = Session(system, cloudwatch, TERMS, cloudwatch.live(system))

    assert [o.error for o in cloudwatch.apply(session.changes(compiled_boards(system)))] == [""]
    assert session.changes(()) == ()
    assert [resource.address for resource in session.spared()] == ["dashboard/board"]


def compiled_boards(system: System) -> list[Resource]:
    return [resource for resource in compiled(system)[0] if resource.kind == "dashboard"]


def test_tags_that_go_make_room_for_those_that_come(tmp_path: Path) -> None:
    """48 of others and ours would be 51 for a moment, which CloudWatch refuses."""
    fake = Fake()
    body = alarm("Theirs").body
    fake.put_metric_alarm(**body, Tags=pairs({f"t{n}": "x" for n in range(48)}, "Key"))
    cloudwatch = CloudWatch(Calls(fake), Pace(0), "eu-west-1")
    document = dumped(imported([alarm("Theirs")], "").alerts)
    said = document.replace("signal: theirs", "signal: failed").replace("service: imported", "service: shop")
    system = project(tmp_path, f"{SIGNALS}{MORE_SIGNALS}---\n{said}", ALERTS)
    wanted = [resource for resource in compiled(system)[0] if resource.address == "alert/theirs"]

    assert [o.error for o in cloudwatch.apply(plan(wanted, cloudwatch.read(system), TERMS))] == [""]
    assert sorted(fake.tags[fake.arn("Theirs")]) == ["sereno:address", "sereno:environment", "sereno:project"]


def test_what_is_said_in_cloudwatchs_words_alone_is_a_problem_on_datadog(tmp_path: Path) -> None:
    project(tmp_path, SIGNALS + MORE_SIGNALS, ALERTS)
    (tmp_path / "alerts" / "kept.yaml").write_text(
        ALERT % "cloudwatch: {AlarmRule: ALARM(a)}" + BOARD % ", cloudwatch: {DashboardBody: {widgets: []}}"
    )
    system, problems = load_system(tmp_path, "test", "datadog")
    assert system is not None, problems
    kept = [p for p in compiled_for_datadog(system)[1] if p.where.file == "alerts/kept.yaml"]

    assert {(p.code, p.severity) for p in kept} >= {("dd-signal", "error"), ("dd-adopted", "error")}


def test_what_another_environment_owns_is_not_adopted(tmp_path: Path) -> None:
    fake = Fake()
    ours = {"sereno:project": "shop", "sereno:environment": "prod", "sereno:address": "alert/theirs"}
    fake.put_metric_alarm(**alarm("Theirs").body, Tags=pairs(ours, "Key"))
    document = dumped(imported([alarm("Theirs")], "").alerts)
    said = document.replace("signal: theirs", "signal: failed").replace("service: imported", "service: shop")
    system = project(tmp_path, f"{SIGNALS}{MORE_SIGNALS}---\n{said}", ALERTS)

    assert CloudWatch(Calls(fake), Pace(0), "eu-west-1").live(system).foreign == {"alarm:Theirs"}


ALERT = """\
---
apiVersion: sereno/v1
kind: Alert
metadata: {name: kept}
spec: {description: Orders fail., service: shop, severity: page, runbook: everything, %s}
"""
BOARD = """\
---
apiVersion: sereno/v1
kind: Dashboard
metadata: {name: board}
spec: {title: Board%s}
"""


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(
            ALERT % "signal: failed, op: gt, threshold: 5, cloudwatch: {Metrics: [{Id: m1}]}",
            "exclusive-fields",
            id="a signal beside metrics",
        ),
        pytest.param(
            ALERT % "inhibitedBy: [quiet], cloudwatch: {AlarmRule: ALARM(a)}",
            "exclusive-fields",
            id="an inhibitor beside a rule",
        ),
        pytest.param(ALERT % "cloudwatch: {AlarmRule: ALARM(a) AND}", "cw-rule-syntax", id="no rule"),
        pytest.param(
            ALERT % "op: gt, threshold: 5, cloudwatch: {Metrics: [{Expression: m1}]}",
            "cw-missing-field",
            id="metrics without ids",
        ),
        pytest.param(
            ALERT % "op: gt, threshold: 5, cloudwatch: {Metrics: nothing}", "cw-wrong-type", id="no metrics"
        ),
        pytest.param(
            ALERT % "signal: failed, op: gt, threshold: 5, cloudwatch: {Unit: Parsecs}",
            "cw-choice",
            id="a unit that is none",
        ),
        pytest.param(
            ALERT % "signal: failed, op: gt, threshold: 5, cloudwatch: {AlarmNam: x}",
            "unknown-field",
            id="a field that is none",
        ),
        pytest.param(ALERT % "op: gt, threshold: 5, cloudwatch: {}", "signal-or-expr", id="nothing to watch"),
        pytest.param(BOARD % "", "one-of-fields", id="neither rows nor a body"),
        pytest.param(
            BOARD % ", rows: [], cloudwatch: {DashboardBody: {widgets: []}}",
            "exclusive-fields",
            id="rows beside a body",
        ),
        pytest.param(
            BOARD % ", cloudwatch: {DashboardBody: {widgets: 5}}", "cw-wrong-type", id="a body that is none"
        ),
    ],
)
def test_what_is_kept_is_judged_too(tmp_path: Path, document: str, expected: str) -> None:
    project(tmp_path, SIGNALS + MORE_SIGNALS, ALERTS)
    (tmp_path / "alerts" / "kept.yaml").write_text(document)
    system, problems = load_system(tmp_path, "test")
    more = compiled(system)[1] if system else ()

    assert expected in {p.code for p in (*problems, *more) if p.severity == "error"}


def test_what_this_project_declares_is_left_out_document_by_document() -> None:
    """Whatever it makes of one: an alert of two alarms, an SLO of many."""
    fake = Fake()
    cloudwatch = CloudWatch(Calls(fake), Pace(0), "eu-west-1")
    system = replace(SHOP, alerts=tuple(replace(alert, inhibited_by=()) for alert in SHOP.alerts))
    list(cloudwatch.apply(plan(compiled(system)[0], cloudwatch.read(system), TERMS)))
    found = imported(list(cloudwatch.named("shop-test-")), "shop-test-", here(system))

    said = "this project declares it"
    assert (found.alerts, found.dashboards, found.signals) == ([], [], {})
    assert sorted(found.left_out) == sorted(
        [
            *(f"shop-test-alert-{a.name}: {said} ({a.where.file}:{a.where.line})" for a in system.alerts),
            *(f"everything of SLO {s.name}: {said} ({s.where.file}:{s.where.line})" for s in system.slos),
            *(
                f"shop-test-dashboard-{d.name}: {said} ({d.where.file}:{d.where.line})"
                for d in system.dashboards
            ),
        ]
    )


def test_what_another_environment_of_this_project_runs_is_declared_here_too() -> None:
    fake = Fake()
    cloudwatch = CloudWatch(Calls(fake), Pace(0), "eu-west-1")
    prod = replace(SHOP, environment=replace(SHOP.environment, name="prod"), slos=(), dashboards=())
    list(cloudwatch.apply(plan(compiled(prod)[0], cloudwatch.read(prod), TERMS)))
    live = list(cloudwatch.named("shop-prod-"))

    assert imported(live, "shop-prod-", here(SHOP)).alerts == []
    (first, *_) = imported(live, "shop-prod-", here(replace(SHOP, project="bakery"))).left_out
    assert first == (
        "metric-alarm shop-prod-alert-dlq-not-empty: this project declares another alert of its name"
        " (alerts/shop.yaml:7); rename that, and import it then"
    )


def test_an_alarm_of_others_takes_no_name_that_the_project_has_already() -> None:
    found = imported([alarm("dlq not empty"), alarm("waiting")], "", here(SHOP))

    assert [each["metadata"]["name"] for each in found.alerts] == ["dlq-not-empty-2", "waiting"]
    assert list(found.signals) == ["dlq-not-empty-2"]
    assert found.left_out == []


def test_a_signal_and_a_service_take_no_name_that_the_project_has_already() -> None:
    system = replace(SHOP, services={"imported": "What was imported before."})
    files = written(imported([alarm("waiting")], "", here(system)))

    assert list(files) == ["slo/imported-signals.yaml", "alerts/imported.yaml"]
    assert list(yaml.safe_load(files["slo/imported-signals.yaml"])["spec"]) == ["waiting-2"]
