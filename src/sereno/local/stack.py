"""The pipeline on this machine, whole: started in parallel, stopped in order, gone afterwards.

with Stack(Options(project=Path("."))) as stack:
    requests go to stack.url
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from sereno.errors import Unable
from sereno.language.model import System
from sereno.local import deployment, pipeline, ports, readiness, state
from sereno.local.aws_metrics import AwsMetrics
from sereno.local.children import Children
from sereno.local.clock import Clock
from sereno.local.emf import Emf
from sereno.local.emulator import Emulator
from sereno.local.gateway import Gateway
from sereno.local.logs import Logs
from sereno.local.metrics import MetricStore
from sereno.local.poller import Poller
from sereno.local.postgres import Postgres
from sereno.local.runtime import Function, Runtime
from sereno.local.schedule import Schedule
from sereno.local.second_names import second_names
from sereno.local.ticker import Ticker
from sereno.local.traces import TraceReceiver, TraceStore
from sereno.local.watch import apply, watching

REGION = "us-east-1"
API_ID = "sereno-local"
FIRST_RUN = 15.0  # seconds for what is scheduled to run once


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `sereno up` may be told. Port 0 is any free one."""

    project: Path
    warp: float = 1.0
    port: int = 0
    iam: bool = False
    canary: bool = True  # whether schedules run
    cache: bool = False


class Part(Protocol):
    """What works by itself between `begin` and `close`."""

    def begin(self) -> None: ...

    def close(self) -> None: ...


