"""Compiling for Datadog, and planning against an account with many monitors, on the fake that ships.

python benchmarks/bench_datadog.py [--slos 1000] [--live 2000]

`build` is the whole process, from YAML files to JSON: SLOs with three burn-rate policies each, their
monitors, and one dashboard; best of three. `plan` reads the live monitors through datadog-api-client over
HTTP and compares them field by field.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = """\
project: bench
runbookUrl: https://run.example
environments: {local: {backend: datadog, region: eu-west-1, variables: {}}}
"""
ROUTES = """\
apiVersion: sereno/v1
kind: Routes
metadata: {name: bench}
spec:
  receivers: {on-call: {description: Wakes somebody., datadog: ["@pagerduty-bench"]}}
  route: {receiver: on-call}
---
apiVersion: openslo/v1
kind: Service
metadata: {name: s, annotations: {sereno.dev/owner: t}}
spec: {description: The service.}
"""
SIGNALS = """\
---
apiVersion: sereno/v1
kind: Signals
metadata: {{name: s{n}}}
spec:
  bad-{n}:
    {{unit: Count, description: B., emittedBy: aws, datadog: {{query: "sum:b.bad{{n:{n}}}.as_count()"}}}}
  all-{n}:
    {{unit: Count, description: A., emittedBy: aws, datadog: {{query: "sum:b.all{{n:{n}}}.as_count()"}}}}
---
apiVersion: openslo/v1
kind: SLO
metadata: {{name: slo-{n}, annotations: {{sereno.dev/runbook: everything}}}}
spec:
  description: The promise.
  service: s
  indicator:
    metadata: {{name: slo-{n}}}
    spec:
      ratioMetric:
        counter: false
        bad: {{metricSource: {{type: Signal, spec: {{signal: bad-{n}}}}}}}
        total: {{metricSource: {{type: Signal, spec: {{signal: all-{n}}}}}}}
  timeWindow: [{{duration: 30d, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives: [{{target: 0.999}}]
  alertPolicies:
    - alertPolicyRef: page-14-4x-1h
    - alertPolicyRef: page-6x-6h
    - alertPolicyRef: ticket-3x-24h
"""
RUNBOOK = "---\ntitle: Everything\nowner: team\napplies-to: []\n---\n# Everything\n## First look\nLook.\n"


def write(root: Path, count: int) -> None:
    """A project of so many SLOs."""
    for folder in ("slo", "alerts", "dashboards", "runbooks"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "sereno.yaml").write_text(PROJECT)
    (root / "alerts" / "routes.yaml").write_text(ROUTES)
    (root / "runbooks" / "everything.md").write_text(RUNBOOK)
    for first in range(0, count, 50):
        texts = [SIGNALS.format(n=n) for n in range(first, min(count, first + 50))]
        (root / "slo" / f"slos-{first}.yaml").write_text("".join(texts))
    shown = ", ".join(f"slo-{n}" for n in range(min(count, 20)))
    panel = f"{{kind: slo, title: Budgets, width: 24, height: 8, slos: [{shown}]}}"
    spec = f"spec: {{title: All, rows: [[{panel}]]}}\n"
    head = "apiVersion: sereno/v1\nkind: Dashboard\nmetadata: {name: all}\n"
    (root / "dashboards" / "all.yaml").write_text(head + spec)


def build(root: Path) -> tuple[float, int]:
    """Seconds of the whole process (the best of three), and the resources made."""
    command = [sys.executable, "-c", "from sereno.cli import run; run()"]
    command += ["build", "--project", str(root), "--out", str(root / "out")]
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run(command, check=True, env=dict(os.environ), capture_output=True)
        best = min(best, time.perf_counter() - start)
    return best, len(json.loads((root / "out" / "datadog.json").read_text())["resources"])


def plan(root: Path, live: int) -> tuple[float, int]:
    """Seconds to read and compare so many live monitors, and how many there are."""
    from sereno.language import load_system
    from sereno.vendors.datadog.client import connect
    from sereno.vendors.datadog.fake import serving
    from sereno.vendors.plan import plan as planned

    write(root, live // 5)
    system, _ = load_system(root, "local")
    if system is None:
        raise SystemExit("the project of the benchmark does not load")
    with serving() as (url, fake):
        backend = connect(system, url)
        wanted = backend.compile(system)[0]
        for outcome in backend.apply(planned(wanted, backend.read(system), backend.terms)):
            if outcome.error:
                raise SystemExit(outcome.error)
        start = time.perf_counter()
        changes = planned(backend.compile(system)[0], backend.read(system), backend.terms)
        seconds = time.perf_counter() - start
        if changes:
            raise SystemExit(f"{len(changes)} changes are left")
        return seconds, len(fake.monitors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slos", type=int, default=1_000)
    parser.add_argument("--live", type=int, default=2_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        write(Path(one), given.slos)
        seconds, made = build(Path(one))
        print(f"build {given.slos:,} SLOs, {made:,} resources: {seconds:.2f} s")
        seconds, there = plan(Path(other), given.live)
        print(f"plan against {there:,} live monitors: {seconds:.2f} s")


if __name__ == "__main__":
    main()
