"""A function that does what its event says: the runtime's tests and measures run it."""
# ruff: noqa: T201

import os
import sys
import time

COLD = [True]


def handler(event, context):
    cold, COLD[0] = COLD[0], False
    match event:
        case {"do": "raise"}:
            raise ValueError("as told")
        case {"do": "exit"}:
            os._exit(3)
        case {"do": "sleep", "seconds": seconds}:
            print("asleep", flush=True)
            time.sleep(seconds)
        case {"do": "fill", "bytes": size}:
            return "x" * size
        case {"do": "say", "words": words}:
            print(words)
            print(words, file=sys.stderr)
    return {
        "cold": cold,
        "pid": os.getpid(),
        "client": sys.modules["runtime_client"].__file__,
        "environment": dict(os.environ),
        "request": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "name": context.function_name,
        "left": context.get_remaining_time_in_millis(),
        "event": event,
    }


def broken(event, context):
    return unknown  # noqa: F821
