"""The whole pipeline on this machine: what it keeps in faults, and that it goes when it is told to."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sereno.errors import Unable
from sereno.local import faults
from sereno.local.stack import Options, Stack
from tests.local.listeners import listening

pytestmark = pytest.mark.e2e

PROJECT = Path(__file__).parents[2]
SERENO = [sys.executable, "-c", "from sereno.cli import main; main()"]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(Options(project=PROJECT, canary=False)) as running:
        yield running


def until(seconds: float, true: Callable[[], Any]) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def ask(stack: Stack, method: str, path: str, body: object = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(stack.gateway.address, timeout=20)
    connection.request(method, path, json.dumps(body), {"content-type": "application/json"})
    answer = connection.getresponse()
    said = answer.status, json.loads(answer.read())
    connection.close()
    return said


def post(stack: Stack, number: int) -> tuple[int, Any]:
    return ask(stack, "POST", "/users", {"name": f"User {number}", "email": f"u{number}@example.com"})


def rows(stack: Stack, ids: list[str]) -> Counter[str]:
    """How often each message's row is there."""
    with psycopg.connect(stack.database.dsn(stack.pipeline.database.name)) as connection:
        found = connection.execute("SELECT message_id FROM users WHERE message_id = ANY(%s)", (ids,))
        return Counter(row[0] for row in found.fetchall())


