"""The pipeline as a picture (Mermaid), drawn from pipeline.yaml; `make golden` renews it in the docs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

HERE: Final = Path(__file__).resolve().parent
BEGIN: Final = "```mermaid\n"
END: Final = "```\n"


def mermaid(pipeline: Mapping[str, Any]) -> str:
    """A flow chart of what calls, sends and reads what, with the figures that matter in between."""
    return "\n".join(["flowchart LR", *(f"  {line}" for line in _lines(pipeline))]) + "\n"


def _lines(pipeline: Mapping[str, Any]) -> Iterator[str]:
    functions, queue, database = pipeline["functions"], pipeline["queue"], pipeline["database"]
    limit, routes = pipeline["api"]["throttling"], "<br>".join(r["route"] for r in pipeline["api"]["routes"])
    source, dead = functions["subscriber"]["event_source"], queue["dead_letter"]
    yield f'caller(["callers<br>signed by IAM"]) --> gateway["HTTP API<br>{routes}<br>{_limit(limit)}"]'
    yield f'gateway -- "{pipeline["api"]["integration_timeout_ms"] / 1000:g} s at most" --> api'
    yield 'api -- "POST" --> topic(["SNS topic"])'
    yield 'topic -- "raw, trace context beside it" --> queue[("SQS queue")]'
    yield f'queue -- "after {dead["max_receive_count"]} receives" --> dead[("dead-letter queue")]'
    yield f'queue -- "{source["batch_size"]} a batch, {source["maximum_concurrency"]} at once" --> subscriber'
    yield 'subscriber -- "one INSERT a batch" --> database'
    yield 'api -- "GET: a page, a user" --> database'
    yield 'api -. "GET asks it first" .-> cache'
    yield 'subscriber -. "new rows: what was read before is shown no more" .-> cache'
    yield f'schedule(["{functions["canary"]["schedule"]}"]) --> canary'
    yield 'canary -- "POST, then GET until it is there" --> gateway'
    yield 'api & subscriber & canary -. "metrics, logs, traces" .-> watch["CloudWatch<br>or Datadog"]'
    yield 'watch -- "burn rates, thresholds, silence" --> people(["receivers: on-call, team-tickets"])'
    yield "subgraph VPC"
    yield f'  database[("Aurora PostgreSQL {database["engine_version"]}<br>{_size(database)}")]'
    cache = pipeline["cache"]
    yield f'  cache[("{cache["engine"].capitalize()} {cache["major_version"]}<br>an option, off")]'
    inside = [name for name, function in functions.items() if function["vpc"]]
    yield from (f"  {_box(name, functions[name])}" for name in inside)
    yield "end"
    yield from (_box(name, functions[name]) for name in functions if name not in inside)


def _box(name: str, declared: Mapping[str, Any]) -> str:
    """A function with its limits."""
    figures = f"{declared['timeout_seconds']} s, {declared['memory_mb']} MB"
    return f'{name}["{name}<br>{figures}, {declared["reserved_concurrency"]} at once"]'


def _limit(throttling: Mapping[str, Any]) -> str:
    return f"{throttling['rate_per_second']} a second"


def _size(database: Mapping[str, Any]) -> str:
    return f"{database['min_capacity_acu']} to {database['max_capacity_acu']} ACU"


def redrawn(page: str) -> str:
    """The page with its picture drawn anew."""
    pipeline = yaml.safe_load((HERE / "pipeline.yaml").read_text(encoding="utf-8"))
    before, rest = page.split(BEGIN, 1)
    return before + BEGIN + mermaid(pipeline) + END + rest.split(END, 1)[1]
