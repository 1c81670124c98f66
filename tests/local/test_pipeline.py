"""`infra/pipeline.yaml` read for the local stack, and what is wrong with it said with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sereno.errors import Found, Unable
from sereno.language.problem import render_text
from sereno.local import deployment, pipeline
from sereno.local.pipeline import FunctionSpec

PROJECT = Path(__file__).parents[2]
OURS = (PROJECT / pipeline.FILE).read_text(encoding="utf-8")


def project(tmp_path: Path, text: str) -> Path:
    (tmp_path / "infra").mkdir()
    (tmp_path / pipeline.FILE).write_text(text, encoding="utf-8")
    return tmp_path


def test_names_bear_the_environment_and_the_local_section_is_laid_over_the_rest() -> None:
    ours = pipeline.read(PROJECT)
    assert (ours.topic.name, ours.queue.dead_letter.name) == ("sereno-local-users", "sereno-local-users-dlq")
    subscriber = ours.functions["subscriber"]
    assert subscriber.event_source is not None
    assert (subscriber.event_source.batch_size, subscriber.event_source.maximum_concurrency) == (100, 2)
    assert subscriber.environment["BACKOFF_CAP_SECONDS"] == 120
    assert subscriber.environment["DB_AUTH"] == "secret"
    assert ours.database.major >= 16


def test_a_variable_is_text_as_terraforms_tostring_makes_it() -> None:
    values: dict[str, Any] = {"A": True, "B": 5, "C": 0.5, "D": 5.0, "E": "x", "F": 10_000_000.0}
    spec = FunctionSpec(
        name="f",
        handler="h",
        service="s",
        timeout_seconds=3,
        memory_mb=128,
        environment=values,
        environment_from={"URL": "queue.url"},
    )
    made = deployment.config(spec, PROJECT, "us-east-1", {"queue.url": "http://q"}, {"GIVEN": "y"})
    expected = {"A": "true", "B": "5", "C": "0.5", "D": "5", "E": "x", "F": "10000000"}
    assert made.variables == expected | {"URL": "http://q", "GIVEN": "y"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "batch_size: 100",
            "batch_size: many",
            "`functions.subscriber.event_source.batch_size` is a number",
        ),
        (
            "max_receive_count: &receives 20",
            "max_receive_count: &receives 0",
            "should be greater than or equal to 1",
        ),
        ("  handler: api.handler.handler", "", "`functions.api.handler` is missing"),
        ("routes:\n", "routes: [\n", "yaml-syntax"),
        ("topic:\n  name: ${prefix}-users", "topic: []", "`topic` must be a mapping"),
    ],
    ids=[
        "a word for a number",
        "a number out of range",
        "a missing member",
        "no YAML",
        "a list for a mapping",
    ],
)
def test_a_problem_names_its_place_and_what_is_wrong(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in OURS
    with pytest.raises(Found) as raised:
        pipeline.read(project(tmp_path, OURS.replace(old, new, 1)))
    text = render_text(raised.value.problems)
    assert said in text
    assert text.startswith("infra/pipeline.yaml:")
    line = int(text.split(":")[1])
    assert 1 < line <= len(OURS.splitlines()) + 1


@pytest.mark.parametrize(
    "text", ["", "- a\n- b\n", "a: 1\n---\nb: 2\n"], ids=["empty", "a list", "two documents"]
)
def test_what_is_no_pipeline_at_all_is_problems_too(tmp_path: Path, text: str) -> None:
    with pytest.raises(Found) as raised:
        pipeline.read(project(tmp_path, text))
    assert raised.value.problems


def test_a_project_without_the_file_is_told_what_it_is_for(tmp_path: Path) -> None:
    with pytest.raises(Unable, match=r"^this project has no infra/pipeline\.yaml, whose pipeline"):
        pipeline.read(tmp_path)


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / pipeline.FILE).mkdir(parents=True)
    with pytest.raises(Found, match=r"pipeline\.yaml: Is a directory; the local stack takes every name"):
        pipeline.read(tmp_path)
