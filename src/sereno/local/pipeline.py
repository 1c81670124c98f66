"""`infra/pipeline.yaml` as the local stack reads it: the part of Terraform's figures that holds here.

What only Terraform needs is not looked at. `local` at the file's end is laid over the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from sereno.errors import Found, Unable
from sereno.language import text
from sereno.language.faults import values as fault
from sereno.language.problem import Problem, Span

FILE: Final = Path("infra") / "pipeline.yaml"
NEEDED: Final = (
    f"this project has no {FILE}, whose pipeline `sereno up` would run; name an environment that is live"
    " (--env prod), or let `sereno report` read files (--series FOLDER)"
)
Scalar = str | int | float | bool
SHAPES: Final = {
    "model_type": "a mapping",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "tuple_type": "a list",
    "string_type": "text",
}


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Route(_Read):
    """A route key (`GET /users/{id}`) and the function behind it, by its key in `functions`."""

    route: str
    function: str


class Throttling(_Read):
    """A token bucket: requests per second, and how many may come at once."""

    rate_per_second: float = Field(gt=0)
    burst: int = Field(gt=0)


class Api(_Read):
    name: str
    stage: str
    authorization: str  # AWS_IAM, NONE
    integration_timeout_ms: int = Field(ge=50, le=30_000)
    throttling: Throttling
    routes: tuple[Route, ...]


class Named(_Read):
    name: str


class DeadLetter(_Read):
    name: str
    message_retention_seconds: int
    max_receive_count: int = Field(ge=1, le=1_000)


class Queue(_Read):
    name: str
    raw_message_delivery: bool
    visibility_timeout_seconds: int = Field(ge=0, le=43_200)
    message_retention_seconds: int
    receive_wait_seconds: int = Field(ge=0, le=20)
    dead_letter: DeadLetter


class EventSource(_Read):
    """How Lambda polls the queue for a function."""

    batch_size: int = Field(ge=1, le=10_000)
    batching_window_seconds: float = Field(ge=0, le=300)
    maximum_concurrency: int = Field(ge=2, le=1_000)
    report_batch_item_failures: bool


class FunctionSpec(_Read):
    """`environment_from` gives variables by what is known only once the stack runs (`queue.url`)."""

    name: str
    handler: str
    service: str
    timeout_seconds: int = Field(ge=1, le=900)
    memory_mb: int
    reserved_concurrency: int | None = None
    event_source: EventSource | None = None
    schedule: str | None = None
    environment: Mapping[str, Scalar] = Field(default_factory=dict)
    environment_from: Mapping[str, str] = Field(default_factory=dict)


class Database(_Read):
    cluster: str
    engine_version: str = Field(pattern=r"^\d+(\.\d+)*$")
    name: str
    max_connections: int = Field(ge=10)
    idle_session_timeout_seconds: int
    migrations: str  # a folder beside the file

    @property
    def major(self) -> int:
        return int(self.engine_version.split(".")[0])


class CacheUser(_Read):
    """What a function may do in the cache, as Valkey's ACL has it."""

    name: str
    access: str


class Cache(_Read):
    users: Mapping[str, CacheUser]


class Pipeline(_Read):
    """The whole file, for one environment."""

    api: Api
    topic: Named
    queue: Queue
    functions: Mapping[str, FunctionSpec]
    database: Database
    cache: Cache | None = None  # what `--cache` starts


def read(project: Path, environment: str = "local") -> Pipeline:
    """The project's pipeline; Found with every problem when it cannot be read, Unable when it has none."""
    file = project / FILE
    data = _bytes(file)
    filled = data.replace(b"${prefix}", f"sereno-{environment}".encode())
    filled = filled.replace(b"${environment}", environment.encode())
    trees, problems = text.read(data, str(FILE))
    if problems or len(trees) != 1:
        raise Found("the pipeline was not started", problems or [_not_one(len(trees))])
    values = yaml.safe_load(filled)
    overlay = values.pop("local", None) if isinstance(values, dict) else None
    try:
        return Pipeline.model_validate(_laid_over(values, overlay))
    except ValidationError as error:
        raise Found("the pipeline was not started", [*_problems(error, trees[0])]) from None


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise Unable(NEEDED) from error
    except OSError as error:
        raise Found(f"{file}: {error.strerror}; the local stack takes every name and size from it") from error


def _laid_over(base: Any, over: Any) -> Any:
    """A mapping with the members of another in place of its own, mapping by mapping."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return base if over is None else over
    return base | {key: _laid_over(base.get(key), value) for key, value in over.items()}


def _problems(error: ValidationError, tree: Any) -> list[Problem]:
    return [_problem(each, tree) for each in error.errors(include_url=False)]


def _problem(error: ErrorDetails, tree: Any) -> Problem:
    """In the words and codes of the language, as far as it has some."""
    where = Span(str(FILE), *text.mark_of(tree, error["loc"]))
    name, kind, value = ".".join(map(str, error["loc"])) or "the document", error["type"], error["input"]
    if kind == "missing":
        return fault.missing_field(where, name)
    if kind in SHAPES:
        return fault.wrong_shape(where, name, SHAPES[kind])
    if kind.startswith(("int_", "float_")):
        return fault.number_expected(where, name, str(value), quoted=False)
    return Problem(where, "not-allowed", f"`{name}` cannot be {value!r}", error["msg"].lower())


def _not_one(count: int) -> Problem:
    return fault.wrong_shape(Span(str(FILE)), f"{count} documents", "one")
