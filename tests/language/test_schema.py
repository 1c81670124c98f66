"""The JSON Schema for editors marks nothing that `sereno check` takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sereno.language import text
from sereno.language.load import Loaded, Variables, read_documents
from sereno.language.problem import errors
from sereno.language.schema import documents
from sereno.language.text import Bare, Map, Seq
from tests.language import test_hostile

JUDGE = jsonschema.Draft202012Validator(documents())
WHOLE = re.compile(r"[-+]?[0-9]+")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def as_an_editor_reads(value: Any) -> Any:
    """The tree by YAML 1.2's core schema, https://yaml.org/spec/1.2.2/#103-core-schema."""
    if isinstance(value, Map):
        return {key: as_an_editor_reads(inner) for key, inner in value.items()}
    if isinstance(value, Seq):
        return [as_an_editor_reads(inner) for inner in value]
    if not isinstance(value, Bare):
        return value
    if value.text in ("true", "false"):
        return value.text == "true"
    return int(value.text) if WHOLE.fullmatch(value.text) else _number(value.text)


def _number(written: str) -> float | str:
    return float(written) if NUMBER.fullmatch(written) else written


def marked(data: bytes) -> list[str]:
    (tree,), _ = text.read(data, "x.yaml")
    return [error.message for error in JUDGE.iter_errors(as_an_editor_reads(tree))]


def taken(data: bytes, variables: Variables = test_hostile.VARIABLES) -> bool:
    into = Loaded()
    read_documents(data, "x.yaml", variables, into)
    return not errors(into.problems) and bool(into.documents) and into.documents[0].spec is not None


@pytest.mark.parametrize("block", range(3))
def test_what_is_taken_is_not_marked(block: int) -> None:
    seen = 0
    for seed in range(block * 1_000, (block + 1) * 1_000):  # a failure names its seed
        data = test_hostile.mutated(seed)
        if taken(data):
            seen += 1
            assert (seed, marked(data)) == (seed, [])
    assert seen > 100


ALERT = """\
apiVersion: sereno/v1
kind: Alert
metadata: {name: "${name}-high"}
spec:
  description: Too much waits.
  service: "${service}"
  signal: "${signal}"
  op: "${op}"
  threshold: "${limit}"
  period: "${period}"
  datapoints: "${count} of 5"
  severity: "${severity}"
  whenResolved: "${flag}"
"""


def test_a_variable_may_stand_for_a_number_a_name_a_word_a_flag_and_a_duration() -> None:
    put_in = {"name": "a", "service": "web", "signal": "s", "op": "gte", "limit": "7.5", "period": "5m"}
    more = {"count": "3", "severity": "page", "flag": "true"}
    assert taken(ALERT.encode(), Variables({**put_in, **more}))
    assert marked(ALERT.encode()) == []


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("threshold: five", "'five' is not valid under any of the given schemas"),
        ("severity: pager", "'pager' is not valid under any of the given schemas"),
        ("service: Web Shop", "'Web Shop' is not valid under any of the given schemas"),
        ('"${key}": 5', "Additional properties are not allowed ('${key}' was unexpected)"),
    ],
)
def test_what_is_wrong_is_marked(field: str, said: str) -> None:
    key = field.partition(":")[0]
    rest = [line for line in ALERT.splitlines() if not line.strip().startswith(f"{key}:")]
    assert marked("\n".join([*rest, f"  {field}"]).encode()) == [said]


def test_a_document_of_the_repository_is_not_marked_as_an_editor_reads_it() -> None:
    root = Path(__file__).parents[2]
    files = [path for folder in ("slo", "alerts", "dashboards") for path in (root / folder).glob("*.yaml")]
    trees = [tree for path in files for tree in text.read(path.read_bytes(), path.name)[0]]
    assert [e.message for tree in trees for e in JUDGE.iter_errors(as_an_editor_reads(tree))] == []


@pytest.mark.parametrize("alert", ["backlog-high", "answers/page", "answers/page/6h-30m", "${slo}/ticket"])
def test_a_panel_takes_an_alert_as_tests_and_drills_name_it(alert: str) -> None:
    panel = f'{{kind: alerts, alerts: ["{alert}"]}}'
    data = (
        "apiVersion: sereno/v1\nkind: Dashboard\nmetadata: {name: all}\n"
        f"spec: {{title: All, rows: [[{panel}]]}}\n"
    ).encode()

    assert taken(data, Variables({"slo": "answers"}))
    assert marked(data) == []
