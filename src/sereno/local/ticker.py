"""The metric minute: when it is over, its metrics are collected, the alarms judged, and who it concerns told.

Minutes are judged in order, each once. A minute that ends while an earlier one is still at work
is judged late and said to be; metrics of the machine are collected for the newest only, since
they tell of now.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from sereno.engine.series import History
from sereno.local.alarm_api import AlarmApi, Client
from sereno.local.clock import MINUTE, Clock
from sereno.local.judge import Judge, Seen, Told
from sereno.local.mutes import Rule, silenced
from sereno.vendors.backend import Event

PATIENCE = 1.0  # seconds for the emulator to say what its alarms are; it is asked on meanwhile


class Collector(Protocol):
    """`alarms` counts the changes of the emulator's alarms (`aws_metrics.AwsMetrics`)."""

    @property
    def alarms(self) -> int: ...

    def collect(self, minute: int) -> None: ...


def _silence(text: str) -> None:
    del text


class Ticker:
    """Judges from its own thread once `begin` was called; `tick` does one minute, for tests."""

    def __init__(
        self,
        clock: Clock,
        history: History,
        client: Client,
        collector: Collector,
        say: Callable[[str], None] = _silence,
    ) -> None:
        self.clock = clock
        self.late = 0  # metric minutes that were judged after the next had ended
        self.judged = 0  # the end of the newest judged minute, metric time
        self.api = AlarmApi(client, say)
        self._collector = collector
        self._say = say
        self._judge = Judge(history)
        self._rules: Sequence[Rule] = ()
        self._version = -1  # of the alarms the judge has
        self._told = threading.Event()
        self._turn = threading.Condition()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Ends after the minute it is at; says nothing more to the emulator."""
        self._closing.set()
        self.api.close()
        if self._thread.is_alive():
            self._thread.join()

    def tick(self, minute: int) -> None:
        """Collects, refreshes and judges the metric minute that begins at `minute`."""
        self._collector.collect(minute)
        self._refresh(minute + MINUTE)
        self._judge_until(minute + MINUTE)

    def wait(self, until: int, timeout: float) -> bool:
        """Waits until the minutes up to this metric time are judged."""
        with self._turn:
            return self._turn.wait_for(lambda: self.judged >= until, timeout)

    def alarms(self) -> list[Seen]:
        """Every alarm as it is now, by name."""
        with self._turn:
            return self._judge.seen(self.judged, self._muted)

    def events(self) -> list[Event]:
        """Every change of state kept, oldest first; times are metric."""
        with self._turn:
            return list(self._judge.events)

    def problems(self) -> list[str]:
        """Alarms that cannot be judged, actions that could not be run, and work that has stopped."""
        threads = {"alarms are not judged": self._thread, "nobody is told": self.api.thread}
        begun = self._thread.ident is not None and not self._closing.is_set()
        stopped = [f"{what} any more" for what, t in threads.items() if begun and not t.is_alive()]
        with self._turn:
            return [*stopped, *self._judge.problems.values(), *self.api.undelivered]

    def _run(self) -> None:
        due = self.clock.minute()
        while not self._closing.wait(
            max(0.0, self.clock.wall(due + MINUTE) - self.clock.wall(self.clock.now()))
        ):
            newest = self.clock.minute() - MINUTE
            if newest > due:
                self._behind((newest - due) // MINUTE)
            while due < newest and not self._closing.is_set():
                self._judge_until(due + MINUTE)
                due += MINUTE
            if due == newest:
                self.tick(due)
                due += MINUTE

    def _behind(self, minutes: int) -> None:
        self.late += minutes
        slow = f"this machine is slower than a warp of {self.clock.warp:g}"
        self._say(f"{minutes} metric minutes are judged late: {slow}")

    def _refresh(self, moment: int) -> None:
        """Reads the alarms anew when they were changed; a late answer is taken when it comes."""
        if self._collector.alarms == self._version:
            return
        self._version = self._collector.alarms
        self._told.clear()
        self.api.read(lambda told, rules: self._take(told, rules, moment))
        self._told.wait(PATIENCE)

    def _take(self, told: Told, rules: Sequence[Rule], moment: int) -> None:
        with self._turn:
            self._judge.take(told, moment)
            self._rules = rules
        self._told.set()

    def _judge_until(self, moment: int) -> None:
        with self._turn:
            changed, actions = self._judge.at(moment, self._muted)
            self.judged = moment
            self._turn.notify_all()
        for event in changed:
            self.api.set_state(event)
        for action in actions:
            self.api.tell(action)

    def _muted(self, alarm: str, moment: int) -> bool:
        return silenced(self._rules, alarm, metric=moment, wall=self.clock.wall(moment))
