"""`sereno report` against an emulator: what is asked for once, and a target that changed meanwhile."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import boto3
import pytest

from sereno.cli import main
from sereno.language.model import DAY, HOUR

PROJECT = "project: shop\nenvironments: {prod: {backend: cloudwatch, region: eu-west-1, variables: {}}}\n"
SLO = """\
apiVersion: openslo/v1
kind: Service
metadata: {name: shop}
spec: {}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: orders}
spec:
  service: shop
  indicator:
    metadata: {name: orders}
    spec:
      ratioMetric:
        counter: false
        good: {metricSource: {type: CloudWatch, spec: {namespace: Shop, metric: Good, stat: Sum}}}
        total: {metricSource: {type: CloudWatch, spec: {namespace: Shop, metric: Total, stat: Sum}}}
  timeWindow: [{duration: 7d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: TARGET}]
"""
MIDNIGHT = int(time.time()) // DAY * DAY


@pytest.fixture
def shop(moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project, and four days of 100 orders an hour of which 99 were good, up to the last midnight."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    (tmp_path / "slo").mkdir()
    (tmp_path / "sereno.yaml").write_text(PROJECT)
    (tmp_path / "slo/orders.yaml").write_text(SLO.replace("TARGET", "0.98"))
    hours = range(MIDNIGHT - 4 * DAY, MIDNIGHT, HOUR)
    client = boto3.client("cloudwatch", region_name="eu-west-1", endpoint_url=moto)
    for name, count in (("Good", 99), ("Total", 100)):
        data = [{"MetricName": name, "Timestamp": t, "Value": count} for t in hours]
        client.put_metric_data(Namespace="Shop", MetricData=data)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    urlopen(Request(f"{moto}/moto-api/reset", method="POST")).close()


def run(
    endpoint: str, at: int, capture: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
) -> tuple[str, list[str]]:
    """The total that was counted, and what is warned of."""
    words = ["report", "--env", "prod", "--endpoint-url", endpoint, "--cache", "kept", "--format", "json"]
    patch.setattr(sys, "argv", ["sereno", *words, "--at", str(at)])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code in (0, None), capture.readouterr().err
    found = json.loads(capture.readouterr().out)["slos"][0]
    return found["total"], found["warnings"]


def test_days_that_are_over_are_asked_for_once_and_a_changed_target_is_said(
    shop: Path, moto: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: float(MIDNIGHT + 7 * HOUR))
    first, _ = run(moto, MIDNIGHT, capsys, monkeypatch)
    urlopen(Request(f"{moto}/moto-api/reset", method="POST")).close()
    (shop / "slo/orders.yaml").write_text(SLO.replace("TARGET", "0.985"))
    second, warnings = run(moto, MIDNIGHT + 7 * HOUR, capsys, monkeypatch)
    assert (first, second) == ("9600", "9600")
    assert [w for w in warnings if "the target was 98 % until" in w] != []
    assert sorted(p.suffix for p in (shop / "kept").iterdir()) == [".json", ".npz", ".npz"]
