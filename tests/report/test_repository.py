"""This repository's own SLOs and policy, reported on a day like the demo's: the job summary CI shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from sereno.cli.report import FORMATS
from sereno.language import load_system
from sereno.language.model import HOUR, BudgetRule, System
from sereno.report import markdown
from sereno.report.csv_series import FORMS, parse
from sereno.report.figures import report_series
from sereno.report.model import Report
from sereno.report.series import Key, Series
from tests.golden_files import check_golden
from tests.report.world import AT, counts

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs/slo-report.md").read_text(encoding="utf-8")
OUTAGE = AT - 2 * HOUR  # the database is away for eleven minutes


@pytest.fixture(scope="module")
def system() -> System:
    found, problems = load_system(ROOT)
    assert found, [p.message for p in problems if p.severity == "error"]
    return found


def away(t: int) -> bool:
    return OUTAGE <= t < OUTAGE + 11 * 60


def day_of_the_demo() -> dict[Key, Series]:
    """Six hours by the minute: 12 GETs, 6 POSTs and a round trip; in the outage no GET succeeds, what is
    published arrives late, and no round trip ends in time."""

    def minutes(total: int, bad: int) -> Series:
        return counts(total, lambda t: bad * away(t), start=AT - 6 * HOUR, step=60)

    late = counts(6, lambda t: 6 * away(t), start=AT - 6 * HOUR, step=60)
    return {
        ("get-availability", ""): minutes(12, 12),
        ("get-latency", ""): counts(lambda t: 0 if away(t) else 12, start=AT - 6 * HOUR, step=60),
        ("publish-acceptance", ""): minutes(6, 0),
        ("row-freshness", ""): late,
        ("canary-round-trip", ""): minutes(1, 1),
    }


@pytest.fixture(scope="module")
def report(system: System) -> Report:
    keys = {(s.name, o.name): s.name for s in system.slos for o in s.objectives}
    known = {name: series for (name, _), series in day_of_the_demo().items()}
    return report_series(system, {key: known[name] for key, name in keys.items()}, None, at=AT)


def test_golden_job_summary(report: Report) -> None:
    check_golden("report/job-summary.md", markdown.render(report))


def test_the_outage_closes_the_gate(report: Report) -> None:
    """132 of 4,320 GETs failed, where 4.32 may: the policy of the repository freezes."""
    assert report.gate.action == "freeze"
    line = next(s for s in report.slos if s.name == "get-availability")
    assert (line.budget_spent, line.tally.total, line.state) == (132, 4_320, "breached")


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
