"""Any bytes become problems with a place inside the file, in bounded time and memory; never an exception."""

from __future__ import annotations

import inspect
import random
import shutil
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sereno.language import text
from sereno.language.checks import check, texts
from sereno.language.checks.whole import Whole
from sereno.language.load import Loaded, Variables, load, read_documents
from sereno.language.model import Environment, Runbook
from sereno.language.problem import Problem, errors, render_github, render_json, render_sarif, render_text
from sereno.language.project import examine, folder
from sereno.language.resolve import resolve
from sereno.language.resolve.context import Context
from sereno.language.spec.base import NUMBER
from tests.language import problem_cases

BASE = problem_cases.PROBLEMS / "base"
PACKS = Path(__file__).parents[2] / "src" / "sereno" / "packs"
LAUGHS = b"a: &a [h, h, h, h, h, h, h, h, h, h]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + i, 98 + i, b", ".join([b"*%c" % (97 + i)] * 10)) for i in range(9)
)

BYTES = {
    "nothing": (b"", []),
    "blank lines": (b"\n\n  \n", []),
    "a byte order mark": (b"\xef\xbb\xbfapiVersion: openslo/v9\n", ["unknown-version"]),
    "UTF-16": ("apiVersion: openslo/v1\n".encode("utf-16"), ["not-utf8"]),
    "a lone continuation byte": (b"a: \x80\n", ["not-utf8"]),
    "an overlong form": (b"a: \xc0\xaf\n", ["not-utf8"]),
    "a NUL": (b"a: \x00\n", ["control-character"]),
    "a lone surrogate in an escape": (b'a: "\\ud800"\n', ["yaml-syntax"]),
    "a tab as indentation": (b"a:\n\tb: c\n", ["yaml-syntax"]),
    "a bracket for ever": (b"[" * 1_000_000, ["too-deep"]),
    "a block for ever": (b"- " * 200_000, ["too-deep"]),
    "questions for ever": (b"? " * 200_000, ["too-deep"]),
    "a billion laughs": (LAUGHS, ["alias-expansion"]),
    "an anchor that holds itself": (b"a: &a {b: *a}\n", ["anchor-cycle"]),
    "an alias to nothing": (b"a: *b\n", ["unknown-anchor"]),
    "a key that is a list": (b"? [a]\n: b\n", ["key-not-text"]),
    "a key twice": (b"apiVersion: sereno/v1\nkind: x\nkind: y\n", ["duplicate-key", "unknown-kind"]),
    "a directive of the future": (b"%YAML 9.9\n---\na: b\n", ["yaml-syntax"]),
    "a tag that makes an object": (b"!!python/object/apply:os.system [ls]\n", ["yaml-tag", "not-a-document"]),
    "two documents, one broken": (b"a: b\n---\nb: [\n", ["unknown-version", "yaml-syntax"]),
    "a document that is a number": (b"17\n", ["not-a-document"]),
    "merging a list": (b"apiVersion: x\n<<: [1]\n", ["merge-not-mapping", "unknown-version"]),
    "a very long line": (b"apiVersion: " + b"x" * 1_000_000 + b"\n", ["unknown-version"]),
    "separators of lines": ("apiVersion: a\u2028kind: b\u2029\n".encode(), ["unknown-version"]),
    "a name from right to left": (
        "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: \u202exyz}\n".encode(),
        ["bad-name"],
    ),
}


