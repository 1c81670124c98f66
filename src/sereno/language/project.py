"""A project whole: `sereno.yaml`, its environments, its documents, its runbooks."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sereno.errors import Unable
from sereno.language import load as files
from sereno.language import runbooks, text
from sereno.language.checks import CODES, check
from sereno.language.checks.whole import Whole
from sereno.language.emitters import emitters
from sereno.language.faults import documents as fault
from sereno.language.faults import runbooks as runbook_fault
from sereno.language.faults import syntax
from sereno.language.load import Document, Loaded, Variables, fill_in, validated
from sereno.language.model import Environment, System
from sereno.language.problem import Problem, Span, errors
from sereno.language.resolve import resolve, synthetics
from sereno.language.resolve.context import Context
from sereno.language.rules.openslo import whole
from sereno.language.rules.ours import region
from sereno.language.silence import silenced
from sereno.language.spec import ours
from sereno.language.text import Map
from sereno.language.variables import cycles, expanded

FILE = "sereno.yaml"


@dataclass(slots=True)
class Examined:
    """A project, seen whole: the System if it is sound, every problem, and the files' bytes for excerpts."""

    system: System | None
    problems: tuple[Problem, ...]
    sources: dict[str, bytes] = field(default_factory=dict)
    documents: list[Document] = field(default_factory=list)  # those of packs that are referred to as well


def load(
    root: Path, environment: str, backend: str | None, *, lenient: bool
) -> tuple[System | None, tuple[Problem, ...]]:
    """See `sereno.language.load_system`."""
    found = examine(root, environment, backend, lenient=lenient)
    return found.system, found.problems


def examine(root: Path, environment: str = "local", backend: str | None = None, *, lenient: bool) -> Examined:
    """Everything that can be said of the project in `root` for one environment."""
    root = root.resolve()
    into = Loaded()
    data = files.read_file(root, root / FILE, into)
    tree = _project_tree(data, into) if data is not None else None
    if tree is None:
        return Examined(None, tuple(into.problems), into.sources)
    project: ours.Project | None = validated(ours.Project, tree, FILE, into)
    if project is None or environment not in project.environments:
        if project is not None:
            at = Span(FILE, *text.mark_of(tree, ("environments",), key=True))
            into.error(fault.unknown_environment(at, environment, project.environments))
        return Examined(None, tuple(into.problems), into.sources)
    chosen = _environment(root, tree, project, environment, into, lenient=lenient)
    if chosen is None:
        return Examined(None, tuple(into.problems), into.sources)
    resolved, variables, overrides = chosen
    into.error(*_unlinked(tree, project, environment))
    into.error(*_outside(root, tree, project))
    if any(p.code == "path-outside" for p in into.problems):
        return Examined(None, tuple(into.problems), into.sources)
    spans = _override_spans(tree, environment) | _traffic_spans(tree, project)
    if backend is not None:
        resolved = replace(resolved, backend=_backend(backend))
    return _whole(root, project, resolved, variables, overrides, spans, into)


def _unlinked(tree: Map, project: ours.Project, environment: str) -> Iterator[Problem]:
    """A page that leaves this machine leads to its runbook."""
    if environment != "local" and not runbooks.is_link(project.runbook_url or ""):
        key = "runbookUrl" if project.runbook_url else "project"
        yield runbook_fault.runbook_url(Span(FILE, *text.mark_of(tree, (key,))), environment)


def _outside(root: Path, tree: Map, project: ours.Project) -> Iterator[Problem]:
    """Folders that sereno.yaml names and that are not there, or do not lie below it."""
    named: list[tuple[text.Path, str]] = [
        (("documents", i), path) for i, path in enumerate(project.documents)
    ]
    for path, value in [*named, (("runbooks",), project.runbooks)]:
        at = Span(FILE, *text.mark_of(tree, path))
        if not _is_inside(root, value):
            yield syntax.path_outside(at, value)
        elif path[0] in tree and not os.path.exists(root / value):  # noqa: PTH110 - False where a name is too long
            yield syntax.path_missing(at, value, [p.name for p in root.iterdir() if p.is_dir()])


