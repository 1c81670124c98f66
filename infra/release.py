"""What callers get: moves each function's alias `live` to the newest version, and back.

    python infra/release.py forward [--outputs infra/outputs.json] [--record build/release.json]
    python infra/release.py back [--env prod] [--region us-east-1] [--of build/release.json]

`terraform apply` only publishes a version, of what changed. `forward` notes on each alias which release
moves it, from which version to which, then moves them; where no version is new it notes nothing, so that
the release before stays the one to go back from. `back` reads those notes, so it needs AWS and nothing else:
it puts every alias of the newest release where it was before. Where all are there already it says so, and
exits 1. With `--of` it goes back only if that `forward` moved something. A deployment that fails its
integration suite or burns its budget goes back in seconds, without a build.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import outputs
import yaml

HERE: Final = Path(__file__).resolve().parent
ALIAS: Final = "live"
STARTING_SECONDS, STARTING_CHECKS = 5, 60  # a SnapStart version is snapshotted before it can be called
_NOTE: Final = re.compile(r"Released (\S+), from version (\d+) to (\d+)")


class Unable(Exception):
    """Why nothing was moved, and what to do."""


class Unmoved(Exception):
    """That nothing was moved, since all is where it would be."""


@dataclass(frozen=True, slots=True)
class Alias:
    """Where a function's alias is, and what the last release noted on it."""

    function: str
    version: str
    note: str

    @property
    def released(self) -> str:
        """The moment of the release that moved it last, ISO 8601 in UTC; empty before the first."""
        found = _NOTE.match(self.note)
        return found[1] if found else ""

    @property
    def after(self) -> str:
        """The version that release moved it to."""
        found = _NOTE.match(self.note)
        return found[3] if found else self.version

    @property
    def before(self) -> str:
        """The version before that release."""
        found = _NOTE.match(self.note)
        return found[2] if found else self.version


def note(moment: str, before: str, after: str) -> str:
    """The alias's description. Terraform leaves it alone."""
    return f"Released {moment}, from version {before} to {after}; infra/release.py goes back by this"


def live(client: Any, functions: Iterable[str]) -> list[Alias]:
    found = [(name, client.get_alias(FunctionName=name, Name=ALIAS)) for name in functions]
    return [Alias(name, alias["FunctionVersion"], alias.get("Description", "")) for name, alias in found]


def wait(client: Any, versions: Mapping[str, str]) -> None:
    """Until each version can be called. Raises botocore's WaiterError."""
    waiter = client.get_waiter("published_version_active")
    pace = {"Delay": STARTING_SECONDS, "MaxAttempts": STARTING_CHECKS}
    for name, version in versions.items():
        waiter.wait(FunctionName=name, Qualifier=version, WaiterConfig=pace)


def forward(client: Any, versions: Mapping[str, str], record: Path) -> str:
    """Moves the aliases to these versions; writes the record first: what is moved, from where."""
    wait(client, versions)
    aliases = live(client, versions)
    moved = {a.function: a.version for a in aliases if a.version != versions[a.function]}
    if moved:
        describe(client, aliases, versions)
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(moved, indent=2) + "\n", encoding="utf-8")
    return move(client, aliases, versions)


def describe(client: Any, aliases: Sequence[Alias], versions: Mapping[str, str]) -> None:
    """Every note before any move: `back` is then right wherever this is interrupted."""
    before = beginning(aliases)
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    for alias in aliases:
        described = note(moment, before[alias.function], versions[alias.function])
        client.update_alias(FunctionName=alias.function, Name=ALIAS, Description=described)


def beginning(aliases: Sequence[Alias]) -> dict[str, str]:
    """Function -> the version to go back to from the release that begins.

    That is where it is; after a release that was interrupted while it moved aliases, where that one began.
    """
    newest = max(alias.released for alias in aliases)
    noted = [alias for alias in aliases if newest and alias.released == newest]
    interrupted = any(alias.version != alias.after for alias in noted)
    return {a.function: a.before if interrupted and a in noted else a.version for a in aliases}


