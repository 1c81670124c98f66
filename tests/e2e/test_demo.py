"""`sereno demo` as a person runs it, on either vendor: the whole story, its exit code, its files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SERENO = Path(sys.executable).with_name("sereno")


@pytest.mark.parametrize(
    ("backend", "words"),
    [
        pytest.param(
            "cloudwatch",
            (
                "  alarm      sereno-local-slo-get-availability-page",
                "reads      ALARM means: GET answers (99.9 % over 30d)",
            ),
            id="on CloudWatch's alarms",
        ),
        pytest.param(
            "datadog",
            (
                "monitor    sereno-local-slo-get-availability-page",
                "by         @pagerduty-users",
                "reads      [P2] [Triggered] GET answers: page",
                "come at once here (datadog_aws_delay: 0)",
                "on-call, sereno-local-slo-get-availability-page is over",
            ),
            id="on Datadog's monitors",
        ),
    ],
)
def test_the_demo_shows_the_page_the_recovery_and_the_report(backend: str, words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [SERENO, "demo", "--project", PROJECT, "--backend", backend],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for said in ("paged      on-call", "runbooks/get-availability.md", *words):
        assert said in done.stdout
    assert "NO" not in {
        line.split("|")[1].strip() for line in done.stdout.splitlines() if line.startswith("|")
    }
    told = json.loads((PROJECT / "build/demo/slo-report.json").read_text())
    assert told["warnings"] == [
        "all times are the local stack's metric time, a minute of which lasts 1 s: it is ahead of the clock"
    ]
    assert _again(done.stdout) == [(slo["name"], slo["attainment"], slo["state"]) for slo in told["slos"]]
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
    incidents = [incident for slo in told["slos"] for incident in slo["incidents"]]
    assert "sereno-local-slo-get-availability-page" in {name for each in incidents for name in each["alarms"]}


def _again(out: str) -> list[tuple[str, str, str]]:
    """Each SLO's figures by the command that the demo ends with."""
    (command,) = (line for line in out.splitlines() if line.startswith("made again: sereno "))
    words = [SERENO, *command.split()[3:], "--project", PROJECT, "--format", "json"]
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return [(slo["name"], slo["attainment"], slo["state"]) for slo in json.loads(done.stdout)["slos"]]


def test_a_back_end_that_nobody_knows_is_one_sentence() -> None:
    command = [SERENO, "demo", "--project", PROJECT, "--backend", "datadogs"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (
        2,
        "sereno: no back end is named `datadogs`; write cloudwatch or datadog\n",
    )


@pytest.mark.parametrize(
    ("given", "backend"),
    [
        pytest.param([], "cloudwatch", id="nothing said"),
        pytest.param(["BACKEND=datadog"], "datadog", id="said"),
    ],
)
def test_make_passes_the_back_end_on(given: list[str], backend: str) -> None:
    command = ["make", "--no-print-directory", "--dry-run", "demo", *given]  # make itself may run the tests
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1].endswith(f"sereno demo --backend {backend}")