def _is_inside(root: Path, path: str) -> bool:
    try:
        return (root / path).resolve().is_relative_to(root)
    except (OSError, ValueError, RuntimeError):
        return False


def _backend(name: str) -> Any:
    if name not in ("cloudwatch", "datadog"):
        raise Unable(f"no back end is named `{name}`; write cloudwatch or datadog")
    return name


def _project_tree(data: bytes, into: Loaded) -> Map | None:
    trees, problems = text.read(data, FILE)
    into.error(*problems)
    written = [tree for tree in trees if tree is not None]
    if len(written) == 1 and isinstance(written[0], Map):
        return written[0]
    if not problems:
        into.error(fault.not_a_project(Span(FILE)))
    return None


def _environment(
    root: Path, tree: Map, project: ours.Project, name: str, into: Loaded, *, lenient: bool
) -> tuple[Environment, Variables, ours.Overrides] | None:
    spec = project.environments[name]
    at = Span(FILE, *text.mark_of(tree, ("environments", name, "outputs")))
    always = {"project": project.project, "environment": name, "region": spec.region}
    outputs = _outputs(root, spec.outputs, at, into, lenient=lenient) if spec.outputs else {}
    values, endless = expanded({**(outputs or {}), **spec.variables, **always})
    into.error(*_endless(tree, name, endless))
    variables = Variables(values, complete=outputs is not None)
    written: Any = tree["environments"][name]
    into.error(*fill_in(written, FILE, variables), *_regions(tree, project))
    filled: ours.Environment | None = validated(ours.Environment, written, FILE, into)
    if filled is None:
        return None
    environment = Environment(
        name=name,
        backend=filled.backend,
        region=filled.region,
        variables=dict(variables.values),
        endpoint=filled.endpoint,
        synthetics=tuple(synthetics.resolve(filled, filled.region, lambda test: _span(tree, name, test))),
    )
    return environment, variables, filled.overrides or ours.Overrides()


def _span(tree: Map, environment: str, test: str) -> Span:
    """Where a synthetic test's name stands."""
    path = ("environments", environment, "datadog", "synthetics", test)
    return Span(FILE, *text.mark_of(tree, path, key=True))


def _override_spans(tree: Map, environment: str) -> dict[str, Span]:
    """Where each override stands, by `alerts/NAME` and `slos/NAME`."""
    found = {}
    for part in ("alerts", "slos"):
        path = ("environments", environment, "overrides", part)
        below: Any = tree
        for step in path:
            below = below.get(step) if isinstance(below, Map) else None
        for name in below if isinstance(below, Map) else ():
            found[f"{part}/{name}"] = Span(FILE, *text.mark_of(tree, (*path, name), key=True))
    return found


def _endless(tree: Map, environment: str, left: dict[str, str]) -> Iterator[Problem]:
    """Variables that lead back to themselves."""
    for way in cycles(left):
        path = ("environments", environment, "variables", way[0])
        yield fault.variable_cycle(Span(FILE, *text.mark_of(tree, path, key=True)), way)


def _regions(tree: Map, project: ours.Project) -> Iterator[Problem]:
    """The Region of every environment, as far as variables say it."""
    for name in project.environments:
        yield from region(whole(FILE, tree)["environments"][name]["region"])


def _traffic_spans(tree: Map, project: ours.Project) -> dict[str, Span]:
    """Where the traffic of each signal is declared, by `traffic/NAME`."""
    return {
        f"traffic/{n}": Span(FILE, *text.mark_of(tree, ("traffic", n), key=True)) for n in project.traffic
    }


def _outputs(root: Path, name: str, at: Span, into: Loaded, *, lenient: bool) -> dict[str, str] | None:
    """What `terraform output -json` printed, as text; of a map each value as `output.key`. Or None."""
    path = root / name
    if not _is_inside(root, name):
        into.error(syntax.path_outside(at, name))
        return None
    if not path.is_file():
        into.error(fault.outputs_missing(at, name, lenient=lenient))
        return None
    data = files.read_file(root, path, into)
    if data is None:
        return None
    try:
        found = json.loads(data)
        values = {key: output["value"] for key, output in found.items()}
    except (ValueError, RecursionError) as error:
        into.error(fault.outputs_unreadable(at, name, f"not JSON: {error}"[:120]))
        return None
    except (TypeError, KeyError, AttributeError):
        into.error(fault.outputs_unreadable(at, name, 'not of the form `{NAME: {"value": ...}}`'))
        return None
    return dict(_flat(values, ""))


