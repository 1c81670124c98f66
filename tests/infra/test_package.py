"""The zips: the same bytes from any folder, nothing compiled at a start, a handler that answers on Lambda."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from infra import package
from sereno.local.children import Children
from sereno.local.environment import Config
from sereno.local.postgres import Postgres
from sereno.local.runtime import Runtime
from tests.infra.conftest import HOST_RUNTIME
from tests.infra.deployment import HOST_MACHINE, INFRA

FUNCTIONS = ("api", "subscriber", "canary")
GET_USERS = {
    "version": "2.0",
    "routeKey": "GET /users",
    "rawPath": "/users",
    "rawQueryString": "",
    "headers": {},
    "requestContext": {"http": {"method": "GET", "path": "/users"}, "requestId": "r-1"},
    "isBase64Encoded": False,
}


@pytest.fixture(scope="module")
def unzipped(zips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each function's /var/task, unpacked with the dates the zip says."""
    folder = tmp_path_factory.mktemp("task")
    for function in FUNCTIONS:
        with zipfile.ZipFile(zips / f"{function}.zip") as archive:
            archive.extractall(folder / function)
    return folder


# What another machine, or another shell, may have set.
ELSEWHERE = {
    "TZ": "Pacific/Kiritimati",
    "LC_ALL": "C",
    "PIP_USER": "1",
    "PYTHONHASHSEED": "7",
    "PYTHONOPTIMIZE": "1",
    "PYTHONPYCACHEPREFIX": "cached",
    "SOURCE_DATE_EPOCH": "1",
}


def test_a_zip_built_elsewhere_by_the_same_python_has_the_same_bytes(zips: Path, tmp_path: Path) -> None:
    unwanted = shutil.ignore_patterns(".terraform", "__pycache__", "*.tfstate*")
    for name in ("infra", "functions"):
        shutil.copytree(INFRA.parent / name, tmp_path / "elsewhere" / name, ignore=unwanted)
    for folder in (tmp_path / "elsewhere").rglob("*/"):
        folder.chmod(0o555)
    out = tmp_path / "out"
    words = ["--out", out, "--runtime", HOST_RUNTIME, "--architecture", HOST_MACHINE, "api"]
    done = subprocess.run(
        [sys.executable, tmp_path / "elsewhere" / "infra" / "package.py", *words],
        check=False,
        capture_output=True,
        text=True,
        umask=0o077,
        env=os.environ | ELSEWHERE,
    )
    assert done.returncode == 0, done.stderr
    digests = {sha256((folder / "api.zip").read_bytes()).hexdigest() for folder in (zips, out)}
    assert len(digests) == 1
    assert f"sha256:{digests.pop()}" in done.stdout


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_cold_import_from_the_zip_compiles_nothing_and_needs_nothing_else(
    unzipped: Path, function: str
) -> None:
    task = unzipped / function
    program = f"import sys; sys.path.insert(0, {str(task)!r}); import {function}.handler"
    isolated = [sys.executable, "-I", "-S", "-v", "-c", program]
    done = subprocess.run(isolated, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    ours = [line for line in done.stderr.splitlines() if str(task) in line and "code object from" in line]
    assert len(ours) > 5
    assert [line for line in ours if line.rstrip("'\"").endswith(".py")] == []
    assert re.findall(r"(?:wrote|could not write) '[^']*", done.stderr) == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_bytecode_is_believed_unchecked(unzipped: Path, function: str) -> None:
    compiled = list((unzipped / function).rglob("*.pyc"))
    flags = {int.from_bytes(path.read_bytes()[4:8], "little") for path in compiled}
    assert flags == {1}  # PEP 552: hash-based, not checked
    assert len(compiled) > 20


@pytest.mark.parametrize(
    ("function", "absent"),
    [
        pytest.param(
            "canary", ("boto3", "psycopg"), id="the canary carries no AWS SDK and no database driver"
        ),
        pytest.param(
            "api", ("pydantic", "numpy", "datadog_api_client"), id="the API carries nothing of sereno's"
        ),
    ],
)
def test_a_zip_carries_only_what_it_runs(unzipped: Path, function: str, absent: tuple[str, ...]) -> None:
    assert [name for name in absent if (unzipped / function / name).exists()] == []


def test_every_zip_has_the_databases_roots_and_no_dates_or_modes_of_its_own(zips: Path) -> None:
    for function in FUNCTIONS:
        with zipfile.ZipFile(zips / f"{function}.zip") as archive:
            entries = archive.infolist()
        assert "rds-global-bundle.pem" in {entry.filename for entry in entries}
        assert {(entry.date_time, entry.external_attr >> 16) for entry in entries} == {
            (package.DATE, 0o100644)
        }
        assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)