class Stack:
    """Everything that runs, by name. Entering starts it, leaving ends and deletes it.

    Without a `system` the pipeline runs unwatched: no receivers, no alarms.
    """

    def __init__(self, options: Options, system: System | None = None) -> None:
        self.options = options
        self.system = system
        self.region = system.environment.region if system else REGION
        self.api_id = system.environment.variables.get("api_id", API_ID) if system else API_ID
        self.pipeline = pipeline.read(options.project)
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._start()
        except OSError as error:
            self._undo.close()
            what = f"{error.filename}: " if error.filename else ""
            raise Unable(f"the stack could not be started: {what}{error.strerror or error}") from error
        except BaseException:
            self._undo.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    @property
    def url(self) -> str:
        """The API's public URL."""
        return self.gateway.url

    @property
    def lost(self) -> str:
        """What ended though nobody stopped it; empty while all runs."""
        if not self.emulator.running:
            return "the AWS emulator"
        if self.cache and self.cache.died:
            return "Valkey"
        return "PostgreSQL" if self.database.died else ""

    def function(self, key: str) -> Function:
        """A function by its key in `pipeline.yaml`."""
        return self.runtime.functions[self.pipeline.functions[key].name]

    def watch(self) -> int:
        """Applies the system's alarms and dashboards, as `sereno apply` does; how many things that were.

        First it warms the API up and waits for a run of what is scheduled: alarms on silence, or on
        the share of slow answers, would fire on a start.
        """
        readiness.warm(self._caller())
        self.schedule.have_run(FIRST_RUN)
        return apply(self.system, self._watched) if self.system else 0

    def _start(self) -> None:
        path = state.prepare(self.options.project)
        self._undo.callback(path.unlink, missing_ok=True)
        port = ports.wanted(self.options.port)
        self.children = Children(also=[path])
        self._undo.callback(self.children.close)
        self.emulator = Emulator(self.children, self.region)
        self.emulator.start()
        self._undo.callback(self.emulator.close)
        self.database = self._new_database()
        self._undo.callback(self.database.stop)
        self.cache = deployment.cache(self.pipeline, self.children) if self.options.cache else None
        if self.cache:
            self.cache.start()
        with ThreadPoolExecutor(1) as beside:
            database = beside.submit(self._start_database)
            self._start_telemetry()
            self.emulator.wait()
            self._deploy(port)
            database.result()
        self._start_functions()
        self._connect()
        self._begin()
        self.console = self._start_console()
        state.write(path, self._state())

    def _new_database(self) -> Postgres:
        declared = self.pipeline.database
        return Postgres(
            self.children,
            max_connections=declared.max_connections,
            major=declared.major,
            settings={"idle_session_timeout": f"{declared.idle_session_timeout_seconds}s"},
        )

    def _start_database(self) -> None:
        declared = self.pipeline.database
        self.database.start()
        self.database.create(declared.name, self.options.project / pipeline.FILE.parent / declared.migrations)

    def _start_telemetry(self) -> None:
        self.clock = Clock(self.options.warp)
        names = second_names(self.system.signals.values()) if self.system else {}
        self.metrics = MetricStore(self.clock, names)
        self.emf = Emf(self.metrics)
        self.logs = Logs(self.emf)
        self.traces = TraceStore()
        self._undo.callback(self.traces.close)
        self.receiver = TraceReceiver(self.traces)
        self._undo.callback(self.receiver.close)

    def _deploy(self, port: int) -> None:
        self.runtime = Runtime(self.children, self.metrics.put, self.logs)
        self._undo.callback(self.runtime.close)
        self.messaging = deployment.messaging(self.pipeline, self.emulator)
        self.roles = {spec.name: deployment.Role.new() for spec in self.pipeline.functions.values()}
        deployment.api(
            self.pipeline,
            self.emulator,
            self.runtime.url,
            api_id=self.api_id,
            iam=self.options.iam,
        )
        front = deployment.front(
            self.pipeline, self.emulator, self.roles.values(), self.api_id, iam=self.options.iam
        )
        self.gateway = Gateway(front, self.metrics.put, port)

    def _start_functions(self) -> None:
        cluster = self.pipeline.database.cluster
        collector = AwsMetrics(self.metrics, self.emulator.url, self.database.dsn(), cluster)
        self._undo.callback(collector.close)
        watch = self._undo.enter_context(
            watching(self.system, self.emulator, self.clock, lambda: collector.alarms)
        )
        self.desk, self.inbox, self._watched = watch.desk, watch.inbox, watch.endpoint
        self.datadog = "" if self._watched == self.emulator.url else self._watched  # the fake's URL
        self.ticker = Ticker(self.clock, self.metrics, self.desk, collector)
        known = deployment.outputs(self.pipeline, self.messaging, self.database, self.url, self.cache)
        known |= deployment.passwords(self.pipeline, self.emulator, self.database)
        shared = {
            "AWS_ENDPOINT_URL": self.emulator.url,
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.receiver.url,
        }
        for spec in self.pipeline.functions.values():
            given = {**shared, **self.roles[spec.name].variables()}
            self.runtime.add(deployment.config(spec, self.options.project, self.region, known, given))

    def _connect(self) -> None:
        """What starts functions: the queue's pollers and the schedule."""
        sqs, queue = self.emulator.client("sqs"), self.messaging.queue
        functions = self.pipeline.functions
        sources = {key: spec.event_source for key, spec in functions.items() if spec.event_source}
        self.pollers = {key: Poller(sqs, queue, each, self.function(key)) for key, each in sources.items()}
        timed = {
            key: spec.schedule for key, spec in functions.items() if spec.schedule and self.options.canary
        }
        self.schedule = Schedule(self.clock, {self.function(key): each for key, each in timed.items()})

    def _start_console(self) -> str:
        """The console's URL; there is one where something is watched."""
        if self.system is None:
            return ""
        from sereno.local.console import Console
        from sereno.local.screens import Sources

        console = Console(
            Sources(
                system=self.system,
                clock=self.clock,
                metrics=self.metrics,
                ticker=self.ticker,
                inbox=self.inbox,
                traces=self.traces,
                emf=self.emf,
                logs=self.logs,
            )
        )
        console.begin()
        self._undo.callback(console.close)
        return console.url

    def _begin(self) -> None:
        """Starts all that works by itself; what was begun last is closed first."""
        for part in self._parts():
            part.begin()
            self._undo.callback(part.close)

    def _parts(self) -> Iterator[Part]:
        yield from self.pollers.values()
        yield self.ticker
        yield self.gateway
        readiness.first_message(self._caller())
        yield self.schedule

    def _caller(self) -> readiness.Caller:
        return readiness.Caller(self.url, self.region)

    def _state(self) -> state.State:
        return state.State(
            pid=os.getpid(),
            url=self.url,
            endpoint=self.emulator.url,
            datadog=self.datadog,
            console=self.console,
            warp=self.clock.warp,
            t0=self.clock.t0,
            started=time.time(),
        )
