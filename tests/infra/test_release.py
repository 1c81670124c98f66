"""infra/release.py: back to the versions before the newest release, from AWS alone; or why not, in words."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra import release
from infra.release import Alias, note
from tests.infra.deployment import INFRA, KEYS

PROJECT = INFRA.parent
FIRST, SECOND = "2026-03-04T05:06:07+00:00", "2026-03-11T12:13:14+00:00"


@pytest.mark.parametrize(
    ("aliases", "expected"),
    [
        pytest.param(
            [Alias("api", "7", note(SECOND, "6", "7")), Alias("canary", "4", note(SECOND, "4", "4"))],
            (SECOND, {"api": "6", "canary": "4"}),
            id="a function that the release did not change stays",
        ),
        pytest.param(
            [Alias("api", "6", note(SECOND, "6", "7")), Alias("canary", "4", note(SECOND, "3", "4"))],
            (SECOND, {"api": "6", "canary": "3"}),
            id="going back that was interrupted goes on",
        ),
        pytest.param(
            [Alias("api", "6", note(SECOND, "6", "7")), Alias("canary", "4", note(FIRST, "3", "4"))],
            (SECOND, {"api": "6", "canary": "4"}),
            id="a release that was interrupted while it was noted undoes no earlier one",
        ),
        pytest.param(
            [Alias("api", "7", note(SECOND, "5", "7")), Alias("canary", "1", "made by Terraform")],
            (SECOND, {"api": "5", "canary": "1"}),
            id="a function made since then stays",
        ),
    ],
)
def test_back_is_where_the_newest_release_began(
    aliases: list[Alias], expected: tuple[str, dict[str, str]]
) -> None:
    assert release.destination(aliases) == expected


@pytest.mark.parametrize(
    ("aliases", "expected"),
    [
        pytest.param(
            [Alias("api", "7", note(SECOND, "6", "7")), Alias("canary", "4", note(FIRST, "3", "4"))],
            {"api": "7", "canary": "4"},
            id="after a release that ended, where it is",
        ),
        pytest.param(
            [Alias("api", "7", note(SECOND, "6", "7")), Alias("canary", "3", note(SECOND, "3", "4"))],
            {"api": "6", "canary": "3"},
            id="after one that was interrupted, where that began",
        ),
        pytest.param(
            [Alias("api", "6", note(SECOND, "6", "7")), Alias("canary", "4", note(FIRST, "3", "4"))],
            {"api": "6", "canary": "4"},
            id="after one that was interrupted while it was noted, where it is",
        ),
        pytest.param(
            [Alias("api", "1", "made by Terraform")], {"api": "1"}, id="at the first release, where it is"
        ),
    ],
)
def test_a_release_begins(aliases: list[Alias], expected: dict[str, str]) -> None:
    assert release.beginning(aliases) == expected


def test_without_a_release_there_is_nothing_to_go_back_to_but_by_hand() -> None:
    with pytest.raises(release.Unable, match=r"no release is noted .* list-versions-by-function"):
        release.destination([Alias("api", "1", "What callers get; moved by infra/release.py")])


def test_the_functions_are_those_of_pipeline_yaml() -> None:
    assert release.names("prod") == ["sereno-prod-api", "sereno-prod-subscriber", "sereno-prod-canary"]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What a fresh clone has of the project, no file of a deployment among it."""
    unwanted = shutil.ignore_patterns("outputs.json", "backend.tf", "*.auto.tfvars*", ".terraform")
    shutil.copytree(INFRA, tmp_path / "infra", ignore=unwanted)
    shutil.copyfile(PROJECT / "sereno.yaml", tmp_path / "sereno.yaml")
    return tmp_path


