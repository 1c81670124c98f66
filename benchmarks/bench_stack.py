"""The local stack in figures: time to the first GET, and 10,000 messages with the database stopped twice.

python benchmarks/bench_stack.py [MESSAGES]
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

from sereno.local.stack import Options, Stack

PROJECT = Path(__file__).parents[1]
OUTAGE = 4.0  # seconds the database is away, each time
CALLERS = 8
PATIENCE = 300.0


class Callers(threading.local):
    """A kept connection for each thread."""

    connection: http.client.HTTPConnection | None = None


CALLER = Callers()


def post(address: str, number: int) -> str:
    """The message_id of one accepted POST."""
    connection = CALLER.connection = CALLER.connection or http.client.HTTPConnection(address, timeout=30)
    body = json.dumps({"name": f"Bench {number}", "email": f"b{number}@example.com"})
    connection.request("POST", "/users", body, {"content-type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == 202, (answer.status, text)
    return str(json.loads(text)["message_id"])


def outages(stack: Stack, accepted: list[str], messages: int) -> None:
    """Stops the database at a third and at two thirds of the messages."""
    for share in (1, 2):
        while len(accepted) < messages * share // 3:
            time.sleep(0.05)
        stack.database.stop(immediate=True)
        time.sleep(OUTAGE)
        stack.database.start()


def rows(stack: Stack, ids: list[str]) -> int:
    with psycopg.connect(stack.database.dsn(stack.pipeline.database.name)) as database:
        found = database.execute("SELECT count(*) FROM users WHERE message_id = ANY(%s)", (ids,)).fetchone()
    return int(found[0]) if found else 0


def main(messages: int) -> None:
    begun = time.monotonic()
    with Stack(Options(project=PROJECT, canary=False)) as stack:
        address = urllib.parse.urlsplit(stack.url).netloc
        first = http.client.HTTPConnection(address, timeout=30)
        first.request("GET", "/users")
        assert first.getresponse().status == 200
        print(f"first GET answered after {time.monotonic() - begun:.1f} s")

        accepted: list[str] = []
        began = time.monotonic()
        with ThreadPoolExecutor(CALLERS) as callers:
            sent = callers.submit(
                lambda: [accepted.append(i) for i in callers.map(lambda n: post(address, n), range(messages))]
            )
            outages(stack, accepted, messages)
            sent.result()
        posted = time.monotonic() - began
        while (stored := rows(stack, accepted)) < len(accepted) and time.monotonic() - began < PATIENCE:
            time.sleep(0.2)
        total = time.monotonic() - began
    print(f"{len(accepted):,} accepted in {posted:.1f} s ({len(accepted) / posted:.0f} a second)")
    print(f"{stored:,} rows after {total:.1f} s, with the database away twice for {OUTAGE:.0f} s")
    print(f"lost {len(accepted) - stored}, duplicated {len(accepted) - len(set(accepted))}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
