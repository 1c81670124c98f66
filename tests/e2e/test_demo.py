"""`sereno demo` as a person runs it: the whole story, its exit code, its files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
SERENO = Path(sys.executable).with_name("sereno")


def test_the_demo_shows_the_page_the_recovery_and_the_report() -> None:
    done = subprocess.run(
        [SERENO, "demo", "--project", PROJECT], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for said in (
        "paged      on-call",
        "sereno-local-slo-get-availability-page",
        "runbooks/get-availability.md",
    ):
        assert said in done.stdout
    assert "NO" not in {
        line.split("|")[1].strip() for line in done.stdout.splitlines() if line.startswith("|")
    }
    told = json.loads((PROJECT / "build/demo/slo-report.json").read_text())
    page = (PROJECT / "build/demo/slo-report.html").read_text()
    lines = (PROJECT / "build/demo/slo-report.md").read_text()
    assert {slo["name"] for slo in told["slos"]} == {
        "get-availability",
        "get-latency",
        "publish-acceptance",
        "row-freshness",
        "canary-round-trip",
    }
    for slo in told["slos"]:
        assert slo["name"] in page
        assert slo["name"] in lines
