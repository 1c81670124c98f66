"""When a warning is given and when it is not: silence of what is low, figures in words, links of pages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sereno.language.project import examine
from tests.language import problem_cases


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(problem_cases.PROBLEMS / "base", tmp_path, dirs_exist_ok=True)
    return tmp_path


def changed(project: Path, file: str, old: str, new: str) -> None:
    text = (project / file).read_text()
    assert old in text
    (project / file).write_text(text.replace(old, new))


def codes(project: Path, environment: str = "local") -> list[str]:
    return [problem.code for problem in examine(project, environment, lenient=True).problems]


LOW = "signal: backlog, op: lt, threshold: 1"
SILENCE = {
    "below, and nothing of silence": (LOW, ["silent-outage"]),
    "at or below": ("signal: backlog, op: lte, threshold: 1", ["silent-outage"]),
    "a quotient of which one side may be silent": (
        "expr: good / backlog, op: lt, threshold: 1",
        ["silent-outage"],
    ),
    "silence breaches": (f"{LOW}, missing: breaching", []),
    "silence is no fault, as is written": (f"{LOW}, missing: missing", []),
    "something guarantees data": ("signal: good, op: lt, threshold: 1", []),
    "all of a quotient always has data": ("expr: good / total, op: lt, threshold: 0.5", []),
    "above": ("signal: backlog, op: gt, threshold: 1", []),
    "a learned band": ("signal: backlog, anomaly: {deviations: 2, direction: below}", []),
}


@pytest.mark.parametrize(("written", "expected"), SILENCE.values(), ids=SILENCE)
def test_a_low_alert_says_what_silence_means(project: Path, written: str, expected: list[str]) -> None:
    changed(project, "alerts/base.yaml", "signal: backlog, threshold: 100", written)
    found = [code for code in codes(project) if code != "unused-signal"]
    assert found == expected


def test_a_change_of_an_environment_may_say_it(project: Path) -> None:
    changed(project, "alerts/base.yaml", "signal: backlog, threshold: 100", LOW)
    said = "overrides: {alerts: {backlog-high: {missing: breaching}}}, variables:"
    changed(project, "sereno.yaml", "variables:", said)
    assert codes(project) == []


DESCRIPTIONS = {
    "another figure": ("99.5 % are answered", ["other-percentage"]),
    "another figure, without a space": ("99.5% are answered", ["other-percentage"]),
    "the target": ("99.9 % are answered", []),
    "the target with a zero more": ("99.90 % are answered", []),
    "the target, and what it was": ("99.9 % are answered, it was 99.5 %", []),
    "a share of something else": ("answered within 1.5 s at 5.5 % of the traffic", []),
    "a round one, which may be of anything": ("answered while 80 % of the memory is in use", []),
    "no figure": ("are answered", []),
}


@pytest.mark.parametrize(("written", "expected"), DESCRIPTIONS.values(), ids=DESCRIPTIONS)
def test_a_description_names_the_target(project: Path, written: str, expected: list[str]) -> None:
    changed(project, "slo/base.yaml", "  service: web\n", f"  description: {written}\n  service: web\n")
    changed(project, "slo/base.yaml", "target: 0.99}", "target: 0.999}")
    assert codes(project) == expected


def test_a_target_that_an_environment_changes_is_not_that_of_the_words(project: Path) -> None:
    changed(project, "slo/base.yaml", "  service: web\n", "  description: 99.9 %\n  service: web\n")
    changed(project, "slo/base.yaml", "target: 0.99}", "target: 0.999}")
    changed(project, "sereno.yaml", "variables:", "overrides: {slos: {answers: {target: 0.995}}}, variables:")
    assert codes(project) == []


LINKS = {
    "none": ("", ["runbook-url"]),
    "a path": ("runbookUrl: wiki/runbooks\n", ["runbook-url"]),
    "what init writes": ("runbookUrl: https://set-me.invalid\n", ["runbook-url"]),
    "no host": ("runbookUrl: https:///runbooks\n", ["runbook-url"]),
    "a link": ("runbookUrl: https://github.com/shop/shop/blob/main\n", []),
    "a link of a house": ("runbookUrl: http://wiki:8080/sre\n", []),
}


@pytest.mark.parametrize(("written", "expected"), LINKS.values(), ids=LINKS)
def test_a_page_that_leaves_this_machine_has_a_link(project: Path, written: str, expected: list[str]) -> None:
    changed(project, "sereno.yaml", "environments:", f"{written}environments:")
    text = (project / "sereno.yaml").read_text()
    (project / "sereno.yaml").write_text(text + "  prod" + text.partition("  local")[2])
    assert (codes(project), codes(project, "prod")) == ([], expected)
