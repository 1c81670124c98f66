"""What canary runs cost: those of scheduled functions, and those of CloudWatch Synthetics. Pure.

A scheduled function costs its invocations, its GB-seconds, its schedule's invocations, and the requests that
it makes of the HTTP API: a GET, a POST, and a poll each `CANARY_POLL_SECONDS` until the row is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sereno.vendors.cloudwatch.cost import Prices, prices

MONTH: Final = 30 * 86_400  # seconds
USUAL: Final = Decimal(2)  # seconds of a run: SNS, SQS and a batch of the subscriber take 1 to 2
_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_UNITS: Final = {"minute": 60, "hour": 3_600, "day": 86_400}


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A function on a schedule."""

    name: str
    runs: int  # in 30 days
    memory: Decimal  # GB
    timeout: Decimal  # seconds
    deadline: Decimal  # seconds it polls at most
    poll: Decimal  # seconds between two polls; 0: it does not poll
    architecture: str


def runs(expression: str) -> int:
    """In 30 days, of `rate(5 minutes)`; 0 for what is no rate."""
    match = _RATE.fullmatch(expression.strip())
    every = int(match[1]) * _UNITS[match[2]] if match else 0
    return MONTH // every if every else 0


def scheduled(pipeline: Any) -> Iterator[Scheduled]:
    """The functions of `infra/pipeline.yaml` that have a rate; what is of another form is left out."""
    functions = pipeline.get("functions") if isinstance(pipeline, Mapping) else None
    for said in functions.values() if isinstance(functions, Mapping) else ():
        if isinstance(said, Mapping) and runs(str(said.get("schedule", ""))):
            environment = said.get("environment")
            variables = environment if isinstance(environment, Mapping) else {}
            timeout = _number(said.get("timeout_seconds"), 3)
            yield Scheduled(
                str(said.get("name", "")),
                runs(str(said["schedule"])),
                _number(said.get("memory_mb"), 128) / 1_024,
                timeout,
                _number(variables.get("CANARY_DEADLINE_SECONDS"), timeout),
                _number(variables.get("CANARY_POLL_SECONDS"), 0),
                str(pipeline.get("architecture", "x86_64")),
            )


def _number(value: Any, otherwise: int | Decimal) -> Decimal:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return Decimal(str(value)) if plain else Decimal(otherwise)


def monthly(of: Scheduled, seconds: Decimal, at: Prices) -> Decimal:
    """All its runs, when each takes so long."""
    second = at.lambda_second_arm64 if of.architecture == "arm64" else at.lambda_second_x86_64
    polls = min(seconds, of.deadline) / of.poll + 2 if of.poll else Decimal(0)
    each = seconds * of.memory * second + at.lambda_request + at.scheduler_invocation
    return of.runs * (each + polls * at.http_api_request)


def summary(pipeline: Any) -> str:
    """A line a function."""
    return "".join(line(of, prices()) for of in scheduled(pipeline))


def line(of: Scheduled, at: Prices) -> str:
    usual, most = monthly(of, min(USUAL, of.timeout), at), monthly(of, of.timeout, at)
    return (
        f"canary {of.name}: {of.runs:,} runs, ${usual:.2f} at {min(USUAL, of.timeout)} s each,"
        f" ${most:.2f} if each took its {of.timeout} s (Lambda, schedule and API requests)\n"
    )


def of_synthetics(canaries: Sequence[Mapping[str, Any]]) -> str:
    """What DescribeCanaries tells of this project's; nothing where there are none."""
    running = [each for each in canaries if each.get("Status", {}).get("State") == "RUNNING"]
    count = sum(runs(str(each.get("Schedule", {}).get("Expression", ""))) for each in running)
    if not canaries:
        return ""
    price = count * prices().synthetics_run
    return f"Synthetics canaries: {len(running)} of {len(canaries)} run, {count:,} runs, ${price:.2f}\n"