def said(clone: Path, *words: str, **env: str) -> tuple[int, str, str]:
    """Exit code, output, and errors of a script of infra/, with no credentials but those of `env`."""
    without = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    nowhere = {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(clone)}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=clone,
        env=without | nowhere | env,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "words", [("release.py", "forward"), ("migrate.py",), ("subscribe.py",), ("watch.py",)], ids=" ".join
)
def test_a_step_without_outputs_says_what_writes_them(clone: Path, words: tuple[str, ...]) -> None:
    code, _, err = said(clone, f"infra/{words[0]}", *words[1:])
    assert (code, "Traceback" in err) == (2, False)
    assert "run `terraform -chdir=infra output -json > infra/outputs.json`" in err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param([], "release: Unable to locate credentials", id="no credentials"),
        pytest.param(
            ["--env", "prd"], "no environment `prd` on AWS, only: prod", id="a slip in the environment"
        ),
        pytest.param(
            ["--env", "local"], "no environment `local` on AWS", id="the environment of one machine"
        ),
    ],
)
def test_back_says_what_it_lacks(clone: Path, words: list[str], expected: str) -> None:
    code, out, err = said(clone, "infra/release.py", "back", *words)
    assert (code, out, expected in err, "Traceback" in err) == (2, "", True, False)


@pytest.fixture
def functions(aws: str) -> Iterator[tuple[Any, str]]:
    """Three functions in the emulated AWS, version 1 live and version 2 published, and their environment."""
    client = boto3.client(
        "lambda",
        endpoint_url=aws,
        region_name="us-east-1",
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )
    env = f"e{uuid.uuid4().hex[:8]}"
    for name in release.names(env):
        client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="a.b",
            Role="arn:aws:iam::000000000000:role/any",
            Code={"ZipFile": archive("1")},
            Publish=True,
        )
        client.create_alias(FunctionName=name, Name="live", FunctionVersion="1", Description="by Terraform")
        client.update_function_code(FunctionName=name, ZipFile=archive("2"), Publish=True)
    yield client, env
    for name in release.names(env):
        client.delete_function(FunctionName=name)


def archive(word: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        made.writestr("a.py", f"b = {word}")
    return held.getvalue()


def test_from_a_fresh_clone_a_release_goes_back_and_stays_back(
    functions: tuple[Any, str], clone: Path, aws: str
) -> None:
    client, env = functions
    api, subscriber, canary = release.names(env)
    keys = KEYS | {"AWS_ENDPOINT_URL": aws}
    words = ("infra/release.py", "back", "--env", env, "--region", "us-east-1")
    assert said(clone, *words, **keys)[0] == 2  # before the first release
    forward = release.forward(client, {api: "2", subscriber: "2", canary: "1"}, clone / "release.json")
    assert forward.splitlines() == [f"{api}: 1 -> 2", f"{subscriber}: 1 -> 2", f"{canary}: stays at 1"]
    code, out, err = said(clone, *words, **keys)
    moved = [f"{api}: 2 -> 1", f"{subscriber}: 2 -> 1", f"{canary}: stays at 1"]
    assert (code, out.splitlines()[1:], err) == (0, moved, "")
    assert {alias.version for alias in release.live(client, (api, subscriber, canary))} == {"1"}
    code, out, err = said(clone, *words, **keys)
    assert (code, out, "nothing was moved: all is as before the release of" in err) == (1, "", True)


def test_a_release_of_nothing_new_leaves_the_one_before_to_be_gone_back_from(
    functions: tuple[Any, str], clone: Path, aws: str
) -> None:
    """A commit that changes no function is deployed after a bad release, and fails."""
    client, env = functions
    newest = dict.fromkeys(release.names(env), "2")
    record, keys = clone / "release.json", KEYS | {"AWS_ENDPOINT_URL": aws}
    back = ("infra/release.py", "back", "--env", env, "--region", "us-east-1")
    release.forward(client, newest, record)
    notes = [alias.note for alias in release.live(client, newest)]
    stays = [f"{name}: stays at 2" for name in newest]
    assert release.forward(client, newest, record).splitlines() == stays
    assert [alias.note for alias in release.live(client, newest)] == notes
    code, out, _ = said(clone, *back, "--of", str(record), **keys)
    assert (code, out) == (0, "This release moved nothing, so nothing goes back.\n")
    code, out, _ = said(clone, *back, **keys)
    assert (code, out.splitlines()[1:]) == (0, [f"{name}: 2 -> 1" for name in newest])