@pytest.mark.parametrize(("data", "codes"), BYTES.values(), ids=BYTES)
def test_any_bytes(data: bytes, codes: list[str], tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(data)
    started = time.perf_counter()
    found = folder(tmp_path)
    assert time.perf_counter() - started < 3
    assert [p.code for p in found.problems] == codes or sorted(p.code for p in found.problems) == sorted(
        codes
    )
    assert all(inside(p, data) for p in found.problems)
    rendered(found.problems, data)


def inside(problem: Problem, data: bytes) -> bool:
    """Whether the place is in the file: on one of its lines, at most one column behind its end."""
    lines = text.lines(data)
    at = problem.where
    return 1 <= at.line <= len(lines) and 1 <= at.column <= len(lines[at.line - 1]) + 1 and at.end > at.column


def rendered(problems: Any, data: bytes) -> None:
    """Every form can be printed."""
    lines = text.lines(data)
    for words in (
        render_text(problems, {p.where.file: lines for p in problems}),
        render_json(problems),
        render_github(problems),
        render_sarif(problems),
    ):
        words.encode("utf-8")


MANY = {
    "items that are no documents": (b"- a\n" * 250_000, "too-many-problems"),
    "one key for ever": (b"a: 1\n" * 140_000, "too-many-problems"),
    "tags nobody knows": (b"- !!a x\n" * 200_000, "too-many-problems"),
    "documents of no kind": (b"---\na: b\n" * 90_000, "too-many-problems"),
    "fields nobody knows": (
        b"apiVersion: openslo/v1\nkind: Service\nmetadata: {name: a}\nspec:\n"
        + b"".join(b"  k%d: 1\n" % i for i in range(100_000)),
        "too-many-problems",
    ),
    "lists of nothing": (b"[" + b"[]," * 2_000_000 + b"]", "too-many-values"),
}


@pytest.mark.parametrize(("data", "code"), MANY.values(), ids=MANY)
def test_what_is_told_of_a_file_is_bounded(data: bytes, code: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(data)
    started = time.perf_counter()
    found = folder(tmp_path)
    assert time.perf_counter() - started < 10  # about 1 s on a machine of its own
    assert (code in {p.code for p in found.problems}, len(found.problems) <= text.MAX_PROBLEMS + 1) == (
        True,
        True,
    )
    assert all(inside(p, data) for p in found.problems[-2:])


def test_folders_are_read_however_deep_and_links_to_folders_are_not(tmp_path: Path) -> None:
    (tmp_path / "up").symlink_to(".")
    deepest = tmp_path.joinpath(*["d"] * 300)
    deepest.mkdir(parents=True)
    (deepest / "x.yaml").write_text("a: b\n")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 200)  # fewer than there are folders
    try:
        found = folder(tmp_path)
    finally:
        sys.setrecursionlimit(limit)
    assert [p.code for p in found.problems] == ["unknown-version"]


def test_a_file_of_10_mb_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"# 456789\n" * 1_200_000)
    tracemalloc.start()
    found = folder(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ([p.code for p in found.problems], peak < 5_000_000) == (["file-too-large"], True)


def test_links_are_followed_inside_the_project_only(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "secret.yaml").write_text("a: b\n")
    (tmp_path / "p" / "out.yaml").symlink_to("../secret.yaml")
    (tmp_path / "p" / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "p" / "gone.yaml").symlink_to("nowhere.yaml")
    (tmp_path / "p" / "folder.yaml").mkdir()
    found = folder(tmp_path / "p")
    assert [(p.where.file, p.code) for p in found.problems] == [
        ("folder.yaml", "unreadable-file"),
        ("gone.yaml", "unreadable-file"),
        ("loop.yaml", "unreadable-file"),
        ("out.yaml", "symlink-outside"),
    ]
    assert "a: b" not in render_text(found.problems)


@pytest.mark.parametrize("number", ["0", "-0.5", ".5", "1e3", "14.40"])
def test_a_number_is_written_in_decimal_digits(number: str) -> None:
    assert NUMBER.fullmatch(number) is not None


@pytest.mark.parametrize("number", ["08", "0x1F", "1_000", ".nan", "1.", "٣", ""])
def test_a_number_that_some_reader_reads_otherwise_is_none(number: str) -> None:
    assert NUMBER.fullmatch(number) is None


LINES = {
    "beginnings of tokens": ("slo/base.yaml", "# " + "eyJaaaaaaaaaa-" * 50_000),
    "beginnings of links": ("runbooks/answers.md", "[" * 500_000),
    "beginnings of code": ("runbooks/answers.md", "`a``b```c" * 50_000),
    "beginnings of keys": ("slo/base.yaml", "# " + "token " * 100_000),
    "beginnings of permissions": ("slo/base.yaml", "# sereno:" * 50_000 + " allow" * 50_000),
    "spaces": ("runbooks/answers.md", " " * 1_000_000 + "x"),
}


@pytest.mark.parametrize(("file", "line"), LINES.values(), ids=LINES)
def test_no_line_takes_a_pattern_long(file: str, line: str, tmp_path: Path) -> None:
    shutil.copytree(BASE, tmp_path, dirs_exist_ok=True)
    with (tmp_path / file).open("a") as stream:
        stream.write(f"\n{line}\n")
    started = time.perf_counter()
    examine(tmp_path, lenient=True)
    assert time.perf_counter() - started < 5


@settings(max_examples=1_500, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_never_raise(data: bytes) -> None:
    into = Loaded()
    read_documents(data, "x.yaml", None, into)
    assert all(inside(p, data) for p in into.problems)


@settings(max_examples=1_500, deadline=None)
@given(st.text(alphabet="-:{}[],&*#?|>!%@'\"\\ \n\tab0~<.\u2028é", max_size=80))
def test_random_yaml_never_raises(letters: str) -> None:
    data = letters.encode()
    into = Loaded()
    read_documents(data, "x.yaml", None, into)
    assert all(inside(p, data) for p in into.problems)


VARIABLES = Variables({"queue": "jobs", "project": "base", "environment": "local", "region": "us-east-1"})
USE = """\
apiVersion: sereno/v1
kind: Use
metadata: {name: dead}
spec:
  use: aws/sqs-dlq
  with: {name: dead, queue: "${queue}", service: web}
  override: {dead-not-empty: {threshold: 3, datapoints: 2 of 3}}
  drop: {dead-expiring: Nobody reads it.}
"""
OTHERS = """\
apiVersion: sereno/v1
kind: Dashboard
metadata: {name: wall}
spec:
  title: Wall
  rows:
    - - {kind: timeseries, title: A, width: 12, signals: [good, total], unit: Count}
      - {kind: number, expr: total - good, period: 1h}
    - - {kind: slo, slos: [answers]}
      - {kind: alerts, alerts: [backlog-high, answers/page]}
---
apiVersion: sereno/v1
kind: Drill
metadata: {name: stop}
spec:
  description: The store stops.
  fault: database-down
  hold: 10m
  expect: [{alert: answers/page, within: 5m, receivers: [on-call]}]
  silent: [backlog-high]
  recovered: 30m
---
apiVersion: sereno/v1
kind: BudgetPolicy
metadata: {name: release}
spec:
  description: What spent budget means.
  rules: [{budgetLeft: 0, action: freeze}, {burn: 6, over: 6h, action: warn}]
  overrides: [{slo: answers, by: Ada, reason: The fix., until: 2026-03-01}]
"""


def seeds() -> list[Any]:
    """Sound documents of every kind."""
    files = [*BASE.rglob("*.yaml"), PACKS / "burn-rates" / "google-30d.yaml"]
    texts = [p.read_text() for p in sorted(files) if p.name != "sereno.yaml"] + [USE, OTHERS]
    return [tree for t in texts for tree in yaml.load_all(t, Loader=yaml.BaseLoader)]


SEEDS = seeds()
JUNK: tuple[Any, ...] = (
    *(
        None,
        "",
        "x",
        "no",
        "08",
        "1e400",
        "-1",
        "0",
        "99.9",
        "${queue}",
        "${nope}",
        "a b",
        "é",
        "\u202e",
        "5m",
        "0m",
    ),
    *([], {}, [[]], {"a": "b"}, ["x"], [None], "answers", "on-call", "good / (", "~(", "routes", "x" * 2_000),
)


def mutated(seed: int) -> bytes:
    """A sound document with one to four things changed."""
    chance = random.Random(seed)
    tree = _copy(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 4)):
        part = tree["spec"] if isinstance(tree.get("spec"), dict) and chance.random() < 0.8 else tree
        _mutate(part, chance)
    return (
        yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)
        .replace("'", chance.choice(("'", "", "", "")))
        .encode()
    )


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _copy(v) for k, v in value.items()}
    return [_copy(v) for v in value] if isinstance(value, list) else value


