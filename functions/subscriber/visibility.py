"""Telling the queue when to deliver a message again. boto3 is imported when one has failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from common import credentials, settings

Hide = Callable[[Mapping[str, int]], int]  # receipts and seconds; gives how many kept the queue's own timeout

_CALL = 10  # entries in one request, the most SQS takes


def hider(environ: Mapping[str, str]) -> Hide:
    """Sets visibility timeouts on USERS_QUEUE_URL.

    A failure is not retried and harms nothing: the message stays hidden for as long as the
    queue says, which is longer than most of these delays. Raises `Unavailable` without credentials.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    queue = settings.text(environ, "USERS_QUEUE_URL")
    client = credentials.client("sqs", connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})

    def hide(delays: Mapping[str, int]) -> int:
        left = len(delays)
        for chunk in _chunks(list(delays.items())):
            entries = [
                {"Id": str(place), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
                for place, (receipt, seconds) in enumerate(chunk)
            ]
            try:
                answer = client.change_message_visibility_batch(QueueUrl=queue, Entries=entries)
            except (BotoCoreError, ClientError):
                return left  # the next ten would wait for the same
            left -= len(answer.get("Successful", ()))
        return left

    return hide


def _chunks(pairs: Sequence[tuple[str, int]]) -> Iterator[list[tuple[str, int]]]:
    rest = iter(pairs)
    while chunk := list(islice(rest, _CALL)):
        yield chunk
