"""The slo-report's speed: 1,000 SLOs x 30 days of 5-minute counts, from files to JSON, whole process.

Beside it the HTML of 100 SLOs, and in the same run slo-generator 2.6's `compute` with a back end that
answers at once, per SLO and window, three times: against our report of the same number of SLOs from
files of one line (neither side reads anything to speak of; both have the same error-budget policy of
four windows; the whole process of both); against the report of 8,640 lines an SLO; and without either
process's start, reading and printing, compute against compute. A window is a stretch of time of which
good, bad and burn rate are computed; ours are counted in the JSON. slo-generator goes into a virtual
environment of its own; without a package index that part is left out, and said so.
"""

from __future__ import annotations

import gc
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
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sereno.language import load_system
from sereno.report.csv_series import parse
from sereno.report.figures import report_series
from sereno.report.json import document

AT = 1_772_323_200  # 2026-03-01 00:00 UTC
STEP, DAYS, SLOS, PAGES = 300, 30, 1_000, 100
THEIR_WINDOWS = 4  # of the policy in its own samples
TIMES = 5  # runs of each; the median counts
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


POLICY = """\
apiVersion: sereno/v1
kind: BudgetPolicy
metadata: {name: default}
spec:
  description: The steps of slo-generator's sample.
  rules:
    - {burn: 9, over: 1h, action: freeze}
    - {burn: 3, over: 12h, action: freeze}
    - {burn: 1.5, over: 7d, action: warn}
    - {burn: 1, over: 28d, action: warn}
"""
# The counts of PEER_BACKEND, in the last five minutes.
INSTANT = f"timestamp,good,total\n{AT - STEP},999000,999500\n"
# Prints the seconds of one `compute` of every SLO, loaded before.
PEER_INSIDE = """\
import logging, sys, time
from pathlib import Path
from slo_generator.compute import compute
from slo_generator.utils import load_config
logging.disable(logging.CRITICAL)
config = load_config("config.yaml")
slos = [load_config(str(path)) for path in sorted(Path("slos").iterdir())]
started = time.perf_counter()
reports = [compute(slo, config, timestamp=AT) for slo in slos]
taken = time.perf_counter() - started
print(taken, sum(map(len, reports)))
"""


def project(folder: Path, slos: int, series: Callable[[int], str]) -> None:
    """A project of so many SLOs, and a CSV file for each under series/."""
    for name, text in (
        ("sereno.yaml", PROJECT),
        ("slo/services.yaml", SERVICE),
        ("slo/policy.yaml", POLICY),
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


def a_month(seed: int) -> str:
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


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """Medians of several runs, after one that fills the caches: seconds on the clock, and of processors."""
    clock, processors = [], []
    run()
    for _ in range(TIMES):
        started, used = time.perf_counter(), of_children()
        run()
        clock.append(time.perf_counter() - started)
        processors.append(of_children() - used)
    return statistics.median(clock), statistics.median(processors)


def of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def command(words: Sequence[str | Path], folder: Path) -> str:
    """What it prints. Byte code is kept, as it is where a command is installed."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {"NO_COLOR": "1"}
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))} exited with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def shown(taken: tuple[float, float]) -> str:
    return f"{taken[0]:.2f} s ({taken[1]:.2f} s of processors)"


def reported(folder: Path, form: str) -> tuple[tuple[float, float], Path]:
    """How long `sereno report` takes there, and what it wrote."""
    options = ["--series", "series", "--at", str(AT), "--format", form, "--out", f"report.{form}"]
    return timed(lambda: command([SERENO, "report", *options], folder)), folder / f"report.{form}"


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        project(home / "big", SLOS, a_month)
        big, written = reported(home / "big", "json")
        rows = SLOS * DAYS * 86_400 // STEP
        print(f"{SLOS} SLOs x {DAYS} d of 5-minute counts ({rows / 1e6:.2f} M lines): {shown(big)}")
        windows, days = windows_in(written)

        project(home / "pages", PAGES, a_month)
        drawn, page = reported(home / "pages", "html")
        print(f"{PAGES} SLOs to HTML: {shown(drawn)}, {page.stat().st_size / 1e6:.2f} MB")

        (home / "peer").mkdir()
        generator = peer(home / "peer", SLOS)
        if generator is None:
            print("slo-generator could not be installed: no comparison")
            return
        project(home / "instant", SLOS, lambda _: INSTANT)
        instant, written = reported(home / "instant", "json")
        words: list[str | Path] = [generator, "compute", "-f", "slos", "-c", "config.yaml"]
        theirs = timed(lambda: command(words, home / "peer"))
        print(
            f"slo-generator 2.6.0, {SLOS} SLOs, {THEIR_WINDOWS} windows, an instant back end: {shown(theirs)}"
        )
        print(f"sereno, {SLOS} SLOs, the same policy, files of one line: {shown(instant)}")
        compare("whole process, neither reads", instant[0], theirs[0], *windows_in(written))
        compare("whole process, ours reads 8,640 lines an SLO", big[0], theirs[0], windows, days)
        inside = compute_inside(home)
        compare("in the process, compute against compute", *inside, *windows_in(written))


def windows_in(written: Path) -> tuple[int, int]:
    """Of an SLO: its window, the one before and those of `burn_rates`; and days, of which bad and total are
    computed."""
    slo = json.loads(written.read_text())["slos"][0]
    return len(slo["burn_rates"]) + 2, len(slo["days"])


def compute_inside(home: Path) -> tuple[float, float]:
    """Seconds of ours and theirs for every SLO, both loaded, neither reading nor printing."""
    python = home / "peer/venv/bin/python"
    script = PEER_INSIDE.replace("AT", str(AT))
    theirs = [command([python, "-c", script], home / "peer").split() for _ in range(TIMES)]
    assert {int(reports) for _, reports in theirs} == {SLOS * THEIR_WINDOWS}
    return statistics.median(ours_inside(home / "instant")), statistics.median(float(t) for t, _ in theirs)


def ours_inside(folder: Path) -> Iterator[float]:
    """Without looking for cycles, as the command does it."""
    gc.disable()
    system, _ = load_system(folder)
    assert system is not None
    series, _ = parse("x.csv", INSTANT.encode())
    assert series is not None
    readings = {(slo.name, o.name): series for slo in system.slos for o in slo.objectives}
    for _ in range(TIMES):
        started = time.perf_counter()
        made = document(report_series(system, readings, None, at=AT))
        yield time.perf_counter() - started
        assert len(made["slos"]) == SLOS


def compare(what: str, ours: float, theirs: float, windows: int, days: int) -> None:
    """Per SLO and window, without our days and with them."""
    their_share = theirs / SLOS / THEIR_WINDOWS * 1e3
    for counted, which in ((windows, f"{windows} windows"), (windows + days, f"and {days} days")):
        share = ours / SLOS / counted * 1e3
        each = f"{share:.3f} ms against {their_share:.3f} ms: {their_share / share:.1f} times"
        print(f"  {what}: {each} ({which})")


if __name__ == "__main__":
    main()
