"""What callers get: moves each function's alias `live` to the newest version, and back.

    python infra/release.py forward [--outputs infra/outputs.json] [--record build/release.json]
    python infra/release.py back    [--outputs infra/outputs.json] [--record build/release.json]

`terraform apply` only publishes a version. `forward` writes down where the aliases were, then moves them;
`back` moves them to where the record says. A deployment that fails its integration suite or burns its
budget goes back in seconds, without a build.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
ALIAS: Final = "live"
STARTING_SECONDS, STARTING_CHECKS = 5, 60  # a SnapStart version is snapshotted before it can be called


def current(client: Any, functions: Sequence[str]) -> dict[str, str]:
    """Function -> the version its alias is at."""
    return {name: client.get_alias(FunctionName=name, Name=ALIAS)["FunctionVersion"] for name in functions}


def wait(client: Any, versions: Mapping[str, str]) -> None:
    """Until each version can be called. Raises botocore's WaiterError."""
    waiter = client.get_waiter("published_version_active")
    pace = {"Delay": STARTING_SECONDS, "MaxAttempts": STARTING_CHECKS}
    for name, version in versions.items():
        waiter.wait(FunctionName=name, Qualifier=version, WaiterConfig=pace)


def move(client: Any, versions: Mapping[str, str]) -> None:
    """Points each alias at its version."""
    for name, version in versions.items():
        client.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)


def forward(client: Any, versions: Mapping[str, str], record: Path) -> str:
    wait(client, versions)
    before = current(client, list(versions))
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(before, indent=2) + "\n", encoding="utf-8")
    move(client, versions)
    return said(before, versions)


def back(client: Any, record: Path) -> str:
    before: dict[str, str] = json.loads(record.read_text(encoding="utf-8"))
    now = current(client, list(before))
    move(client, before)
    return said(now, before)


def said(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {before[name]} -> {after[name]}" for name in after)


def main(arguments: Sequence[str] | None = None) -> int:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    parser = argparse.ArgumentParser(description="Moves what callers get: forward, or back.")
    parser.add_argument("direction", choices=("forward", "back"))
    parser.add_argument(
        "--outputs", type=Path, default=HERE / "outputs.json", help="of terraform output -json"
    )
    parser.add_argument("--record", type=Path, default=HERE.parent / "build" / "release.json")
    asked = parser.parse_args(arguments)
    outputs = json.loads(asked.outputs.read_text(encoding="utf-8"))
    client = boto3.client("lambda", region_name=outputs["region"]["value"])
    try:
        if asked.direction == "forward":
            print(forward(client, outputs["versions"]["value"], asked.record))
        else:
            print(back(client, asked.record))
    except (BotoCoreError, ClientError, OSError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