def test_the_api_from_the_zip_answers_on_lambdas_runtime_client(unzipped: Path, postgres: Postgres) -> None:
    with psycopg.connect(postgres.dsn("users")) as connection:
        for file in sorted((INFRA / "migrations").glob("*.sql")):
            connection.execute(file.read_text())
    task, children, lines = unzipped / "api", Children(), []
    variables = _declared("api") | {
        "PYTHONPATH": str(task),  # the zip's libraries before this environment's
        "DB_HOST": "127.0.0.1",
        "DB_PORT": str(postgres.port),
        "DB_NAME": "users",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "USERS_TOPIC_ARN": "arn:aws:sns:us-east-1:000000000000:none",
    }
    runtime = Runtime(children, log=lambda _function, line, _wall: lines.append(line))
    config = Config(name="api", handler="api.handler.handler", root=task, timeout=10, variables=variables)
    try:
        result = runtime.add(config).invoke(json.dumps(GET_USERS).encode())
    finally:
        runtime.close()
        children.close()
    answer = json.loads(result.payload)
    assert answer["statusCode"] == 200, (answer, lines)
    assert json.loads(answer["body"])["next"] is None


def _declared(function: str) -> dict[str, str]:
    """The environment that pipeline.yaml declares."""
    import yaml

    text = (
        (INFRA / "pipeline.yaml")
        .read_text()
        .replace("${prefix}", "sereno-zip")
        .replace("${environment}", "zip")
    )
    declared = yaml.safe_load(text)["functions"][function]["environment"]
    return {name: str(value) for name, value in declared.items()}


def test_each_functions_requirements_are_among_those_that_are_locked() -> None:
    locked = _names(INFRA.parent / "functions" / "requirements.in")
    wanted = {name for f in FUNCTIONS for name in _names(INFRA.parent / "functions" / f / "requirements.txt")}
    assert wanted == locked


def _names(file: Path) -> set[str]:
    lines = (line for line in file.read_text().splitlines() if line and not line.startswith("#"))
    return {re.split(r"[\[<>=]", line)[0] for line in lines}


def test_the_image_is_made_by_the_same_steps() -> None:
    dockerfile = (INFRA.parent / "functions" / "Dockerfile").read_text()
    assert set(re.findall(r"! -name (\w+)", dockerfile)) == package.SERVICES
    assert set(re.findall(r"COPY functions/(\w+) \./\1\n", dockerfile)) == set(package.SHARED)
    flags = "compileall -q --invalidation-mode unchecked-hash -s /task -p /var/task /task"
    assert [
        words in dockerfile for words in (flags, "--only-binary :all:", "--no-compile", package.ROOTS.name)
    ] == [True] * 4
    assert re.search(
        r"^ARG BASE=public\.ecr\.aws/lambda/python:3\.13-arm64@sha256:[0-9a-f]{64}$", dockerfile, re.MULTILINE
    )


def test_the_image_is_sent_what_it_copies_and_nothing_else() -> None:
    functions = INFRA.parent / "functions"
    copied = re.findall(
        r"^COPY ((?:functions|infra)/\S+)", (functions / "Dockerfile").read_text(), re.MULTILINE
    )
    rules = (functions / "Dockerfile.dockerignore").read_text().splitlines()
    sent = [rule[1:] for rule in rules if rule.startswith("!")]
    assert [path for path in copied if not path.startswith(tuple(sent))] == []
    assert [rule for rule in rules if rule[0] not in "#!"] == ["*", "**/__pycache__", "**/*.pyc"]


def test_a_python_that_is_not_here_is_asked_for_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert package.main(["--runtime", "python3.99", "api"]) == 2
    assert "needs python3.99 to compile for it" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").write_text("a file")
    assert package.main(["--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.startswith("package: [Errno ")


def test_a_build_that_fails_leaves_the_zip_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task, zip_file = tmp_path / "task", tmp_path / "api.zip"
    task.mkdir()
    (task / "handler.py").write_text("")
    zip_file.write_bytes(b"of before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(OSError, match="No space left"):
        package.write(task, zip_file)
    assert {each.name for each in tmp_path.iterdir()} == {"api.zip", "task"}
    assert zip_file.read_bytes() == b"of before"