def back(client: Any, functions: Iterable[str]) -> str:
    """Moves the aliases to before the newest release. Raises Unmoved where they are there."""
    aliases = live(client, functions)
    moment, versions = destination(aliases)
    if all(versions[alias.function] == alias.version for alias in aliases):
        at = ", ".join(f"{alias.function} at {alias.version}" for alias in aliases)
        raise Unmoved(
            f"nothing was moved: all is as before the release of {moment} ({at}); further back, {_BY_HAND}"
        )
    return f"Before the release of {moment}:\n{move(client, aliases, versions)}"


def destination(aliases: Sequence[Alias]) -> tuple[str, dict[str, str]]:
    """The newest release, and function -> its version before it. Unable if none is noted."""
    newest = max(alias.released for alias in aliases)
    if not newest:
        raise Unable(f"no release is noted on the alias `{ALIAS}` of {aliases[0].function}: {_BY_HAND}")
    return newest, {a.function: a.before if a.released == newest else a.version for a in aliases}


def moved_something(record: Path) -> bool:
    """Whether the release of a record moved an alias, or was about to. Without a record none was."""
    return record.exists() and json.loads(record.read_text(encoding="utf-8")) != {}


_BY_HAND: Final = (
    "choose a version of `aws lambda list-versions-by-function --function-name NAME`, then "
    f"`aws lambda update-alias --function-name NAME --name {ALIAS} --function-version VERSION`"
)


def move(client: Any, aliases: Iterable[Alias], versions: Mapping[str, str]) -> str:
    """Points each alias at its version; says from where to where."""
    lines = []
    for alias in aliases:
        version = versions[alias.function]
        if version != alias.version:
            client.update_alias(FunctionName=alias.function, Name=ALIAS, FunctionVersion=version)
        moved = f"{alias.version} -> {version}" if version != alias.version else f"stays at {version}"
        lines.append(f"{alias.function}: {moved}")
    return "\n".join(lines)


def names(environment: str) -> list[str]:
    """The functions as pipeline.yaml names them."""
    declared = yaml.safe_load((HERE / "pipeline.yaml").read_text(encoding="utf-8"))
    prefix = f"sereno-{environment}"
    return [function["name"].replace("${prefix}", prefix) for function in declared["functions"].values()]


def region(environment: str) -> str:
    """The region that sereno.yaml says. Unable for an environment it does not have."""
    project = yaml.safe_load((HERE.parent / "sereno.yaml").read_text(encoding="utf-8"))
    known = {name: each["region"] for name, each in project["environments"].items() if name != "local"}
    if environment not in known:
        raise Unable(f"sereno.yaml has no environment `{environment}` on AWS, only: {', '.join(known)}")
    return str(known[environment])


def asked_for(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Moves what callers get: forward, or back.")
    directions = parser.add_subparsers(dest="direction", required=True)
    onward = directions.add_parser("forward", help="to the newest versions")
    outputs.option(onward)
    onward.add_argument("--record", type=Path, default=HERE.parent / "build" / "release.json")
    homeward = directions.add_parser("back", help="to the versions before the newest release")
    homeward.add_argument("--env", default="prod", help="the environment (prod)")
    homeward.add_argument("--region", help="else the environment's in sereno.yaml")
    homeward.add_argument("--of", type=Path, metavar="RECORD", help="only if this release moved something")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    asked = asked_for(arguments)
    try:
        if asked.direction == "forward":
            client = boto3.client("lambda", region_name=asked.outputs["region"])
            print(forward(client, asked.outputs["versions"], asked.record))
        elif asked.of and not moved_something(asked.of):
            print("This release moved nothing, so nothing goes back.")
        else:
            client = boto3.client("lambda", region_name=asked.region or region(asked.env))
            print(back(client, names(asked.env)))
    except Unmoved as said:
        print(f"release: {said}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError, OSError, Unable) as error:
        print(f"release: {error} (docs/first-shift.md says what this needs)", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
