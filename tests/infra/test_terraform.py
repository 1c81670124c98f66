"""infra/ is applied, found unchanged, used, and destroyed: once with every option on, once with none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.infra.conftest import HOST_MACHINE, Make
from tests.infra.deployment import Deployment, Done

DIGEST = "000000000000.dkr.ecr.us-east-1.amazonaws.com/sereno@sha256:" + "7" * 64
PATIENCE = 20.0  # seconds from POST to row; the emulator's queue answers in one

Both = dict[str, Deployment]
Client = Callable[[str], Any]


def at_once(both: Both, do: Callable[[Deployment], Done]) -> dict[str, Done]:
    """Both at once: Terraform mostly waits."""
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(both, pool.map(do, both.values()), strict=True))


def faults(done: dict[str, Done]) -> dict[str, str]:
    """What went wrong, by deployment."""
    return {name: d.stdout[-3000:] + d.stderr[-3000:] for name, d in done.items() if d.returncode}


@pytest.fixture(scope="module")
def both(make: Make, zips: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Applied, in one AWS: `full` with every option on, from zips; `plain` with none, from images."""
    full = make(
        tmp_path_factory.mktemp("full"),
        environment="full",
        protect=False,
        package="zip",
        zips=str(zips),
        architecture=HOST_MACHINE,
        snap_start=True,
        nat=True,
        replicas=1,
        proxy=True,
        datadog_site="datadoghq.eu",
        otlp_endpoint="http://localhost:4318",
        receivers={
            "on-call": {"slack": {"workspace": "T0123ABCD", "channel": "C0123ABCD"}},
            "team-tickets": {},
        },
    )
    plain = make(
        tmp_path_factory.mktemp("plain"),
        environment="plain",
        protect=False,
        images=dict.fromkeys(("api", "subscriber", "canary"), DIGEST),
        reserve_concurrency=False,
    )
    deployments = {"full": full, "plain": plain}
    applied = at_once(deployments, Deployment.apply)
    try:
        assert faults(applied) == {}
        yield deployments
    finally:
        at_once(deployments, Deployment.destroy)


@pytest.fixture(scope="module")
def client(aws: str) -> Client:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    return lambda service: boto3.client(service, endpoint_url=aws, **keys)


def test_a_plan_after_apply_has_nothing_to_change(both: Both) -> None:
    assert faults(at_once(both, Deployment.plan)) == {}