def _flat(values: dict[str, Any], before: str) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, dict) and not before:
            yield from _flat(value, f"{key}.")
        elif isinstance(value, str | int | float):
            yield before + key, value if isinstance(value, str) else json.dumps(value)


def _whole(
    root: Path,
    project: ours.Project,
    environment: Environment,
    variables: Variables,
    overrides: ours.Overrides,
    spans: dict[str, Span],
    into: Loaded,
) -> Examined:
    loaded = files.load(root, files.find(root, project.documents), variables)
    loaded.problems[:0] = into.problems
    loaded.sources |= into.sources
    books = runbooks.load(root, project.runbooks, project.runbook_url or "", loaded)
    context = Context(
        project=project.project,
        environment=environment,
        documents=loaded.documents,
        overrides=overrides,
        override_spans=spans,
        runbooks=books.found,
    )
    system = resolve(context)
    for name in project.traffic:
        context.signal(name, spans[f"traffic/{name}"])
    problems = _whole_problems(loaded.problems, context.problems)
    if not errors(problems):
        problems += check(_seen(root, system, project, loaded, books))
    problems = silenced(problems, loaded.sources, CODES)
    return Examined(
        None if errors(problems) else system, _in_order(problems), loaded.sources, context.documents
    )


def _seen(
    root: Path, system: System, project: ours.Project, loaded: Loaded, books: runbooks.Runbooks
) -> Whole:
    return Whole(
        system=system,
        traffic=project.traffic,
        applies_to=books.applies_to,
        dead_links=tuple(books.dead_links),
        emitters=emitters(root, {signal.emitted_by for signal in system.signals.values()}),
        sources=loaded.sources,
    )


# After these, a document that seems to be missing may be in what could not be read.
UNREAD = frozenset(
    {
        *("yaml-syntax", "not-utf8", "control-character", "file-too-large", "unreadable-file", "too-deep"),
        *("symlink-outside", "anchor-cycle", "unknown-anchor", "alias-expansion", "key-not-text"),
        *("too-many-values", "too-many-problems", "path-missing"),
        *("unknown-kind", "unknown-version"),
    }
)


def _whole_problems(found: list[Problem], of_whole: list[Problem]) -> list[Problem]:
    """All of them; but where a file could not be read, what seems to be missing may stand in it."""
    if not any(p.code in UNREAD for p in found):
        return [*found, *of_whole]
    return [*found, *(p for p in of_whole if not p.code.startswith("unknown-"))]


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """By place, each once: what an alias repeats is one slip."""
    return tuple(sorted({(p.where, p.code, p.message): p for p in problems}.values()))


def folder(path: Path) -> Examined:
    """A folder, or one file, of OpenSLO documents without `sereno.yaml`, and the references between them."""
    root = path.resolve() if path.is_dir() else path.resolve().parent
    loaded = files.load(root, files.find(root, ["." if path.is_dir() else path.name]), None)
    environment = Environment(name="local", backend="cloudwatch", region="us-east-1", variables={})
    context = Context(project="folder", environment=environment, documents=loaded.documents, lenient=True)
    system = resolve(context)
    problems = silenced(_whole_problems(loaded.problems, context.problems), loaded.sources, CODES)
    return Examined(
        None if errors(problems) else system, _in_order(problems), loaded.sources, context.documents
    )


def holds(root: Path, path: Path) -> bool:
    """Whether the project in `root` reads this file, or files below or above it."""
    trees, _ = text.read((root / FILE).read_bytes(), FILE)
    tree = trees[0] if trees and isinstance(trees[0], Map) else {}
    written = tree.get("documents")
    folders = [f for f in written if isinstance(f, str)] if isinstance(written, list) else [*ours.DOCUMENTS]
    places = [root / FILE, root / str(tree.get("runbooks") or "runbooks"), *(root / f for f in folders)]
    return any(path.is_relative_to(place) or place.is_relative_to(path) for place in places)
