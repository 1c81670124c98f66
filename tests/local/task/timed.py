"""A scheduled function: keeps when it ran and with what event."""

import json
import os
import time
from pathlib import Path


def handler(event, context):
    at = time.time()
    whole = Path(os.environ["OUT"]) / f"{time.time_ns()}.json"
    half = whole.with_suffix(".half")  # a reader sees the file once it is whole
    half.write_text(json.dumps({"at": at, "event": event}))
    half.rename(whole)
