"""Every code: a wrong file and its exact words, an explain page, and a line in the documentation."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sereno.language.explain import pages, summary
from sereno.language.problem import render_text
from sereno.language.project import examine, folder
from sereno.language.text import lines
from tests.language import problem_cases

DOCS = Path(__file__).parents[2] / "docs" / "problems.md"
RENEW = os.environ.get("SERENO_GOLDEN") == "1"


def words_of(root: Path, environment: str = "local") -> str:
    found = examine(root, environment, lenient=True) if (root / "sereno.yaml").exists() else folder(root)
    return render_text(found.problems, {f: lines(data) for f, data in found.sources.items()})


@pytest.mark.parametrize("case", problem_cases.cases(), ids=lambda case: case.stem)
def test_golden_a_wrong_file_earns_exactly_these_words(case: Path, tmp_path: Path) -> None:
    environment, expected = problem_cases.lay_out(case, tmp_path)
    actual = words_of(tmp_path, environment)
    if RENEW:
        problem_cases.renew(case, actual)
        expected = actual
    assert expected == actual
    assert f"({case.stem.partition('.')[0]})" in actual


def test_the_base_of_the_cases_has_no_problem() -> None:
    assert words_of(problem_cases.PROBLEMS / "base") == ""


def test_every_code_has_a_wrong_file_and_no_file_is_of_an_unknown_code() -> None:
    assert {case.stem.partition(".")[0] for case in problem_cases.cases()} == set(pages())


@pytest.mark.parametrize(("code", "page"), pages().items(), ids=pages())
def test_a_page_says_what_breaks_the_rule_and_what_keeps_it(code: str, page: str) -> None:
    before, _, keeps = page.partition("\nKeeps:")
    _, _, breaks = before.partition("\nBreaks:")
    assert (bool(breaks.strip()), bool(keeps.strip())) == (True, True)
    assert summary(page).endswith((".", ":"))


def documentation() -> str:
    """docs/problems.md, generated from the pages."""
    head = (
        "# Problems\n\nEvery problem that `sereno check` can find in YAML and runbooks, by its code. "
        "Generated from the code by `make golden`; `sereno explain CODE` shows the same.\n\n"
        "A warning can be silenced in place, and so can an error of the whole (a check), with a reason: "
        "`# sereno: allow CODE because ...` on its line or the line above.\n"
    )
    return head + "".join(f"\n## {code}\n\n{_markdown(page)}\n" for code, page in sorted(pages().items()))


def _markdown(page: str) -> str:
    return page.replace("\nBreaks:", "\n**Breaks:**").replace("\nKeeps:", "\n\n**Keeps:**")


def test_golden_every_code_is_in_the_documentation() -> None:
    if RENEW:
        DOCS.parent.mkdir(exist_ok=True)
        DOCS.write_text(documentation())
    assert DOCS.read_text() == documentation()
