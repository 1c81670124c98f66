"""The engine's speed, every ratio within this run: burn rates, a month of an alarm, `sereno test`.

python benchmarks/bench_engine.py [--full]

Beside the exact engine: the usual float version with numpy, and promtool's `test rules` on the same
minutes where it is installed (Debian: apt install prometheus), over a day, with --full over 30 days.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sereno.engine import evaluate
from sereno.engine.burn import Pair, pairs_firing
from sereno.engine.series import MetricKey, Slots

PROJECT = Path(__file__).parents[1]
DAY, MONTH = 1_440, 43_200  # minutes
TARGET = "0.999"
PAIRS = [Pair(60, 5, "14.4"), Pair(360, 30, "6"), Pair(1_440, 120, "3"), Pair(4_320, 360, "1")]
Ints = NDArray[np.int32]


def series(slos: int, minutes: int) -> tuple[Ints, Ints]:
    """Bad and total of each minute: a thousand requests, one in two thousand bad, and two faults."""
    rng = np.random.default_rng(2)
    total = rng.poisson(1_000, (slos, minutes)).astype(np.int32)
    bad = rng.binomial(total, 0.0005).astype(np.int32)
    for at, length, rate in ((minutes // 3, 20, 0.15), (minutes // 2, 300, 0.01)):
        bad[:, at : at + length] = rng.binomial(total[:, at : at + length], rate)
    return bad, total


def best(work: Callable[[], Any], times: int) -> float:
    """Seconds of the fastest of several runs: what the machine can do undisturbed."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def floats(bad: Ints, total: Ints) -> NDArray[np.bool_]:
    """The same with float ratios over full matrices, as one would write it first."""
    sums = [
        np.concatenate([np.zeros((len(s), 1)), np.cumsum(s, axis=1, dtype=np.float64)], axis=1)
        for s in (bad, total)
    ]
    out = np.empty((len(PAIRS), *bad.shape), dtype=np.bool_)
    for k, pair in enumerate(PAIRS):
        limit = float(Decimal(str(pair.threshold)) * (1 - Decimal(TARGET)))
        out[k] = np.logical_and(*(_ratio(sums, w) > limit for w in (pair.long_window, pair.short_window)))
    return out


def _ratio(sums: Sequence[NDArray[np.float64]], window: int) -> NDArray[np.float64]:
    parts = []
    for each in sums:
        past = np.zeros_like(each[:, 1:])
        past[:, window:] = each[:, 1:-window]
        parts.append(each[:, 1:] - past)
    return np.divide(parts[0], parts[1], out=np.zeros_like(parts[0]), where=parts[1] > 0)