def depth(stack: Stack, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    said = stack.emulator.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(int(said["Attributes"][name]) for name in names)


def test_a_post_is_accepted_and_its_row_is_read(stack: Stack) -> None:
    status, said = post(stack, 1)
    assert status == 202
    assert until(10, lambda: ask(stack, "GET", f"/users/{said['message_id']}")[0] == 200)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells in /proc who listens where")
def test_nothing_listens_off_this_machine(stack: Stack) -> None:
    heard = listening({os.getpid(), *descendants(os.getpid())})
    assert ("127.0.0.1", stack.emulator.port) in heard
    assert {address for address, _ in heard} <= {"127.0.0.1", "::1"}


def test_with_the_database_stopped_twice_nothing_is_lost_and_nothing_is_stored_twice(stack: Stack) -> None:
    accepted: list[str] = []

    def send(number: int) -> int:
        status, said = post(stack, number)
        accepted.extend([said["message_id"]] if status == 202 else [])
        return status

    with ThreadPoolExecutor(4) as pool:
        statuses = [pool.submit(send, number) for number in range(120)]
        for how in ("order", "crash"):
            with faults.fault("database-stopped")(stack, {"how": how}):
                statuses += [pool.submit(send, number) for number in range(40)]
                assert ask(stack, "GET", "/users")[0] == 503
    assert {status.result() for status in statuses} == {202}
    assert until(60, lambda: len(rows(stack, accepted)) == 200)
    assert set(rows(stack, accepted).values()) == {1}
    assert until(10, lambda: depth(stack, stack.messaging.queue.url) == 0)
    assert depth(stack, stack.messaging.queue.dead_letter_url) == 0


def test_poison_in_a_batch_of_100_goes_alone_to_the_dead_letter_queue(stack: Stack) -> None:
    with faults.fault("consumer-stopped")(stack, {}):
        accepted = [post(stack, number)[1]["message_id"] for number in range(57)]
        with faults.fault("poison-sent")(stack, {}):
            accepted += [post(stack, number)[1]["message_id"] for number in range(57, 99)]
        assert depth(stack, stack.messaging.queue.url) == 100
    dead = stack.messaging.queue.dead_letter_url
    assert until(30, lambda: depth(stack, dead) == 1)
    assert until(10, lambda: len(rows(stack, accepted)) == 99)
    sqs = stack.emulator.client("sqs")
    assert [m["Body"] for m in sqs.receive_message(QueueUrl=dead)["Messages"]] == ['{"poison": 0}']
    assert depth(stack, stack.messaging.queue.url) == 0


@pytest.mark.parametrize(
    ("name", "method", "status"),
    [
        ("topic-refused", "POST", 503),
        ("function-broken", "GET", 500),
        ("function-throttled", "GET", 503),
        ("database-stopped", "GET", 503),
    ],
    ids=["nobody takes what is published", "a broken deployment", "no concurrency", "no database"],
)
def test_a_fault_is_seen_by_the_caller_and_gone_when_it_ends(
    stack: Stack, name: str, method: str, status: int
) -> None:
    def call() -> int:
        return post(stack, 7)[0] if method == "POST" else ask(stack, "GET", "/users")[0]

    assert call() in (200, 202)
    with faults.fault(name)(stack, {}):
        assert call() == status
    assert until(10, lambda: call() in (200, 202))


def test_an_unknown_fault_or_word_is_one_sentence(stack: Stack) -> None:
    with pytest.raises(Unable, match=r"no fault `database-stoped` here; did you mean `database-stopped`\?"):
        faults.fault("database-stoped")
    with (
        pytest.raises(Unable, match="how: `hard` is not known; known: `crash`, `order`"),
        faults.fault("database-stopped")(stack, {"how": "hard"}),
    ):
        pass


def test_a_second_stack_runs_beside_the_first(stack: Stack) -> None:
    with Stack(Options(project=PROJECT, canary=False)) as second:
        accepted = [post(stack, 1)[1]["message_id"], post(second, 2)[1]["message_id"]]
        assert until(10, lambda: rows(stack, accepted) == {accepted[0]: 1})
        assert until(10, lambda: rows(second, accepted) == {accepted[1]: 1})
        folder = second.children.folder
    assert not folder.exists()
    assert ask(stack, "GET", "/users")[0] == 200


def up(*arguments: str | Path, project: Path = PROJECT) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*SERENO, "up", "--project", project, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def processes() -> dict[int, int]:
    """Every running process and its parent."""
    said = subprocess.run(["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True)
    rows = map(str.split, said.stdout.splitlines())
    return {int(pid): int(parent) for pid, parent, stat in rows if stat[0] != "Z"}


def descendants(pid: int) -> set[int]:
    """The processes below a process."""
    parents, found = processes(), {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


@pytest.mark.parametrize(
    ("by", "code"),
    [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGKILL, -9)],
    ids=["Ctrl-C", "kill", "kill -9"],
)
def test_nothing_is_left_when_sereno_up_is_ended_by(by: signal.Signals, code: int) -> None:
    with up("--warp", "60") as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(7)]
        assert lines[0].startswith("API      http://127.0.0.1:"), lines
        children = descendants(process.pid)
        state = PROJECT / "build" / "local" / f"{process.pid}.json"
        assert len(children) >= 3
        assert state.exists()
        process.send_signal(by)
        rest = process.stdout.read() if by != signal.SIGKILL else ""
    assert (process.returncode, rest.strip()) == (code, "ended; nothing is left" if not code else "")
    assert until(10, lambda: not children & set(processes()))
    assert until(2, lambda: not state.exists())


@pytest.mark.parametrize(
    ("command", "name"),
    [("bin/postgres -D", "PostgreSQL"), ("sereno.local.emulated", "the AWS emulator")],
    ids=["the database", "the emulator"],
)
def test_when_a_part_is_killed_by_someone_else_the_stack_ends_with_a_sentence(
    command: str, name: str
) -> None:
    with up("--warp", "60") as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(6)]  # and one more when all is watched
        children = descendants(process.pid)
        os.kill(running(command, children), signal.SIGKILL)
        rest = process.stdout.read()
    last = f"sereno: {name} ended by itself, and the stack with it; `sereno drill` breaks parts on purpose"
    assert (process.returncode, rest.splitlines()[-1:]) == (2, [last]), (lines, rest)
    assert "Traceback" not in rest
    assert until(10, lambda: not children & set(processes()))


def running(command: str, among: set[int]) -> int:
    """The process, of these, that runs a command; of PostgreSQL's the first."""
    said = subprocess.run(["ps", "-wweo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    found = {int(line.split()[0]) for line in said.splitlines() if command in line}
    return min(found & among)


def test_a_migration_that_fails_is_one_sentence_and_exit_2(tmp_path: Path) -> None:
    project = copied(tmp_path)
    (project / "infra" / "migrations" / "0001_users.sql").write_text("SELECT 1/0")
    with up(project=project) as process:
        said = process.communicate(timeout=60)[0]
    assert (process.returncode, said.splitlines()[-1].rpartition("/")[2]) == (
        2,
        "0001_users.sql: division by zero",
    )
    assert "Traceback" not in said


def test_a_taken_port_is_one_sentence_and_exit_2(stack: Stack) -> None:
    with up("--port", str(stack.gateway.server_port)) as process:
        said = process.communicate(timeout=30)[0]
    assert process.returncode == 2
    assert said.splitlines()[-1] == (
        f"sereno: port {stack.gateway.server_port} on 127.0.0.1 is taken or not allowed; "
        "give another, or none for a free one"
    )


def test_a_folder_that_cannot_be_written_is_one_sentence_and_exit_2(tmp_path: Path) -> None:
    (tmp_path / "build").write_text("in the way")
    with up(project=copied(tmp_path)) as process:
        said = process.communicate(timeout=30)[0]
    assert (process.returncode, len(said.splitlines())) == (2, 1), said
    assert "build/local cannot be written" in said


def copied(tmp_path: Path) -> Path:
    """This project in a folder of its own: `check` follows no link out of it."""
    for part in ("slo", "alerts", "dashboards", "runbooks", "functions"):
        shutil.copytree(PROJECT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "sereno.yaml", tmp_path)
    (tmp_path / "infra").mkdir()
    shutil.copy(PROJECT / "infra" / "pipeline.yaml", tmp_path / "infra")
    shutil.copytree(PROJECT / "infra" / "migrations", tmp_path / "infra" / "migrations")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("slo/slos.yaml", "a: [", "slo/slos.yaml:1:"),
        ("infra/pipeline.yaml", "a: [", "infra/pipeline.yaml:1:"),
        ("sereno.yaml", "project: 7", "sereno.yaml:1:"),
    ],
    ids=["an SLO", "the pipeline", "the project"],
)
def test_broken_yaml_is_its_problems_and_exit_1(tmp_path: Path, file: str, text: str, said: str) -> None:
    project = copied(tmp_path)
    (project / file).write_text(text)
    with up(project=project) as process:
        told = process.communicate(timeout=30)[0]
    assert process.returncode == 1, told
    assert said in told
    assert "Traceback" not in told
