"""Whether a release pages anybody: looks at the deployed alarms for some minutes after it.

    python infra/watch.py [--minutes 10] [--receiver on-call] [--outputs FILE] [--record FILE]

Exits 1 as soon as an alarm that pages has fired since the release (the record that infra/release.py wrote),
and names it. What was burning before is not the release's fault. The burn-rate alarms of five minutes and
an hour need a few minutes of a bad version to fire; ten see them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import outputs

HERE: Final = Path(__file__).resolve().parent
PAUSE_SECONDS: Final = 15  # alarms are evaluated once a minute


def fired(alarms: Iterable[Mapping[str, Any]], topic: str, since: datetime) -> list[str]:
    """Names of the alarms that told the topic after a time, but for those of telling itself.

    `undelivered-RECEIVER` (modules/receivers) fires where notifications of another receiver fail, which no
    release makes them do.
    """
    return sorted(
        alarm["AlarmName"]
        for alarm in alarms
        if topic in alarm.get("AlarmActions", ())
        and alarm["StateUpdatedTimestamp"] > since
        and "-undelivered-" not in alarm["AlarmName"]
    )


def ringing(client: Any, prefix: str) -> list[dict[str, Any]]:
    """The alarms, of both kinds, that are in ALARM."""
    kinds = ["CompositeAlarm", "MetricAlarm"]
    pages = client.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=prefix, StateValue="ALARM", AlarmTypes=kinds
    )
    return [alarm for page in pages for kind in kinds for alarm in page[f"{kind}s"]]


def main(arguments: Sequence[str] | None = None) -> int:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    parser = argparse.ArgumentParser(description="Fails if a release pages somebody.")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--receiver", default="on-call")
    outputs.option(parser)
    parser.add_argument("--record", type=Path, default=HERE.parent / "build" / "release.json")
    asked = parser.parse_args(arguments)
    made = asked.outputs
    client = boto3.client("cloudwatch", region_name=made["region"])
    if asked.receiver not in made["receivers"]:
        parser.error(f"no receiver `{asked.receiver}`, only: {', '.join(made['receivers'])}")
    prefix, topic = f"sereno-{made['environment']}-", made["receivers"][asked.receiver]
    end = time.monotonic() + 60 * asked.minutes
    try:
        since = datetime.fromtimestamp(asked.record.stat().st_mtime, UTC)
        while not (found := fired(ringing(client, prefix), topic, since)) and time.monotonic() < end:
            time.sleep(PAUSE_SECONDS)
    except (BotoCoreError, ClientError, OSError) as error:
        print(f"watch: {error}", file=sys.stderr)
        return 2
    print("\n".join(f"fired since the release: {name}" for name in found) or "Nobody was paged.")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
