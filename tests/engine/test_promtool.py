"""The same series through promtool and the engine: the same minute of firing and of reset.

Runs where promtool is installed (Debian: `apt install prometheus`), and says so where it is not.
Increases are written with `offset`, not `rate`, whose window has one sample more before Prometheus 3.
"""

from __future__ import annotations

import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from sereno.engine.burn import Pair, pairs_firing

PROMTOOL = shutil.which("promtool")
HEALTHY, AFTER, REQUESTS = 400, 90, 100_000  # minutes, minutes, requests a minute
PAIRS = {"Fast": Pair(60, 5, "14.4"), "Slow": Pair(360, 30, "6")}
SCENARIOS = [("1", 10), ("0.15", 10), ("0.1", 60), ("0.02", 120), ("0.0144", 200), ("0.006", 90)]

RULE = """
  - alert: {name}
    expr: >-
      ((bad - bad offset {long}m) / (total - total offset {long}m)) > {limit}
      and ((bad - bad offset {short}m) / (total - total offset {short}m)) > {limit}
"""
TEST = """
  - interval: 1m
    input_series:
      - {{series: bad, values: "0x{healthy} {failing}+{failing}x{more} {all}x{after}"}}
      - {{series: total, values: "0+{requests}x{end}"}}
    alert_rule_test:
"""
CHECK = """      - {{eval_time: {minute}m, alertname: {name}, exp_alerts: [{alerts}]}}
"""


def moments(rate: str, minutes: int, pair: Pair) -> list[tuple[int, bool]]:
    """What the engine says around each change: the minute before, and the minute of."""
    total = np.full(HEALTHY + minutes + AFTER, REQUESTS)
    bad = np.zeros_like(total)
    bad[HEALTHY : HEALTHY + minutes] = int(Decimal(rate) * REQUESTS)
    fires = pairs_firing(bad, total, target="0.999", pairs=[pair])[0]
    edges = (np.flatnonzero(fires[1:] != fires[:-1]) + 1).tolist() or [HEALTHY + minutes]
    return [(at + 1, bool(fires[at])) for edge in edges for at in (edge - 1, edge)]


def files(folder: Path, flip: str = "") -> Path:
    """Rules, and tests of what the engine says; `flip` is an alert whose expectations are turned round."""
    rules = [
        RULE.format(
            name=name, long=p.long_window, short=p.short_window, limit=Decimal(str(p.threshold)) / 1_000
        )
        for name, p in PAIRS.items()
    ]
    (folder / "rules.yaml").write_text("groups:\n- name: burn\n  rules:" + "".join(rules), encoding="utf-8")
    tests = "rule_files: [rules.yaml]\nevaluation_interval: 1m\ntests:"
    for rate, minutes in SCENARIOS:
        failing, end = int(Decimal(rate) * REQUESTS), HEALTHY + minutes + AFTER
        shape = {
            "failing": failing,
            "more": minutes - 1,
            "all": failing * minutes,
            "after": AFTER,
            "end": end,
        }
        tests += TEST.format(healthy=HEALTHY, requests=REQUESTS, **shape)
        for name, pair in PAIRS.items():
            for minute, fires in moments(rate, minutes, pair):
                tests += CHECK.format(minute=minute, name=name, alerts="{}" * (fires != (name == flip)))
    (folder / "test.yaml").write_text(tests, encoding="utf-8")
    return folder / "test.yaml"


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed: apt install prometheus")
@pytest.mark.parametrize(
    ("flip", "agrees"),
    [
        pytest.param("", True, id="they agree on every minute around every change"),
        pytest.param("Slow", False, id="and promtool would have said so if they did not"),
    ],
)
def test_promtool_fires_and_resets_in_the_same_minutes(tmp_path: Path, flip: str, agrees: bool) -> None:
    asked = [str(PROMTOOL), "test", "rules", str(files(tmp_path, flip))]
    answered = subprocess.run(asked, capture_output=True, text=True, check=False)

    assert (answered.returncode == 0) == agrees, answered.stdout + answered.stderr
