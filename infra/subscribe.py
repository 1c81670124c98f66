"""Whom each receiver's topic tells: the secret says, this makes it so.

    python infra/subscribe.py [--outputs infra/outputs.json]

The secret is JSON, receiver -> endpoints: {"on-call":
["https://events.pagerduty.com/integration/KEY/enqueue"], "team-tickets": ["mailto:..."]}. It is put there
by hand, and stands in no state, log or repository. What a topic tells and the secret does not name is
unsubscribed, Slack channels (Terraform's) aside. A mail address must confirm.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import outputs

OURS: Final = ("https", "email")
PENDING: Final = (
    "PendingConfirmation"  # in place of an ARN: it cannot be unsubscribed, and ends by itself in 3 days
)

Endpoint = tuple[str, str]  # protocol, address


def endpoint(written: str) -> Endpoint:
    """As SNS takes it. Raises ValueError, which does not repeat what was written: it may be a key."""
    if written.startswith("mailto:"):
        return "email", written.removeprefix("mailto:")
    if written.startswith("https://"):
        return "https", written
    raise ValueError("an endpoint in the secret begins with neither https:// nor mailto:")


def addresses(client: Any, secret: str) -> dict[str, list[str]]:
    """Receiver -> endpoints as written. Raises ValueError while nobody has put any there, or not so."""
    try:
        written = client.get_secret_value(SecretId=secret).get("SecretString")
    except client.exceptions.ResourceNotFoundException:  # a secret without a value
        written = None
    if not written:
        raise ValueError(
            "nobody would be told of an alert: put receivers and their endpoints into the secret"
        )
    return read(written)


def read(written: str) -> dict[str, list[str]]:
    """The secret's text. Raises ValueError, which does not repeat it."""
    try:
        named = json.loads(written)
    except ValueError:
        named = None
    if not isinstance(named, dict) or not all(_texts(endpoints) for endpoints in named.values()):
        raise ValueError('the secret is not {"RECEIVER": ["https://...", "mailto:..."], ...}')
    return named


def _texts(endpoints: Any) -> bool:
    return isinstance(endpoints, list) and all(isinstance(each, str) for each in endpoints)


def strangers(named: Iterable[str], receivers: Iterable[str]) -> None:
    """Raises ValueError for names in the secret that no topic has: whom they name would never be told."""
    unknown = sorted(set(named) - set(receivers))
    if unknown:
        raise ValueError(
            f"the secret names {', '.join(unknown)}; the receivers are {', '.join(sorted(receivers))}"
        )


def difference(wanted: Iterable[Endpoint], live: Mapping[Endpoint, str]) -> tuple[list[Endpoint], list[str]]:
    """What to subscribe, and the ARNs of what to end."""
    kept = set(wanted)
    ended = [arn for found, arn in live.items() if found not in kept and found[0] in OURS and arn != PENDING]
    return sorted(kept - live.keys()), sorted(ended)


def live(client: Any, topic: str) -> dict[Endpoint, str]:
    pages = client.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    found = (subscription for page in pages for subscription in page["Subscriptions"])
    return {(s["Protocol"], s["Endpoint"]): s["SubscriptionArn"] for s in found}


def apply(client: Any, topic: str, wanted: Iterable[Endpoint]) -> str:
    """Makes the topic tell exactly these; says how many changed, and never who."""
    added, ended = difference(wanted, live(client, topic))
    for protocol, address in added:
        client.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=address)
    for arn in ended:
        client.unsubscribe(SubscriptionArn=arn)
    return f"{len(added)} subscribed, {len(ended)} ended"


def main(arguments: Sequence[str] | None = None) -> int:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    parser = argparse.ArgumentParser(description="Subscribes whom the secret names to the alerts.")
    outputs.option(parser)
    made = parser.parse_args(arguments).outputs
    secrets, sns = (boto3.client(s, region_name=made["region"]) for s in ("secretsmanager", "sns"))
    try:
        named = addresses(secrets, made["subscriptions_secret_arn"])
        strangers(named, made["receivers"])
        for receiver, topic in made["receivers"].items():
            print(f"{receiver}: {apply(sns, topic, [endpoint(e) for e in named.get(receiver, [])])}")
    except ValueError as error:
        print(f"subscribe: {error}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"subscribe: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
