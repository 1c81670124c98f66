"""Each metric minute is judged once and in order, by the engine alone; each page is told exactly once."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sereno.engine.parameters import State
from sereno.engine.payload import Body
from sereno.engine.series import History, MetricKey, Slots
from sereno.local import alarm_api, on_cloudwatch
from sereno.local.alarm_api import AlarmApi
from sereno.local.clock import Clock
from sereno.local.inbox import Inbox
from sereno.local.judge import Judge
from sereno.local.metrics import MetricStore, key
from sereno.local.ticker import Ticker
from sereno.local.topics import Topics
from sereno.local.vendor import Told

Client = Callable[[str], Any]

T0 = 1_800_000_000
BAD, TOTAL = key("N", "bad"), key("N", "total")
ON_CALL, TICKETS = (f"arn:aws:sns:us-east-1:000000000000:{name}" for name in ("on-call", "team-tickets"))


def _stat(id_: str, period: int) -> dict[str, Any]:
    metric = {"Namespace": "N", "MetricName": id_}
    return {"Id": id_, "MetricStat": {"Metric": metric, "Period": period, "Stat": "Sum"}, "ReturnData": False}


def _burn(name: str, period: int, threshold: float, **other: Any) -> dict[str, Any]:
    """Half of a pair: bad / total over a window."""
    share = {"Id": "share", "Expression": "bad / total", "ReturnData": True}
    return {
        "AlarmName": name,
        "Metrics": [share, _stat("bad", period), _stat("total", period)],
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": threshold,
        "TreatMissingData": "notBreaching",
    } | other


def _plain(name: str, metric: str = "bad", **other: Any) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "Namespace": "N",
        "MetricName": metric,
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 0.0,
        "TreatMissingData": "notBreaching",
    } | other


def _composite(name: str, rule: str, **other: Any) -> dict[str, Any]:
    return {"AlarmName": name, "AlarmRule": rule} | other


def _store(bad: Sequence[int], total: int = 100) -> MetricStore:
    """A store with `bad` of `total` in each minute from T0 on."""
    store = MetricStore(Clock(1.0, T0))
    for minute, count in enumerate(bad):
        store.put_slot(BAD, T0 + 60 * minute, [float(count)])
        store.put_slot(TOTAL, T0 + 60 * minute, [float(total)])
    return store


def _applied(bodies: Sequence[Body], by_hand: Mapping[str, State] | None = None) -> Told:
    return Told({str(body["AlarmName"]): body for body in bodies}, by_hand or {})


def _never(alarm: str, moment: int) -> bool:
    del alarm, moment
    return False


def _told(
    bodies: Sequence[dict[str, Any]], bad: Sequence[int], muted: Callable[[str, int], bool] = _never
) -> list[tuple[int, str, str, str]]:
    """(minute, alarm, state, receiver) of everything told while the minutes are judged."""
    judge = Judge(_store(bad), on_cloudwatch)
    judge.take(_applied(bodies), T0)
    found = []
    for minute in range(1, len(bad) + 1):
        _, actions = judge.at(T0 + 60 * minute, muted)
        found += [(minute, a.name, a.state, a.target.rpartition(":")[2]) for a in actions]
    return found


PAIR = [
    _burn("long", 3_600, 0.0144),
    _burn("short", 300, 0.0144),
    _composite("both", 'ALARM("long") AND ALARM("short")'),
    _composite("page", 'ALARM("both")', AlarmActions=[ON_CALL]),
]


def test_a_burn_rate_pair_pages_once_when_both_windows_burn() -> None:
    calm, outage = [0] * 60, [100] * 3
    assert _told(PAIR, calm + outage + [0] * 20) == [(61, "page", "ALARM", "on-call")]


def test_a_blip_pages_nobody() -> None:
    assert _told(PAIR, [0] * 60 + [5] + [0] * 20) == []


SLOW = _composite(
    "ticket",
    'ALARM("any")',
    AlarmActions=[TICKETS],
    ActionsSuppressor="page",
    ActionsSuppressorWaitPeriod=120,
    ActionsSuppressorExtensionPeriod=180,
)


def test_the_slower_severity_is_not_told_while_the_faster_fires() -> None:
    bodies = [*PAIR, _plain("any"), SLOW]
    assert _told(bodies, [0] * 60 + [100] * 10) == [(61, "page", "ALARM", "on-call")]


def test_the_slower_severity_is_told_alone_after_its_wait() -> None:
    bodies = [*PAIR, _plain("any"), SLOW]
    assert _told(bodies, [0] * 60 + [1] * 10) == [(63, "ticket", "ALARM", "team-tickets")]


def test_disabled_actions_tell_nobody() -> None:
    assert _told([_plain("a", AlarmActions=[ON_CALL], ActionsEnabled=False)], [0, 1, 0]) == []


def test_each_state_is_told_to_whom_it_concerns() -> None:
    body = _plain("a", AlarmActions=[ON_CALL, TICKETS], OKActions=[TICKETS])
    assert _told([body], [0, 1, 0]) == [
        (1, "a", "OK", "team-tickets"),
        (2, "a", "ALARM", "on-call"),
        (2, "a", "ALARM", "team-tickets"),
        (3, "a", "OK", "team-tickets"),
    ]


def test_what_a_mute_held_is_told_when_it_ends_and_still_so() -> None:
    body = _plain("a", AlarmActions=[ON_CALL])
    assert _told([body], [0, 1, 1, 1], lambda _, at: at < T0 + 240) == [(4, "a", "ALARM", "on-call")]


def test_what_a_mute_held_is_forgotten_when_it_is_over() -> None:
    body = _plain("a", AlarmActions=[ON_CALL])
    assert _told([body], [0, 1, 0, 0], lambda _, at: at < T0 + 240) == []


def test_an_alarm_that_cannot_be_judged_is_named_and_the_others_go_on() -> None:
    judge = Judge(_store([1]), on_cloudwatch)
    band = _plain("band", ComparisonOperator="GreaterThanUpperThreshold")
    judge.take(_applied([band, _composite("above", 'ALARM("band")'), _plain("a")]), T0)
    changed, _ = judge.at(T0 + 60, _never)
    assert [(e.name, e.state) for e in changed] == [("a", "ALARM")]
    assert {name: "cannot be evaluated" in text for name, text in judge.problems.items()} == {
        "band": True,
        "above": True,
    }


def test_a_state_set_by_hand_holds_until_the_next_judgement() -> None:
    judge = Judge(_store([0, 0]), on_cloudwatch)
    body = _plain("a", OKActions=[ON_CALL])
    judge.take(_applied([body]), T0)
    judge.at(T0 + 60, _never)
    judge.take(_applied([body], {"a": "ALARM"}), T0 + 60)
    (seen,) = judge.seen(T0 + 60, _never)
    assert seen.judgement
    assert (seen.judgement.state, seen.judgement.reason) == ("ALARM", "set by hand")
    changed, actions = judge.at(T0 + 120, _never)
    assert ([e.state for e in changed], [a.before for a in actions]) == (["OK"], ["ALARM"])
    assert [(e.at - T0, e.state) for e in judge.events] == [(60, "OK"), (60, "ALARM"), (120, "OK")]


def test_an_alarm_that_is_gone_is_forgotten() -> None:
    judge = Judge(_store([1, 1]), on_cloudwatch)
    for bodies in ([_plain("a")], [], [_plain("a")]):
        judge.take(_applied(bodies), T0)
        judge.at(T0 + 60, _never)
    assert [(e.name, e.state) for e in judge.events] == [("a", "ALARM")] * 2


def test_why_actions_do_not_run_is_shown() -> None:
    judge = Judge(_store([0, 1, 1]), on_cloudwatch)
    fast, slow = _plain("page"), dict(SLOW, AlarmRule='ALARM("page")')
    judge.take(_applied([fast, slow, _plain("off", ActionsEnabled=False), _plain("hush")]), T0)
    for minute in (1, 2):
        judge.at(T0 + 60 * minute, _never)
    quiet = {s.name: s.quiet for s in judge.seen(T0, lambda name, _: name == "hush")}
    assert quiet == {
        "page": "",
        "ticket": "suppressed by page",
        "off": "its actions are disabled",
        "hush": "muted",
    }


# With the emulator


@dataclass
class Collected:
    """A collector that writes down its minutes; the alarms change at each, unless it says they never do."""

    minutes: list[int] = field(default_factory=list)
    slow: threading.Event | None = None
    changing: bool = True

    @property
    def alarms(self) -> int:
        return len(self.minutes) if self.changing else 0

    def collect(self, minute: int) -> None:
        if self.slow is not None:
            self.slow.wait(5)
        self.minutes.append(minute)


def _ticker(
    clock: Clock,
    history: History,
    client: Client,
    collected: Collected,
    say: Callable[[str], None] = lambda _: None,
) -> Ticker:
    """Over the emulator's CloudWatch."""
    return Ticker(clock, history, AlarmApi(client, lambda: collected.alarms, say), collected, say)


