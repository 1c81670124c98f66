"""What the demo counts on a stack: an answer, metrics, rows, messages, and whether three files agree."""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sereno.local import libpq
from sereno.local.claims import Claim
from sereno.local.stack import Stack
from sereno.report import show
from sereno.report.model import Report

FIRST_GET: Final = 30.0  # seconds, as long as a gateway waits


def first_get(url: str, begun: float) -> Claim:
    """Asks once; `begun` is when the stack began to start, on the monotonic clock."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=FIRST_GET)
    connection.request("GET", "/users")
    status = connection.getresponse().status
    connection.close()
    seconds = time.monotonic() - begun
    return Claim("the first GET is answered", status == 200, f"{status} after {seconds:.1f} s")


def metric(stack: Stack, name: str, begin: int) -> int:
    """The sum of a count since a metric time, over all its dimensions."""
    keys = [key for key in stack.metrics.list() if key.metric == name]
    read = (stack.metrics.read(key, begin, stack.ticker.judged) for key in keys)
    return int(sum(slots.total[slots.count > 0].sum() for slots in read))


def rows(stack: Stack, ids: Sequence[str]) -> int:
    """How many there are of these messages."""
    dsn = stack.database.dsn(stack.pipeline.database.name)
    with libpq.connected(dsn, "the rows could not be counted") as connection:
        query = "SELECT count(*) FROM users WHERE message_id = ANY(%s)"
        row = connection.execute(query, (list(ids),)).fetchone()
    return int(row[0]) if row else 0


def depth(stack: Stack, url: str) -> int:
    """How many messages a queue holds, those in flight too."""
    wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    got = stack.emulator.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=wanted)
    return sum(int(got["Attributes"][name]) for name in wanted)


def agrees(report: Report, markdown: Path, html: Path, json_file: Path) -> bool:
    """Whether the three files tell the same SLOs, states and attainments."""
    told = {slo["name"]: slo for slo in json.loads(json_file.read_text(encoding="utf-8"))["slos"]}
    pages = [markdown.read_text(encoding="utf-8"), html.read_text(encoding="utf-8")]
    return all(
        told[slo.name]["state"] == slo.state
        and all(slo.name in page and show.attainment(slo) in page for page in pages)
        for slo in report.slos
    )
