"""What is said to and read from the emulator's CloudWatch and SNS: in order, each thing until it is done.

One thread does all of it, so a stack whose emulator hangs goes on judging, and what was to be
told is told once the emulator is back. Whatever was sent twice (a request that timed out after
it was heard) the inbox knows by its id.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sereno.engine.parameters import DEFAULT, State
from sereno.engine.payload import Body
from sereno.local import on_cloudwatch
from sereno.local.emulated_alarms import JUDGED
from sereno.local.judge import Action
from sereno.local.vendor import Rule, Told, Vendor
from sereno.vendors.backend import Event

Client = Callable[[str], Any]  # a boto3 client by service

METRIC_TIME, ID = "metric-time", "id"  # message attributes by which the inbox knows a verdict
REASON, SUBJECT = 1_023, 100  # characters that SetAlarmState and Publish take
PAUSE = 0.5  # seconds before a thing that failed is tried again
BOTH = ["MetricAlarm", "CompositeAlarm"]


class AlarmApi:
    """The `Desk` of CloudWatch. What is said returns at once; `settled` waits until all is done.

    `changes` counts the changes of the emulator's alarms.
    """

    vendor: Vendor = on_cloudwatch

    def __init__(
        self, client: Client, changes: Callable[[], int], say: Callable[[str], None] = lambda _: None
    ) -> None:
        self.undelivered: dict[str, None] = {}  # targets that are no topic, and topics that are not there
        self.changes = changes
        self._client = client
        self._say = say
        self._written: dict[str, State] = {}  # what CloudWatch holds, as far as we know
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self.thread = threading.Thread(target=self._work, name="alarm-api", daemon=True)
        self.thread.start()

    def read(self, take: Callable[[Told], None]) -> None:
        """Reads the alarms and mute rules after what was said before, and hands them over."""
        self._tasks.put(lambda: take(self._read()))

    def set_state(self, event: Event) -> None:
        self._tasks.put(lambda: self._set_state(event))

    def tell(self, action: Action) -> None:
        self._tasks.put(lambda: self._tell(action))

    def settled(self, timeout: float) -> bool:
        """Waits until everything said so far is done."""
        done = threading.Event()
        self._tasks.put(done.set)
        return done.wait(timeout)

    def problems(self) -> list[str]:
        ended = not self._closing.is_set() and not self.thread.is_alive()
        return [*(["nobody is told any more"] if ended else []), *self.undelivered]

    def close(self) -> None:
        """Drops what is not done yet."""
        self._closing.set()
        self._tasks.put(None)

    def _work(self) -> None:
        while not self._closing.is_set():
            task = self._tasks.get()
            failing = False
            while task is not None and not self._closing.is_set() and not self._done(task, failing):
                failing = True
                self._closing.wait(PAUSE)

    def _done(self, task: Callable[[], None], failing: bool) -> bool:
        try:
            task()
        except (BotoCoreError, ClientError) as error:
            if not failing:
                self._say(f"the emulator does not answer, alarms are told once it does: {error}")
            return False
        if failing:
            self._say("the emulator answers again")
        return True

    def _read(self) -> Told:
        cloudwatch = self._client("cloudwatch")
        pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=BOTH)
        found: list[Body] = [a for page in pages for kind in _LISTS for a in page.get(kind, ())]
        states: dict[str, State] = {body["AlarmName"]: body["StateValue"] for body in found}
        by_hand = {n: s for n, s in states.items() if s != self._written.get(n, DEFAULT.initial)}
        self._written = states
        return Told({body["AlarmName"]: body for body in found}, by_hand, rules=_rules(cloudwatch))

    def _set_state(self, event: Event) -> None:
        try:
            self._client("cloudwatch").set_alarm_state(
                AlarmName=event.name,
                StateValue=event.state,
                StateReason=event.reason[:REASON],
                StateReasonData=json.dumps({JUDGED: event.at}),
            )
        except ClientError as error:
            if _code(error) != "ResourceNotFound":  # deleted since it was judged
                raise
        else:
            self._written[event.name] = event.state

    def _tell(self, action: Action) -> None:
        if ":sns:" not in action.target:
            self.undelivered[f"{action.target} is no SNS topic, and not called here"] = None
            return
        text = f'{action.state}: "{action.name}"'
        try:
            self._client("sns").publish(
                TopicArn=action.target,
                Subject=text if len(text) <= SUBJECT else text[: SUBJECT - 1] + "…",
                Message=json.dumps(message(action)),
                MessageAttributes={
                    METRIC_TIME: {"DataType": "Number", "StringValue": str(action.at)},
                    ID: {"DataType": "String", "StringValue": action.id},
                },
            )
        except ClientError as error:
            if _code(error) != "NotFound":
                raise
            self.undelivered[f"{action.target} does not exist"] = None


_LISTS = ("MetricAlarms", "CompositeAlarms")


def _rules(cloudwatch: Any) -> list[Rule]:
    summaries = cloudwatch.list_alarm_mute_rules()["AlarmMuteRuleSummaries"]
    names = [str(summary["AlarmMuteRuleArn"]).rpartition(":")[2] for summary in summaries]
    return [cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName=name) for name in names]


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def message(action: Action) -> Mapping[str, Any]:
    """What CloudWatch publishes of a change of state; its time is the metric clock's."""
    alarm = action.alarm
    arn = str(alarm.get("AlarmArn", ""))
    when = datetime.fromtimestamp(action.at, UTC)
    given = {name: alarm[name] for name in _PASSED_ON if name in alarm}
    return {
        "AlarmName": action.name,
        "AlarmDescription": alarm.get("AlarmDescription", ""),
        "AWSAccountId": arn.split(":")[4] if arn.count(":") > 4 else "",
        "AlarmArn": arn,
        "NewStateValue": action.state,
        "OldStateValue": action.before,
        "NewStateReason": action.judgement.reason,
        "StateChangeTime": when.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        **given,
    }


_PASSED_ON = ("AlarmRule", "OKActions", "AlarmActions", "InsufficientDataActions")
