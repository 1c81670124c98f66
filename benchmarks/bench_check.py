"""`sereno check` on large projects, on this repository, and against slo-generator loading as many SLOs.

python benchmarks/bench_check.py [--slos 1000,10000] [--no-peer]

A project has four alerts for each SLO, in files of a hundred. Times are those of the whole process, the
median of three; memory is the most the process held. slo-generator 2.6.0 (put into a virtual environment
of its own) loads one configuration a file and checks nothing.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SERENO = Path(sys.executable).parent / "sereno"
IN_A_FILE, ALERTS = 100, 4

PROJECT = """\
project: bench
environments:
  local: {backend: cloudwatch, region: us-east-1}
"""
BASE = """\
apiVersion: openslo/v1
kind: Service
metadata: {name: web, annotations: {sereno.dev/owner: web-team}}
spec: {description: Answers.}
---
apiVersion: sereno/v1
kind: Routes
metadata: {name: bench}
spec:
  receivers:
    on-call: {description: Wakes somebody., cloudwatch: ["arn:aws:sns:us-east-1:123456789012:on-call"]}
  route: {receiver: on-call}
"""
SIGNALS = """\
---
apiVersion: sereno/v1
kind: Signals
metadata: {name: signals-NUMBER}
spec:
  good-NUMBER:
    unit: Count
    description: Good answers of NUMBER.
    emittedBy: aws
    cloudwatch: {namespace: Bench, metric: Good, dimensions: {service: web-NUMBER}}
  total-NUMBER:
    unit: Count
    description: Answers of NUMBER.
    emittedBy: aws
    cloudwatch: {namespace: Bench, metric: Total, dimensions: {service: web-NUMBER}}
"""
SLO = """\
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: slo-NUMBER
  displayName: Answers of NUMBER
  annotations: {sereno.dev/runbook: all}
spec:
  description: 99.9 % of requests are answered without a server error.
  service: web
  indicator:
    metadata: {name: slo-NUMBER}
    spec:
      ratioMetric:
        good: {metricSource: {type: Signal, spec: {signal: good-NUMBER}}}
        total: {metricSource: {type: Signal, spec: {signal: total-NUMBER}}}
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.999}]
  alertPolicies:
    - alertPolicyRef: page-14-4x-1h
    - alertPolicyRef: page-6x-6h
    - alertPolicyRef: ticket-3x-24h
"""
ALERT = """\
---
apiVersion: sereno/v1
kind: Alert
metadata: {name: alert-NUMBER-KIND}
spec:
  description: Too much of NUMBER.
  service: web
  signal: total-NUMBER
  op: gt
  threshold: 1KIND
  period: 1m
  datapoints: 3 of 5
  missing: notBreaching
  severity: ticket
  runbook: all
"""
PEER = """\
apiVersion: sre.google.com/v2
kind: ServiceLevelObjective
metadata: {name: slo-NUMBER, labels: {service_name: web, feature_name: web, slo_name: slo-NUMBER}}
spec:
  description: 99.9 % of requests are answered without a server error.
  backend: cloud_monitoring
  method: good_bad_ratio
  exporters: []
  service_level_indicator: {filter_good: good-NUMBER, filter_bad: bad-NUMBER}
  goal: 0.999
"""
LOAD = "import sys; from slo_generator.utils import load_configs; print(len(load_configs(sys.argv[1])))"


@dataclass(frozen=True, slots=True)
class Run:
    seconds: float
    megabytes: float


def write(root: Path, slos: int, alerts: int) -> None:
    """A project of so many SLOs; everything in it is sound but untested."""
    for folder in ("slo", "alerts", "runbooks"):
        (root / folder).mkdir(parents=True)
    (root / "sereno.yaml").write_text(PROJECT)
    (root / "slo/base.yaml").write_text(BASE)
    for start in range(0, slos, IN_A_FILE):
        numbers = [str(n) for n in range(start, min(start + IN_A_FILE, slos))]
        (root / f"slo/{start}.yaml").write_text(
            "".join((SIGNALS + SLO).replace("NUMBER", n) for n in numbers)
        )
        texts = [ALERT.replace("NUMBER", n).replace("KIND", str(k)) for n in numbers for k in range(alerts)]
        (root / f"alerts/{start}.yaml").write_text("".join(texts))
    names = [f"slo-{n}" for n in range(slos)] + [f"alert-{n}-{k}" for n in range(slos) for k in range(alerts)]
    front = f"---\ntitle: Everything\nowner: web-team\napplies-to: [{', '.join(names)}]\n---\n"
    (root / "runbooks/all.md").write_text(front + "# What this means\nSomething is late.\n")


MEASURE = """\
import resource, subprocess, sys, time
started = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
taken = time.perf_counter() - started
most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(done.returncode, taken, most / (1 if sys.platform == "darwin" else 1024))
"""


def measured(*words: str | Path) -> Run:
    """The median time of three, and the most memory of any."""
    found = []
    for _ in range(3):
        asked = [sys.executable, "-c", MEASURE, *map(str, words)]
        code, seconds, megabytes = subprocess.run(
            asked, capture_output=True, text=True, check=True
        ).stdout.split()
        if code != "0":
            sys.exit(f"{' '.join(map(str, words))} exited with {code}")
        found.append((float(seconds), float(megabytes)))
    return Run(statistics.median(s for s, _ in found), max(m for _, m in found))


def peer(home: Path, slos: int) -> Run | None:
    """slo-generator loading as many; None where it cannot be installed."""
    venv.create(home / "venv", with_pip=True)
    python = home / "venv/bin/python"
    # It imports pkg_resources, which setuptools dropped in 81.
    wanted = ["slo-generator==2.6.0", "setuptools<81"]
    if subprocess.run(
        [python, "-m", "pip", "install", "-q", *wanted], capture_output=True, check=False
    ).returncode:
        return None
    (home / "slos").mkdir()
    for number in range(slos):
        (home / f"slos/{number}.yaml").write_text(PEER.replace("NUMBER", str(number)))
    return measured(python, "-c", LOAD, home / "slos")


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--slos", default="1000,10000")
    options.add_argument("--no-peer", action="store_true")
    chosen = options.parse_args()
    sizes = [int(size) for size in chosen.slos.split(",")]
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        here = measured(SERENO, "check", "--project", ROOT)
        print(f"this repository: {here.seconds:.2f} s, {here.megabytes:.0f} MB")
        for size in sizes:
            write(home / str(size), size, ALERTS)
            run = measured(SERENO, "check", "--format", "json", "--project", home / str(size))
            each = run.seconds / size * 1e3
            print(
                f"{size:,} SLOs + {size * ALERTS:,} alerts: {run.seconds:.2f} s, {run.megabytes:.0f} MB, "
                f"{each:.2f} ms an SLO with its alerts"
            )
        write(home / "alone", sizes[0], 0)
        alone = measured(SERENO, "check", "--format", "json", "--project", home / "alone")
        print(f"{sizes[0]:,} SLOs without alerts: {alone.seconds:.2f} s, {alone.megabytes:.0f} MB")
        theirs = None if chosen.no_peer else peer(home, sizes[0])
        if theirs:
            ratio = theirs.seconds / alone.seconds
            print(
                f"slo-generator 2.6.0 loads {sizes[0]:,} SLOs and checks nothing in {theirs.seconds:.2f} s: "
                f"{ratio:.2f} times as long as sereno checks them"
            )


if __name__ == "__main__":
    main()