def _mutate(tree: Any, chance: random.Random) -> None:
    """Goes down at random, then changes, removes, adds or renames."""
    while isinstance(tree, dict | list) and tree:
        key = chance.choice(list(tree)) if isinstance(tree, dict) else chance.randrange(len(tree))
        if isinstance(tree[key], dict | list) and chance.random() < 0.75:
            tree = tree[key]
            continue
        match chance.randrange(4):
            case 0:
                tree[key] = _copy(chance.choice(JUNK))
            case 1:
                del tree[key]
            case 2 if isinstance(tree, dict):
                tree[chance.choice(("spec", "kind", "name", "nmae", "expr", str(key) + "s"))] = tree[key]
            case _ if isinstance(tree, list):
                tree.append(_copy(tree[key]))
        return


RUNBOOKS = {
    name: Runbook(name=name, path=f"runbooks/{name}.md", title=name, text="It is late.", url="")
    for name in ("answers", "backlog-high", "dead-not-empty")
}
SOUND = load(BASE, sorted(p for p in BASE.rglob("*.yaml") if p.name != "sereno.yaml"), VARIABLES).documents


def everything_said_of(data: bytes) -> list[Problem]:
    """The document alone, then among sound ones: resolved, and checked as a whole."""
    into = Loaded()
    read_documents(data, "x.yaml", VARIABLES, into)
    environment = Environment(name="local", backend="cloudwatch", region="us-east-1", variables={})
    new = {(d.kind, d.name) for d in into.documents}
    documents = [*(d for d in SOUND if (d.kind, d.name) not in new), *into.documents]
    context = Context(project="base", environment=environment, documents=documents, runbooks=RUNBOOKS)
    system = resolve(context)
    found = [*into.problems, *context.problems]
    return found if errors(found) else [*found, *check(Whole(system=system, sources={"x.yaml": data}))]


