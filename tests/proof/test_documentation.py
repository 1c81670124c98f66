"""What docs/alarms-through-time.md writes as tests holds on this repository's alerts; its backtests run."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.language.test_cli import sereno

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "alarms-through-time.md").read_text(encoding="utf-8")
YAML = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^\$ (sereno .*)$", TEXT, re.MULTILINE)
NEEDS_A_BACK_END = "--days"
START = 1_767_225_600


def project(tmp_path: Path, tests: str) -> Path:
    """This repository's documents, with these alert tests alone."""
    for part in ("slo", "alerts", "dashboards", "runbooks"):
        shutil.copytree(ROOT / part, tmp_path / part)
    (tmp_path / "tests" / "alerts").mkdir(parents=True)
    (tmp_path / "tests" / "alerts" / "page.yaml").write_text(tests, encoding="utf-8")
    shutil.copy(ROOT / "sereno.yaml", tmp_path)
    return tmp_path


def test_the_page_has_a_whole_test_and_lines_to_add_to_it() -> None:
    assert [block.split(":")[0].strip() for block in YAML] == ["apiVersion", "- {eval_time"]


def test_the_whole_test_and_the_lines_added_to_it_hold(tmp_path: Path) -> None:
    whole, more = YAML
    code, out, err = sereno("test", "--project", project(tmp_path, whole + more), cwd=tmp_path)

    lines = len(re.findall(r"^ +- \{eval_time", whole + more, re.MULTILINE))
    each = " (3 on CloudWatch, 1 on Datadog)"
    assert (code, out, err) == (0, f"{lines} expectations in 1 alert test hold{each}\n", "")


def test_the_comment_counts_the_values_of_its_series() -> None:
    from sereno.proof.notation import parse

    values = re.search(r'values: "([^"]+)"} +# ten zeros, five ones, three gaps, a zero', YAML[0])
    assert values is not None
    assert len(parse(values[1])) == 10 + 5 + 3 + 1


@pytest.mark.parametrize("command", [c for c in COMMANDS if NEEDS_A_BACK_END not in c])
def test_a_backtest_of_the_page_runs(command: str, tmp_path: Path) -> None:
    there = project(tmp_path, YAML[0])
    counts = [f"{START + 60 * m},{1000 - 500 * (2_000 <= m < 2_030)},1000" for m in range(3_000)]
    (there / "gets.csv").write_text("\n".join(["timestamp,good,total", *counts]) + "\n")
    (there / "outages.csv").write_text(f"start,end,name\n{START + 120_000},{START + 121_800},outage\n")
    _of_parquet(there / "gets.csv", there / "anything.parquet")
    code, out, err = sereno(*shlex.split(command)[1:], cwd=there)

    assert (code, err) == (0, "")
    assert out


def _of_parquet(csv: Path, path: Path) -> None:
    from pyarrow import csv as arrow_csv
    from pyarrow import parquet

    parquet.write_table(arrow_csv.read_csv(csv), path)


def test_one_command_of_the_page_asks_the_back_end() -> None:
    assert len([c for c in COMMANDS if NEEDS_A_BACK_END in c]) == 1