class Store:
    """A `History` of two metrics."""

    def __init__(self, bad: Ints, total: Ints) -> None:
        self.metrics = {"bad": bad.astype(np.float64), "total": total.astype(np.float64)}

    def read(self, key: MetricKey, start: int, end: int) -> Slots:
        values, first = self.metrics[key.metric], start // 60
        found = np.full(end // 60 - first, np.nan)
        found[max(0, -first) :] = values[max(0, first) : end // 60]
        return Slots(start, (~np.isnan(found)).astype(np.float64), found, found, found)


def alarm(name: str) -> dict[str, Any]:
    """One window of a burn-rate pair, as it is compiled."""
    read = [
        {
            "Id": m,
            "ReturnData": False,
            "MetricStat": {"Metric": {"Namespace": "N", "MetricName": m}, "Period": 3_600, "Stat": "Sum"},
        }
        for m in ("bad", "total")
    ]
    share = {"Id": "share", "Expression": "IF(bad >= 2, bad / total, 0)", "ReturnData": True}
    fixed = {
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    return {"AlarmName": name, "Metrics": [share, *read], "Threshold": 0.0144, **fixed}


def promtool(bad: Ints, total: Ints) -> float | None:
    """Seconds of `promtool test rules` on these minutes: seven recorded windows and an alert a pair."""
    tool = shutil.which("promtool")
    if tool is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "rules.yaml").write_text(_rules(), encoding="utf-8")
        Path(folder, "test.yaml").write_text(_test(bad, total), encoding="utf-8")
        start = time.perf_counter()
        subprocess.run(
            [tool, "test", "rules", str(Path(folder, "test.yaml"))], check=True, capture_output=True
        )
        return time.perf_counter() - start


def _rules() -> str:
    windows = sorted({w for p in PAIRS for w in (p.long_window, p.short_window)})
    records = [f"  - record: r{w}\n    expr: rate(bad[{w}m]) / rate(total[{w}m])\n" for w in windows]
    alerts = [
        f"  - alert: A{p.long_window}\n    expr: r{p.long_window} > {limit} and r{p.short_window} > {limit}\n"
        for p in PAIRS
        for limit in [Decimal(str(p.threshold)) / 1_000]
    ]
    return "groups:\n- name: burn\n  rules:\n" + "".join(records + alerts)


def _test(bad: Ints, total: Ints) -> str:
    lines = [
        f'      - {{series: {n}, values: "{" ".join(map(str, np.cumsum(v).tolist()))}"}}\n'
        for n, v in (("bad", bad), ("total", total))
    ]
    check = f"    alert_rule_test:\n      - {{eval_time: {len(bad) - 1}m, alertname: A60, exp_alerts: []}}\n"
    return (
        "rule_files: [rules.yaml]\nevaluation_interval: 1m\ntests:\n  - interval: 1m\n    input_series:\n"
        + "".join(lines)
        + check
    )


def burn_rates(full: bool) -> None:
    bad, total = series(20, MONTH)
    minutes = bad.size
    exact = best(lambda: pairs_firing(bad, total, target=TARGET, pairs=PAIRS), 7)
    naive = best(lambda: floats(bad, total), 2)
    tracemalloc.start()
    pairs_firing(bad, total, target=TARGET, pairs=PAIRS)
    peak = tracemalloc.get_traced_memory()[1] / minutes
    tracemalloc.stop()
    speed, slow = minutes / exact / 1e6, minutes / naive / 1e6
    print(f"burn rates, 4 pairs over 30 days, exactly: {speed:.0f} million series-minutes a second")
    print(f"  memory beside the input {peak:.1f} bytes a series-minute, 4 of them the answer")
    print(f"  float ratios with numpy: {slow:.0f} million; the engine is {speed / slow:.1f} times as fast")
    compared(bad[0], total[0], MONTH if full else DAY)


def compared(bad: Ints, total: Ints, length: int) -> None:
    """promtool and the engine on the first minutes of one SLO."""
    bad, total = bad[:length], total[:length]
    ours = best(lambda: pairs_firing(bad, total, target=TARGET, pairs=PAIRS), 20)
    peer = promtool(bad, total)
    if peer is None:
        print("  promtool is not installed (apt install prometheus): not compared")
        return
    print(f"  promtool on {length // DAY} d of one SLO: {peer:.2f} s, the engine: {ours * 1e6:.0f} us")
    print(f"  {peer / ours:,.0f} times as fast")


def alarms() -> None:
    bad, total = series(1, MONTH)
    store = Store(bad[0], total[0])
    one = best(lambda: evaluate([alarm("a")], store, start=0, end=60 * MONTH), 5)
    print(f"a compiled metric-math alarm over 30 days of minutes: {one * 1e3:.0f} ms")
    for count in (10, 100, 1_000):
        bodies = [alarm(f"a{i}") for i in range(count)]
        taken = best(lambda: evaluate(bodies, store, start=0, end=60 * MONTH), 1)  # noqa: B023 - called at once
        print(f"  {count:>5} of them: {taken:.2f} s, {taken / count * 1e3:.0f} ms each")


def alert_tests() -> None:
    command = [str(Path(sys.executable).with_name("sereno")), "test", "--project", str(PROJECT)]
    taken = best(lambda: subprocess.run(command, check=True, capture_output=True), 3)
    print(f"sereno test on this repository, whole process: {taken:.2f} s")


def main() -> None:
    burn_rates("--full" in sys.argv)
    alarms()
    alert_tests()


if __name__ == "__main__":
    main()