@pytest.mark.parametrize("block", range(6))
def test_no_mutated_document_raises_and_every_problem_has_a_place_inside_the_file(block: int) -> None:
    for seed in range(block * 1_000, (block + 1) * 1_000):  # a failure names its seed
        data = mutated(seed)
        problems = everything_said_of(data)
        assert (seed, [p for p in problems if p.where.file == "x.yaml" and not inside(p, data)]) == (seed, [])
        assert (seed, [p for p in problems if not p.message or not p.code]) == (seed, [])


def test_a_project_file_of_junk_is_problems(tmp_path: Path) -> None:
    for junk in (
        b"",
        b"[]",
        b"project: [1]\nenvironments: 5\n",
        b"\xff",
        b"project: x\nenvironments: {local: {}}\n",
    ):
        (tmp_path / "sereno.yaml").write_bytes(junk)
        found = examine(tmp_path, lenient=True)
        assert (found.system, bool(errors(found.problems))) == (None, True)


def test_a_project_file_with_folders_outside_is_bounded_by_the_project(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.yaml").write_text("a: b\n")
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "sereno.yaml").write_text(
        "project: x\ndocuments: [../other, /etc]\nenvironments: {local: {backend: cloudwatch}}\n"
    )
    found = examine(tmp_path / "p", lenient=True)
    assert [p.code for p in found.problems] == ["path-outside", "path-outside"]


@given(st.one_of(st.from_regex(texts.SHAPES), st.from_regex(texts.KEYED)))
def test_no_secret_is_without_a_word_that_is_looked_for_first(line: str) -> None:
    assert any(hint in line.casefold() for hint in texts.HINTS)
