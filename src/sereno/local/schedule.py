"""What EventBridge Scheduler does for a function, on the metric clock: at warp 60, a run each second.

A run is skipped while as many as the function may have at once are under way: a warped minute
may be shorter than a run, and a throttle would then say nothing of the function.
"""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from sereno.errors import Unable
from sereno.local.clock import MINUTE, Clock
from sereno.local.runtime import Function

_UNITS = {"minute": 1, "hour": 60, "day": 1_440}


def minutes(expression: str) -> int:
    """How many minutes lie between two runs of `rate(N unit)`, the one form understood here."""
    found = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    if found is None or int(found[1]) < 1:
        raise Unable(
            f"schedule {expression!r}: the local stack runs only rate(N minutes), (N hours), (N days)"
        )
    return int(found[1]) * _UNITS[found[2]]


class Schedule:
    """Starts functions at once and then each so many metric minutes; none is made up for later."""

    def __init__(self, clock: Clock, runs: Mapping[Function, str]) -> None:
        self._clock = clock
        self._runs = {function: minutes(expression) for function, expression in runs.items()}
        self._new = {function: threading.Event() for function in runs}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, daemon=True, name="schedule")

    def begin(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Starts nothing any more; what runs goes on."""
        self._stop.set()
        self._thread.join()

    def have_run(self, timeout: float) -> bool:
        """Waits until every function has ended a run."""
        return all(ended.wait(timeout) for ended in self._new.values())

    def _loop(self) -> None:
        due = self._clock.minute()
        self._start(self._runs)
        while not self._stop.wait(max(0.0, self._clock.wall(due + MINUTE) - time.time())):
            due = self._clock.minute()
            self._start(function for function, every in self._runs.items() if due // MINUTE % every == 0)

    def _start(self, functions: Iterable[Function]) -> None:
        for function in functions:
            if not function.busy:
                threading.Thread(target=self._run, args=(function,), daemon=True, name="scheduled").start()

    def _run(self, function: Function) -> None:
        function.invoke(_event(function))
        self._new[function].set()


def _event(function: Function) -> bytes:
    """The event of a schedule that has no input of its own."""
    config = function.config
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": config.account,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": config.region,
        "resources": [
            f"arn:aws:scheduler:{config.region}:{config.account}:schedule/{config.name}/{config.name}"
        ],
        "detail": "{}",
    }
    return json.dumps(event).encode()
