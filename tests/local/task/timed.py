"""A scheduled function: keeps when it ran and with what event."""

import json
import os
import time
from pathlib import Path


def handler(event, context):
    at = time.time()
    (Path(os.environ["OUT"]) / f"{time.time_ns()}.json").write_text(json.dumps({"at": at, "event": event}))
