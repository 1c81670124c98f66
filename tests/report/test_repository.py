"""This repository's own SLOs and policy, reported on what a demo run left: the job summary CI shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from sereno.cli.report import FORMATS
from sereno.language import load_system
from sereno.language.model import BudgetRule, System
from sereno.report.csv_series import FORMS, parse
from tests.golden_files import check_golden

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs/slo-report.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def system() -> System:
    found, problems = load_system(ROOT)
    assert found, [p.message for p in problems if p.severity == "error"]
    return found


# Kept from a run: `sereno demo && cp build/demo/series/*.csv tests/report/data/demo/`, then `make golden`.
DEMO = Path(__file__).parent / "data" / "demo"


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a job that ran the workflow's action over the demo's data, at the demo's end."""
    home = tmp_path_factory.mktemp("job")
    last = max(t for path in DEMO.glob("[a-z]*.csv") for t in times(path))
    inputs = {"ENV": "local", "WINDOW": "30d", "ZONE": "UTC", "AT": str(last + 60), "GATE": "true"}
    inputs |= {"COMMENT": "true", "SERIES": str(DEMO), "OUT": str(home / "out"), "CACHE": ""}
    environment = {f"REPORT_{name}": value for name, value in inputs.items()} | {
        "PATH": os.environ["PATH"],
        "SERENO": str(Path(sys.executable).with_name("sereno")),
        "PULL_REQUEST": "",
        "GITHUB_STEP_SUMMARY": str(home / "summary"),
        "GITHUB_OUTPUT": str(home / "output"),
    }
    script = ROOT / ".github/actions/slo-report/report.sh"
    done = subprocess.run(
        ["bash", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    (home / "log").write_text(done.stdout)
    (home / "code").write_text(str(done.returncode))
    return home


def times(path: Path) -> list[int]:
    series, problems = parse(path.name, path.read_bytes())
    assert problems == []
    return series.times.tolist() if series is not None else []


def test_golden_job_summary(job: Path) -> None:
    check_golden("report/job-summary.md", (job / "summary").read_text(encoding="utf-8"))


def test_the_demo_s_outage_closes_the_gate_on_the_slo_s_own_line(job: Path) -> None:
    """The database was away: GETs failed, and the policy of the repository freezes."""
    assert (job / "code").read_text() == "1"
    notes = [line for line in (job / "log").read_text().splitlines() if line.startswith("::error file=slo/")]
    assert [note.split("::")[2].split(":")[0] for note in notes] == ["get-availability", "canary-round-trip"]


def test_the_demo_s_incidents_and_the_rest_add_up(job: Path) -> None:
    lines = json.loads((job / "out/slo-report.json").read_text())["slos"]
    found = next(s for s in lines if s["name"] == "get-availability")
    spent = [Fraction(i["spent"]) for i in found["incidents"]] + [Fraction(found["spent_outside_incidents"])]
    assert {i["source"] for i in found["incidents"]} == {"alarm history"}
    assert sum(spent) == Fraction(found["budget_spent"]) > 100


def test_the_recording_is_small() -> None:
    assert 0 < sum(path.stat().st_size for path in DEMO.iterdir()) < 200_000


def test_the_repository_ships_a_policy_that_freezes_when_a_budget_is_spent(system: System) -> None:
    rules = [r for p in system.budget_policies for r in p.rules]
    assert BudgetRule(action="freeze", left=rules[0].left) == rules[0]
    assert rules[0].left == 0


def test_the_docs_name_every_format_and_every_form_of_file() -> None:
    missing = [f"`{name}`" for name in FORMATS if f"`{name}`" not in DOCS]
    missing += [form for form in (",".join(f) for f in FORMS) if form not in DOCS]
    assert missing == []


def test_the_docs_example_of_a_file_is_one() -> None:
    example = DOCS.split("```csv\n")[1].split("```")[0]
    series, problems = parse("example.csv", example.encode())
    assert problems == []
    assert series is not None
    assert len(series.times) == 2
