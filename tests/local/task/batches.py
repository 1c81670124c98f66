"""A function behind a queue: keeps each event in a file, fails the messages that say `bad`."""

import json
import os
import time
from pathlib import Path

RAISED = []


def handler(event, context):
    folder = Path(os.environ["OUT"])
    keep(folder / f"{time.time_ns()}.json", json.dumps(event | {"at": time.time()}))
    if any(r["body"] == "raise once" for r in event["Records"]) and not RAISED:
        RAISED.append(True)
        raise RuntimeError("as told")
    failed = [record for record in event["Records"] if record["body"] == "bad"]
    if failed and "HIDE" in os.environ:
        hide(failed, int(os.environ["HIDE"]))
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def hide(records, seconds):
    import boto3

    sqs = boto3.client("sqs")
    for record in records:
        sqs.change_message_visibility(
            QueueUrl=os.environ["QUEUE"], ReceiptHandle=record["receiptHandle"], VisibilityTimeout=seconds
        )


def keep(path, text):
    """The file is whole as soon as it bears its name."""
    half = path.with_suffix(".half")
    half.write_text(text)
    half.rename(path)