@pytest.fixture
def prefix(client: Client) -> Iterator[str]:
    """Names of this test's own; its alarms are gone after it, composites first."""
    mine = uuid.uuid4().hex[:8]
    yield mine
    cloudwatch = client("cloudwatch")
    for kind in ("CompositeAlarm", "MetricAlarm"):
        found = cloudwatch.describe_alarms(AlarmNamePrefix=mine, AlarmTypes=[kind])
        for name in reversed([a["AlarmName"] for a in found[f"{kind}s"]]):
            cloudwatch.delete_alarms(AlarmNames=[name])


@dataclass(frozen=True)
class Reached:
    """On-call's topic, and what came by it."""

    topic: str
    inbox: Inbox


@pytest.fixture
def on_call(client: Client, prefix: str) -> Iterator[Reached]:
    topic = client("sns").create_topic(Name=f"{prefix}-on-call")["TopicArn"]
    inbox = Inbox({})
    topics = Topics(client, Clock(1.0, T0), inbox, {"on-call": [topic]}, f"{prefix}-inbox")
    yield Reached(topic, inbox)
    topics.close()


def _live(client: Client, name: str) -> tuple[str, str]:
    answer = client("cloudwatch").describe_alarms(
        AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    (alarm,) = answer["MetricAlarms"] + answer["CompositeAlarms"]
    return alarm["StateValue"], alarm["StateReason"]


def test_states_go_through_the_cloudwatch_api_and_pages_through_sns_once(
    client: Client, prefix: str, on_call: Reached
) -> None:
    cloudwatch = client("cloudwatch")
    topic, inbox, clock = on_call.topic, on_call.inbox, Clock(1.0, T0)
    cloudwatch.put_metric_alarm(**_plain(f"{prefix}-child"))
    rule = f'ALARM("{prefix}-child")'
    cloudwatch.put_composite_alarm(
        **_composite(f"{prefix}-top", rule, AlarmActions=[topic], AlarmDescription="d")
    )
    cloudwatch.put_composite_alarm(
        **_composite(f"{prefix}-slow", rule, AlarmActions=[topic], ActionsSuppressor=f"{prefix}-top")
    )
    ticker = _ticker(clock, _store([0, 1, 1, 0]), client, Collected())
    for minute in range(4):
        ticker.tick(T0 + 60 * minute)
        cloudwatch.put_metric_data(  # would make ministack judge
            Namespace="N", MetricData=[{"MetricName": "bad", "Value": 7.0}]
        )
        assert ticker.desk.settled(10)
        states = [_live(client, f"{prefix}-{name}")[0] for name in ("child", "top", "slow")]
        assert states == ["ALARM" if minute in (1, 2) else "OK"] * 3
    client("sns").publish(TopicArn=topic, Message="the last")
    assert inbox.wait_for(lambda n: n.reason == "the last", 10)
    told = [(n.alarm, n.state, n.at - T0, n.description) for n in inbox.all()[:-1]]
    assert told == [(f"{prefix}-top", "ALARM", 120.0, "d")]
    changes = [(e.name, e.state, e.at - T0) for e in ticker.events() if e.name == f"{prefix}-child"]
    assert changes == [
        (f"{prefix}-child", "OK", 60),
        (f"{prefix}-child", "ALARM", 120),
        (f"{prefix}-child", "OK", 240),
    ]
    ticker.close()


def test_a_state_set_by_hand_is_taken_and_then_judged(client: Client, prefix: str) -> None:
    cloudwatch = client("cloudwatch")
    cloudwatch.put_metric_alarm(**_plain(prefix))
    ticker = _ticker(Clock(1.0, T0), _store([0, 0]), client, Collected())
    ticker.tick(T0)
    assert ticker.desk.settled(10)
    cloudwatch.set_alarm_state(AlarmName=prefix, StateValue="ALARM", StateReason="a try")
    ticker.tick(T0 + 60)
    assert ticker.desk.settled(10)
    mine = [(e.state, e.reason.partition(":")[0]) for e in ticker.events() if e.name == prefix]
    assert mine == [("OK", "OK"), ("ALARM", "set by hand"), ("OK", "OK")]
    assert _live(client, prefix)[0] == "OK"
    ticker.close()


def test_a_mute_rule_keeps_a_page_back(client: Client, prefix: str, on_call: Reached) -> None:
    topic, inbox, clock = on_call.topic, on_call.inbox, Clock(1.0, T0)
    cloudwatch = client("cloudwatch")
    cloudwatch.put_metric_alarm(**_plain(prefix, AlarmActions=[topic]))
    begins = datetime.fromtimestamp(T0, UTC) + timedelta(minutes=1)
    cloudwatch.put_alarm_mute_rule(
        Name=prefix,
        Rule={"Schedule": {"Expression": f"at({begins:%Y-%m-%dT%H:%M})", "Duration": "PT3M"}},
        MuteTargets={"AlarmNames": [prefix]},
    )
    ticker = _ticker(clock, _store([0, 1, 1, 1, 1]), client, Collected())
    for minute in range(5):
        ticker.tick(T0 + 60 * minute)
    found = inbox.wait_for(lambda n: n.alarm == prefix, 10)
    assert found
    assert (found.state, found.at - T0, len(inbox.all())) == ("ALARM", 240.0, 1)
    cloudwatch.delete_alarm_mute_rule(AlarmMuteRuleName=prefix)
    ticker.close()


def test_actions_that_lead_nowhere_are_told(client: Client, prefix: str) -> None:
    gone = f"arn:aws:sns:us-east-1:000000000000:{prefix}-gone"
    client("cloudwatch").put_metric_alarm(
        **_plain(prefix, AlarmActions=[gone, "arn:aws:lambda:us-east-1:0:function:f"])
    )
    ticker = _ticker(Clock(1.0, T0), _store([1]), client, Collected())
    ticker.tick(T0)
    assert ticker.desk.settled(10)
    assert ticker.problems() == [
        f"{gone} does not exist",
        "arn:aws:lambda:us-east-1:0:function:f is no SNS topic, and not called here",
    ]
    ticker.close()


def test_what_could_not_be_told_is_told_later_and_judging_goes_on(
    client: Client, prefix: str, on_call: Reached, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarm_api, "PAUSE", 0.01)
    topic, inbox, clock = on_call.topic, on_call.inbox, Clock(1.0, T0)
    client("cloudwatch").put_metric_alarm(**_plain(prefix, AlarmActions=[topic]))
    away = threading.Event()
    said: list[str] = []
    collected = Collected(changing=False)
    ticker = _ticker(clock, _store([0, 1, 0, 1]), _breaking(client, away), collected, said.append)
    ticker.tick(T0)
    assert ticker.desk.settled(10)
    away.set()
    for minute in (1, 2, 3):
        ticker.tick(T0 + 60 * minute)
    assert (ticker.judged, inbox.wait_for(lambda n: n.alarm == prefix, 0.2)) == (T0 + 240, None)
    away.clear()
    assert ticker.desk.settled(10)
    assert inbox.wait_for(lambda n: n.at == T0 + 240, 10)
    assert [(n.state, n.at - T0) for n in inbox.all()] == [("ALARM", 120.0), ("ALARM", 240.0)]
    assert [text.partition(",")[0] for text in said] == [
        "the emulator does not answer",
        "the emulator answers again",
    ]
    ticker.close()


def _breaking(client: Client, away: threading.Event) -> Client:
    """Clients that lead nowhere while `away` is set."""
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=1, retries={"max_attempts": 0})
    nowhere = boto3.Session("t", "t", region_name="us-east-1")
    closed = {
        service: nowhere.client(service, endpoint_url="http://127.0.0.1:1", config=config)
        for service in ("cloudwatch", "sns")
    }
    return lambda service: closed[service] if away.is_set() else client(service)


