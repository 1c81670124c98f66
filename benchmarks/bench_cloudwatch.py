"""Compiling for CloudWatch, and planning against a large account; every ratio within this run.

python benchmarks/bench_cloudwatch.py [--cdk-python PYTHON] [--copies 1,10,100,530] [--live 5000]

The reference pipeline: an HTTP API, two Lambda functions, SNS, SQS with its DLQ, Aurora. `--cdk-python`
is an interpreter with cdk-monitoring-constructs and aws-cdk-lib (Node too): it makes as many copies, up to
100, its validation off, once of resources it is referred to and once of those it defines in the same stack.

Like for like: 19 alarms a copy on both sides, and a dashboard of 39 widgets, which is what that library
makes of these resources. The alarms are the same but for three that it has no method for: messages in
flight, deadlocks and transaction ids here are messages visible, read IOPS and disk space there, and
malformed messages are messages published. Low traffic is guarded against here and not there.
Times and memory are those of the whole process, child processes included, the best of several; the
memory is that of the largest process, and theirs is without Node's.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# As where it is installed: with the byte code that Python keeps of what it once compiled.
INSTALLED = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
PEERS = 100  # copies, at most, that the peer is asked for: it takes 8 s for them
PROJECT = """\
project: bench
runbookUrl: https://run.example
environments:
  local: {backend: cloudwatch, region: eu-west-1, variables: {account_id: "123456789012"}}
"""
ROUTES = """\
apiVersion: sereno/v1
kind: Routes
metadata: {name: bench}
spec:
  receivers:
    on-call: {description: Wakes somebody., cloudwatch: ["arn:aws:sns:eu-west-1:123456789012:on-call"]}
  route: {receiver: on-call}
