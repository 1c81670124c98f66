"""infra/ applied for real: Terraform, the aws provider, and emulators in place of AWS."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sereno.local import pipeline, ports
from sereno.local.children import Children
from sereno.local.postgres import Postgres
from sereno.local.valkey import Valkey
from tests.infra.deployment import HOST_MACHINE, INFRA, Deployment, run
from tests.infra.emulated_aws import front
from tests.infra.kept import ACCOUNT

sys.path.insert(0, str(INFRA))  # a script of infra/ finds its neighbours there
PATIENCE = 30.0  # seconds an emulator has to answer
HOST_RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="session")
def children() -> Iterator[Children]:
    made = Children()
    yield made
    made.close()


@pytest.fixture(scope="session")
def postgres(children: Children) -> Iterator[Postgres]:
    """A server that takes any sign-in from this machine, as RDS takes tokens; `users` is the deployment's."""
    made = Postgres(children)
    made.start()
    with psycopg.connect(made.dsn(), autocommit=True) as connection:
        (hba,) = connection.execute("SHOW hba_file").fetchone() or ("",)
        connection.execute(f"COPY (SELECT 'host all all 127.0.0.1/32 trust') TO '{hba}'")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE ROLE rds_iam")
        connection.execute("CREATE DATABASE users")
    yield made
    made.stop()


@pytest.fixture(scope="session")
def cached(children: Children) -> Iterator[Valkey]:
    """The server behind the emulated cache, with the users that pipeline.yaml declares for `full`."""
    made = Valkey(children, [(user.name, user.access) for user in declared("full").users.values()])
    made.start()
    yield made
    made.stop()


def declared(environment: str) -> pipeline.Cache:
    found = pipeline.read(INFRA.parent, environment).cache
    assert found is not None
    return found


@pytest.fixture(scope="session")
def aws(children: Children, postgres: Postgres, cached: Valkey) -> Iterator[str]:
    """The URL that answers as AWS."""
    ministack, moto = ports.free(), ports.free()
    keys = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "PATH": os.environ["PATH"],
        "MOTO_ACCOUNT_ID": ACCOUNT,
    }
    bound = {"BIND_HOST": ports.HOST, "MINISTACK_HOST": ports.HOST, "GATEWAY_PORT": str(ministack)}
    bound |= {"IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0"}  # these two would listen on every interface
    bound |= {"REDIS_HOST": ports.HOST, "REDIS_PORT": str(cached.port)}
    bound["DOCKER_HOST"] = f"tcp://{ports.HOST}:1"  # the same servers, whether there is a docker or none
    with (children.folder / "emulators.log").open("wb") as log:
        children.start([sys.executable, "-m", "ministack"], env=keys | bound, stdout=log)
        moto_server = "from moto.server import main; main()"
        command = [sys.executable, "-c", moto_server, "-H", ports.HOST, "-p", str(moto)]
        children.start(command, env=keys, stdout=log)
    for port in (ministack, moto):
        _wait(f"http://{ports.HOST}:{port}/")
    with front(ministack, moto, postgres.dsn("users")) as url:
        yield url


def _wait(url: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=1)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"nothing answered at {url} within {PATIENCE:.0f} s")


@pytest.fixture(scope="session")
def terraform() -> str:
    """The terraform that can be used here, provider and all."""
    found = shutil.which("terraform")
    if not found:
        pytest.skip("terraform is not on PATH")
    return found


@pytest.fixture(scope="session")
def initialised(terraform: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of infra/ whose provider is at hand."""
    folder = tmp_path_factory.mktemp("infra")
    unwanted = shutil.ignore_patterns(".terraform", "*.tfstate*", "outputs.json", "__pycache__")
    shutil.copytree(INFRA, folder, ignore=unwanted, dirs_exist_ok=True)
    words = ["init", "-backend=false", "-input=false", "-no-color", "-lockfile=readonly"]
    for root in (folder, folder / "bootstrap"):
        said = run([terraform, *words], root)
        if said.returncode:
            pytest.skip(f"the aws provider cannot be had here: {said.stdout[-300:]}{said.stderr[-300:]}")
    return folder


@pytest.fixture(scope="session")
def zips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three zips, for the Python and the machine of this test."""
    out = tmp_path_factory.mktemp("zips")
    command = [sys.executable, INFRA / "package.py", "--out", out]
    command += ["--runtime", HOST_RUNTIME, "--architecture", HOST_MACHINE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


@dataclass(frozen=True)
class Make:
    """Makes deployments in the emulated AWS, each with names of its own."""

    source: Path
    program: str
    aws: str
    database_port: int

    def __call__(self, folder: Path, root: str = ".", **variables: Any) -> Deployment:
        source = self.source / root
        made = Deployment(folder, variables, source, self.program, self.aws, self.database_port)
        made.prepare()
        return made


@pytest.fixture(scope="session")
def make(initialised: Path, terraform: str, aws: str, postgres: Postgres) -> Make:
    return Make(initialised, terraform, aws, postgres.port)
