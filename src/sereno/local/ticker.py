"""The metric minute: when it is over, its metrics are collected, the alarms judged, and who it concerns told.

Minutes are judged in order, each once. A minute that ends while an earlier one is still at work
is judged late and said to be; metrics of the machine are collected for the newest only, since
they tell of now.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from sereno.engine.series import History
from sereno.local.clock import MINUTE, Clock
from sereno.local.desk import Desk
from sereno.local.judge import Judge, Seen
from sereno.local.vendor import Told
from sereno.vendors.backend import Event

PATIENCE = 1.0  # seconds for the vendor's place here to say what its alarms are; it is asked on meanwhile


class Collector(Protocol):
    """Puts what a metric minute was (`aws_metrics.AwsMetrics`)."""

    def collect(self, minute: int) -> None: ...


def _silence(text: str) -> None:
    del text


class Ticker:
    """Judges from its own thread once `begin` was called; `tick` does one minute, for tests."""

    def __init__(
        self,
        clock: Clock,
        history: History,
        desk: Desk,
        collector: Collector,
        say: Callable[[str], None] = _silence,
    ) -> None:
        self.clock = clock
        self.late = 0  # metric minutes that were judged after the next had ended
        self.judged = 0  # the end of the newest judged minute, metric time
        self.desk = desk
        self._collector = collector
        self._say = say
        self._judge = Judge(history, desk.vendor)
        self._told = Told({})
        self._version = -1  # of what is told
        self._answered = threading.Event()
        self._turn = threading.Condition()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Ends after the minute it is at; says nothing more."""
        self._closing.set()
        self.desk.close()
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
        begun = self._thread.ident is not None and not self._closing.is_set()
        stopped = ["alarms are not judged any more"] if begun and not self._thread.is_alive() else []
        with self._turn:
            return [*stopped, *self._judge.problems.values(), *self.desk.problems()]

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
        version = self.desk.changes()
        if version == self._version:
            return
        self._version = version
        self._answered.clear()
        self.desk.read(lambda told: self._take(told, moment))
        self._answered.wait(PATIENCE)

    def _take(self, told: Told, moment: int) -> None:
        with self._turn:
            self._judge.take(told, moment)
            self._told = told
        self._answered.set()

    def _judge_until(self, moment: int) -> None:
        with self._turn:
            changed, actions = self._judge.at(moment, self._muted)
            self.judged = moment
            self._turn.notify_all()
        for event in changed:
            self.desk.set_state(event)
        for action in actions:
            self.desk.tell(action)

    def _muted(self, alarm: str, moment: int) -> bool:
        wall = self.clock.wall(moment)
        return self.desk.vendor.silenced(self._told, alarm, metric=moment, wall=wall)