def test_minutes_are_judged_in_order_and_each_once(client: Client) -> None:
    collected = Collected()
    ticker = _ticker(Clock(warp=1_200.0), _store([]), client, collected)  # a metric minute is 50 ms
    ticker.begin()
    assert ticker.wait(ticker.clock.minute() + 8 * 60, 10)
    ticker.close()
    steps = {b - a for a, b in zip(collected.minutes, collected.minutes[1:], strict=False)}
    assert (steps, ticker.late) == ({60}, 0)


@dataclass
class Recorded:
    """A history without data that writes down up to when it was read."""

    ends: list[int] = field(default_factory=list)

    def read(self, key: MetricKey, start: int, end: int) -> Slots:
        self.ends.append(end)
        return MetricStore(Clock(1.0, T0)).read(key, start, end)


def test_a_minute_that_takes_too_long_makes_the_next_late_and_is_told(client: Client, prefix: str) -> None:
    client("cloudwatch").put_metric_alarm(**_plain(prefix, metric=prefix))
    collected, history = Collected(slow=threading.Event(), changing=False), Recorded()
    said: list[str] = []
    ticker = _ticker(Clock(warp=600.0), history, client, collected, said.append)
    begins = ticker.clock.minute()
    ticker.begin()
    assert collected.slow
    time.sleep(0.6)  # six metric minutes: the time that passes is what is tested
    collected.slow.set()
    assert ticker.wait(begins + 10 * 60, 10)
    ticker.close()
    judged = sorted(set(history.ends))
    assert ticker.late >= 4
    assert "judged late" in said[0]
    assert judged == list(range(judged[0], judged[-1] + 60, 60))
    assert len(collected.minutes) <= len(judged) - 4


class Broken:
    """A history with a bug."""

    def read(self, key: MetricKey, start: int, end: int) -> Slots:
        raise RuntimeError("a bug")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_ticker_that_broke_says_so(client: Client, prefix: str) -> None:
    client("cloudwatch").put_metric_alarm(**_plain(prefix))
    ticker = _ticker(Clock(warp=600.0), Broken(), client, Collected())
    assert ticker.problems() == []
    ticker.begin()
    deadline = time.monotonic() + 10
    while not ticker.problems() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert ticker.problems() == ["alarms are not judged any more"]
    ticker.close()
    assert ticker.problems() == []
