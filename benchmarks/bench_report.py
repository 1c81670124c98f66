"""The slo-report's speed: 1,000 SLOs x 30 days of 5-minute counts, from files to JSON, whole process.

Beside it, in the same run, slo-generator 2.6's `compute` with a back end that answers at once (the
time per SLO and window), and the HTML of 100 SLOs. slo-generator goes into a virtual environment of
its own; without a package index that part is left out, and said so.
"""

from __future__ import annotations

import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

AT = 1_772_323_200  # 2026-03-01 00:00 UTC
STEP, DAYS, SLOS, PAGES = 300, 30, 1_000, 100
THEIR_WINDOWS = 4  # of the policy in its own samples
SERENO = Path(sys.executable).with_name("sereno")

PROJECT = """\
project: bench
environments:
  local: {backend: cloudwatch, region: us-east-1, variables: {}}
"""
SERVICE = """\
apiVersion: openslo/v1
kind: Service
metadata: {name: shop, annotations: {sereno.dev/owner: team}}
spec: {description: A shop.}
"""
ROUTES = """\
apiVersion: sereno/v1
kind: Routes
metadata: {name: routes}
spec:
  receivers:
    team: {description: The team., cloudwatch: ["arn:aws:sns:us-east-1:000000000000:team"]}
  route: {receiver: team}
"""
SLO = """\
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: slo-NUMBER, displayName: SLO NUMBER, annotations: {sereno.dev/runbook: shop}}
spec:
  description: Requests are answered.
  service: shop
  indicator:
    metadata: {name: slo-NUMBER}
    spec:
      ratioMetric:
        counter: false
        good: {metricSource: {type: CloudWatch, spec: {namespace: Shop, metric: GoodNUMBER, stat: Sum}}}
        total: {metricSource: {type: CloudWatch, spec: {namespace: Shop, metric: TotalNUMBER, stat: Sum}}}
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.999}]
  alertPolicies:
    - alertPolicyRef: page-14-4x-1h
    - alertPolicyRef: page-6x-6h
    - alertPolicyRef: ticket-3x-24h
"""
RUNBOOK = """\
---
title: The shop does not answer
owner: team
applies-to: [NAMES]
---
Look at the newest release first.
"""
PEER = """\
apiVersion: sre.google.com/v2
kind: ServiceLevelObjective
metadata: {name: slo-NUMBER, labels: {service_name: shop, feature_name: shop, slo_name: slo-NUMBER}}
spec:
  description: Requests are answered.
  backend: instant.InstantBackend
  method: good_bad_ratio
  exporters: []
  service_level_indicator: {}
  goal: 0.999
"""
PEER_CONFIG = """\
backends: {instant.InstantBackend: {}}
exporters: {}
error_budget_policies:
  default:
    steps:
      - {name: 1h, burn_rate_threshold: 9, alert: true, window: 3600, message_alert: x, message_ok: y}
      - {name: 12h, burn_rate_threshold: 3, alert: true, window: 43200, message_alert: x, message_ok: y}
      - {name: 7d, burn_rate_threshold: 1.5, alert: false, window: 604800, message_alert: x, message_ok: y}
      - {name: 28d, burn_rate_threshold: 1, alert: false, window: 2419200, message_alert: x, message_ok: y}
"""
PEER_BACKEND = """\
class InstantBackend:
    def __init__(self, **_):
        pass

    def good_bad_ratio(self, timestamp, window, slo_config):
        return 999_000, 500
"""


def project(folder: Path, slos: int) -> None:
    """A project of so many SLOs, and a CSV file for each under series/."""
    for name, text in (
        ("sereno.yaml", PROJECT),
        ("slo/services.yaml", SERVICE),
        ("alerts/routes.yaml", ROUTES),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "slo/slos.yaml").write_text("".join(SLO.replace("NUMBER", str(n)) for n in range(slos)))
    (folder / "runbooks").mkdir()
    names = ", ".join(f"slo-{n}" for n in range(slos))
    (folder / "runbooks/shop.md").write_text(RUNBOOK.replace("NAMES", names))
    (folder / "series").mkdir()
    for number in range(slos):
        (folder / f"series/slo-{number}.csv").write_text(series(number))