"""
SERVICE = """\
apiVersion: openslo/v1
kind: Service
metadata: {name: s, annotations: {sereno.dev/owner: t}}
spec: {description: The service.}
"""
RUNBOOK = "---\ntitle: Everything\nowner: team\napplies-to: []\n---\n# Everything\n## First look\nLook.\n"
# Of each part: the pack, its parameters, its alerts, which share one runbook here, and two signals that
# stand as numbers at the head of the dashboard.
LAMBDA = ("failing throttled near-timeout", "invocations errors")
PACKS = {
    "http": ("aws/apigateway-http", "api_id: id{n}", "server-errors client-errors slow", "count latency-p99"),
    "api": ("aws/lambda", "function: api{n}, timeout_ms: 30000", *LAMBDA),
    "sub": ("aws/lambda", "function: sub{n}, timeout_ms: 30000", *LAMBDA),
    "topic": ("aws/sns", "topic: t{n}", "not-delivered malformed", "published failed"),
    "queue": ("aws/sqs", "queue: q{n}", "old in-flight-high", "oldest visible"),
    "dlq": ("aws/sqs-dlq", "queue: d{n}", "not-empty expiring", "visible oldest"),
    "db": (
        "aws/aurora-postgresql",
        "cluster: c{n}, max_connections: 100",
        "connections-high busy deadlocking wraparound",
        "connections cpu",
    ),
}


def document(kind: str, name: str, spec: str) -> str:
    return f"---\napiVersion: sereno/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"


def write(root: Path, copies: int) -> None:
    """The project of so many copies."""
    for folder in ("slo", "alerts", "dashboards", "runbooks"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "sereno.yaml").write_text(PROJECT)
    (root / "alerts" / "routes.yaml").write_text(ROUTES)
    (root / "slo" / "services.yaml").write_text(SERVICE)
    (root / "runbooks" / "everything.md").write_text(RUNBOOK)
    for n in range(copies):
        (root / "alerts" / f"copy{n}.yaml").write_text("".join(use(part, n) for part in PACKS))
        rows = ", ".join(row(part, n) for part in PACKS)
        board = document("Dashboard", f"copy{n}", f"{{title: Copy {n}, rows: [{rows}]}}")
        (root / "dashboards" / f"copy{n}.yaml").write_text(board)


def use(part: str, n: int) -> str:
    """The pack's alerts, and its panels on the copy's dashboard: 18 of all parts."""
    pack, more, alerts, _ = PACKS[part]
    given = f"{{name: {part}{n}, service: s, {more.format(n=n)}}}"
    changed = ", ".join(f"{part}{n}-{alert}: {{runbook: everything}}" for alert in alerts.split())
    spec = f"{{use: {pack}, with: {given}, dashboard: copy{n}, override: {{{changed}}}}}"
    return document("Use", f"{part}{n}", spec)


def row(part: str, n: int) -> str:
    """A heading and two numbers: 21 widgets of all parts."""
    heading = f'{{kind: text, title: Part, text: "### {part}{n}", width: 8}}'
    numbers = (
        f"{{kind: number, title: {name}, width: 8, signals: [{part}{n}-{name}]}}"
        for name in PACKS[part][3].split()
    )
    return f"[{', '.join((heading, *numbers))}]"


@dataclass(frozen=True, slots=True)
class Measured:
    seconds: float
    cpu: float  # seconds of the process and its children: steadier on a shared machine
    megabytes: float


def measured(command: Sequence[str], environment: dict[str, str], times: int) -> Measured:
    """The best of some runs. `/usr/bin/time`-like: wait4 gives the memory of the process and its children."""
    best = Measured(float("inf"), float("inf"), float("inf"))
    for _ in range(times):
        start = time.perf_counter()
        child = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{command[0]} failed: run it by hand to see why")
        cpu = used.ru_utime + used.ru_stime
        run = Measured(time.perf_counter() - start, cpu, used.ru_maxrss / 1_024)
        best = min(best, run, key=lambda m: m.cpu)
    return best


@dataclass(frozen=True, slots=True)
class Made:
    alarms: int
    widgets: int


def sereno(root: Path, times: int) -> tuple[Measured, Made]:
    out = root / "out"
    build = "from sereno.cli import run; run()"
    command = [sys.executable, "-c", build, "build", "--project", str(root), "--out", str(out)]
    took = measured(command, INSTALLED, times)
    resources = json.loads((out / "cloudwatch.json").read_text())["resources"]
    boards = [each["body"]["DashboardBody"] for each in resources if each["kind"] == "dashboard"]
    alarms = len(resources) - len(boards)
    return took, Made(alarms, sum(len(board["widgets"]) for board in boards))


def cdk(python: str, copies: int, folder: Path, times: int, how: str) -> tuple[Measured, Made]:
    app = Path(__file__).with_name("cdk_app.py")
    environment = {
        **INSTALLED,
        "CDK_VALIDATION": "false",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
    }
    out = folder / f"cdk-{how}"
    took = measured([python, str(app), str(copies), str(out), how], environment, times)
    templates = [json.loads(t.read_text()) for t in out.glob("*.template.json")]
    every = [resource for t in templates for resource in t["Resources"].values()]
    alarms = [each["Type"] for each in every].count("AWS::CloudWatch::Alarm")
    # A body is text in JSON, or pieces of it to be joined.
    boards = [json.dumps(each) for each in every if each["Type"] == "AWS::CloudWatch::Dashboard"]
    return took, Made(alarms, sum(board.count('{\\"type\\":') for board in boards))


def compiling(copies: Sequence[int], python: str | None) -> None:
    """Each size, and what an alarm more costs from the largest but one to the largest."""
    print("compile: whole process, from files to files")
    runs: list[tuple[int, float]] = []
    for count in copies:
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            write(root, count)
            ours, made = sereno(root, 9 if count <= PEERS else 3)
            print(f"{count:,} copies, sereno: {shown(ours, made)}", flush=True)
            runs.append((made.alarms, ours.seconds))
            for how in ("referred", "defined") if python and count <= PEERS else ():
                theirs, made = cdk(str(python), count, root, 3, how)
                print(
                    f"  cdk-monitoring-constructs (Python), resources {how}: {shown(theirs, made)}: "
                    f"{theirs.seconds / ours.seconds:.1f} times as long, {theirs.cpu / ours.cpu:.1f} by CPU, "
                    f"{theirs.megabytes / ours.megabytes:.1f} times the memory without Node's",
                    flush=True,
                )
    if len(runs) > 2:
        each = [(b[1] - a[1]) / (b[0] - a[0]) * 1e3 for a, b in ((runs[0], runs[-2]), (runs[-2], runs[-1]))]
        print(f"an alarm more: {each[0]:.2f} ms up to {runs[-2][0]:,}, {each[1]:.2f} ms to {runs[-1][0]:,}")


def shown(run: Measured, made: Made) -> str:
    what = f"{made.alarms:,} alarms and {made.widgets:,} widgets"
    return f"{run.seconds:.2f} s (CPU {run.cpu:.2f} s), {what}, {run.megabytes:.0f} MB"


def planning(count: int) -> None:
    """`live` and `plan` against an emulator with so many alarms of ours."""
    from dataclasses import replace
    from decimal import Decimal

    from moto.server import ThreadedMotoServer

    from sereno.language.model import Alert, CloudWatchMetric, Environment, Receiver, Route, Signal, System
    from sereno.vendors.cloudwatch import compile as compiled
    from sereno.vendors.cloudwatch.client import connect
    from sereno.vendors.cloudwatch.forms import TERMS
    from sereno.vendors.session import Session

    metric = CloudWatchMetric(namespace="Bench", metric="M")
    signal = Signal(name="m", unit="Count", description="m", emitted_by="aws", cloudwatch=metric)
    one = Alert(
        name="a",
        service="s",
        description="A bench alarm.",
        signal="m",
        op="gt",
        threshold=Decimal(5),
        period=60,
        datapoints=1,
        evaluation_periods=1,
        missing="notBreaching",
        severity="page",
        owner="t",
        runbook="r",
    )
    system = System(
        project="bench",
        environment=Environment(name="live", backend="cloudwatch", region="eu-west-1", variables={}),
        alerts=tuple(replace(one, name=f"a{n}") for n in range(count)),
        signals={"m": signal},
        receivers={
            "r": Receiver(name="r", description="r", cloudwatch=("arn:aws:sns:eu-west-1:123456789012:t",))
        },
        routes=Route(receiver="r"),
    )
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        backend = connect(system, f"http://{host}:{port}")
        start = time.perf_counter()
        resources, _ = compiled(system)
        made = time.perf_counter()
        list(backend.apply(Session(system, backend, TERMS, backend.live(system)).changes(resources)))
        applied = time.perf_counter()
        changes = Session(system, backend, TERMS, backend.live(system)).changes(resources)
        planned = time.perf_counter()
    finally:
        server.stop()
    print(f"\ncompile {count:,} alarms in this process: {made - start:.2f} s")
    print(f"apply {count:,} alarms to moto: {applied - made:.1f} s")
    print(f"plan against {count:,} live alarms in moto: {planned - applied:.2f} s ({len(changes)} changes)")


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--cdk-python")
    arguments.add_argument("--copies", default="1,10,100,530")
    arguments.add_argument("--live", type=int, default=5_000)
    asked = arguments.parse_args()
    compiling([int(count) for count in asked.copies.split(",")], asked.cdk_python)
    if asked.live:
        import logging

        logging.disable(logging.CRITICAL)
        planning(asked.live)


if __name__ == "__main__":
    main()