def series(seed: int) -> str:
    """Thirty days of counts; a few failures, and one outage of an hour."""
    rng = random.Random(seed)
    outage = AT - rng.randrange(1, DAYS) * 86_400
    lines = ["timestamp,good,total"]
    for start in range(AT - DAYS * 86_400, AT, STEP):
        total = rng.randrange(900, 120_000)
        bad = total // 50 if outage <= start < outage + 3_600 else rng.randrange(0, 3)
        lines.append(f"{start},{total - bad},{total}")
    return "\n".join(lines) + "\n"


def peer(folder: Path, slos: int) -> Path | None:
    """slo-generator in a virtual environment of its own; None where it cannot be installed."""
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv/bin/python"
    # It imports pkg_resources, which setuptools dropped in 81.
    wanted = ["slo-generator==2.6.0", "setuptools<81"]
    done = subprocess.run([python, "-m", "pip", "install", "-q", *wanted], capture_output=True, check=False)
    if done.returncode:
        return None
    (folder / "config.yaml").write_text(PEER_CONFIG)
    site = next((folder / "venv/lib").glob("python*/site-packages"))
    (site / "instant.py").write_text(PEER_BACKEND)
    (folder / "slos").mkdir()
    for number in range(slos):
        (folder / f"slos/{number}.yaml").write_text(PEER.replace("NUMBER", str(number)))
    return folder / "venv/bin/slo-generator"


def timed(run: Callable[[], object], times: int = 3) -> tuple[float, float]:
    """The medians of several runs: seconds on the clock, and of processors."""
    clock, processors = [], []
    for _ in range(times):
        started, used = time.perf_counter(), of_children()
        run()
        clock.append(time.perf_counter() - started)
        processors.append(of_children() - used)
    return statistics.median(clock), statistics.median(processors)


def of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def command(words: Sequence[str | Path], folder: Path) -> None:
    environment = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))} exited with {done.returncode}:\n{done.stderr[-2000:]}")


def shown(taken: tuple[float, float]) -> str:
    return f"{taken[0]:.2f} s ({taken[1]:.2f} s of processors)"


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        project(home / "big", SLOS)
        options = ["report", "--series", "series", "--at", str(AT)]
        whole = [SERENO, *options, "--format", "json", "--out", "report.json"]
        ours = timed(lambda: command(whole, home / "big"))
        found = json.loads((home / "big/report.json").read_text())["slos"]
        rows = SLOS * DAYS * 86_400 // STEP
        print(f"{len(found)} SLOs x {DAYS} d of 5-minute counts ({rows / 1e6:.2f} M lines): {shown(ours)}")

        project(home / "pages", PAGES)
        page = home / "pages/report.html"
        drawn = timed(lambda: command([SERENO, *options, "--format", "html", "--out", page], home / "pages"))
        print(f"{PAGES} SLOs to HTML: {shown(drawn)}, {page.stat().st_size / 1e6:.2f} MB")

        (home / "peer").mkdir()
        generator = peer(home / "peer", SLOS)
        if generator is None:
            print("slo-generator could not be installed: no comparison")
            return
        words = [generator, "compute", "-f", home / "peer/slos", "-c", home / "peer/config.yaml"]
        compare(ours, timed(lambda: command(words, home / "peer")))


def compare(ours: tuple[float, float], theirs: tuple[float, float]) -> None:
    """Per SLO and window, whole process. Ours read 8,640 lines for each SLO, theirs read none."""
    print(f"slo-generator 2.6.0, {SLOS} SLOs, {THEIR_WINDOWS} windows, an instant back end: {shown(theirs)}")
    their_share = theirs[0] / SLOS / THEIR_WINDOWS * 1e3
    for windows, which in ((5, "the window, the one before, 1 h, 6 h, 3 d"), (5 + DAYS, "and each day")):
        our_share = ours[0] / SLOS / windows * 1e3
        ratio = their_share / our_share
        print(f"  {our_share:.3f} ms against {their_share:.3f} ms: {ratio:.1f} times ({windows}: {which})")


if __name__ == "__main__":
    main()
