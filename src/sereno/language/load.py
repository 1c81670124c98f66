"""Files to documents: found, read, variables put in, validated against their kind. All problems at once."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sereno.language import spec as kinds
from sereno.language import text, words
from sereno.language.faults import documents as fault
from sereno.language.faults import syntax
from sereno.language.problem import Problem, Span
from sereno.language.rules import openslo, ours
from sereno.language.spec.base import Spec
from sereno.language.text import COLLECTIONS, Filled, Map, Seq


@dataclass(slots=True)
class Document:
    """One document: its tree with places, and its specification if it has no error of its own."""

    file: str
    tree: Map
    api: str
    kind: str
    name: str
    spec: Any = None  # a model of `spec/`; None when it has errors
    spans: dict[object, Span] = field(
        default_factory=dict
    )  # those asked for: a `Use` is asked 30 times for one

    def span(self, *path: str | int, key: bool = False) -> Span:
        found = self.spans.get((path, key))
        if found is None:
            found = self.spans[path, key] = Span(self.file, *text.mark_of(self.tree, path, key=key))
        return found


@dataclass(slots=True)
class Loaded:
    """What the files gave."""

    documents: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    sources: dict[str, bytes] = field(default_factory=dict)
    folders: dict[Path, tuple[Path, bool]] = field(default_factory=dict)  # where each is, and if in the root

    def error(self, *problems: Problem) -> None:
        self.problems.extend(problems)


@dataclass(frozen=True, slots=True)
class Variables:
    """What `${name}` stands for. Without their outputs file, names that are not known stay as written."""

    values: Mapping[str, str]
    complete: bool = True


def find(root: Path, folders: Iterable[str]) -> Iterator[Path]:
    """The YAML files below these folders, sorted, each once; hidden ones left out."""
    seen: set[Path] = set()
    for folder in folders:
        start = Path(os.path.normpath(root / folder))
        found = [start] if os.path.isfile(start) else sorted(_below(start))  # noqa: PTH113 - see _below
        yield from (path for path in found if path not in seen)
        seen.update(found)


def _below(start: Path) -> Iterator[Path]:
    """Those below a folder, however deep; links to folders are not followed (`rglob` recurses)."""
    folders = [start] if os.path.isdir(start) else []  # noqa: PTH112 - False where a name is too long
    while folders:
        folder = folders.pop()
        try:
            entries = [e for e in os.scandir(folder) if not e.name.startswith(".")]
        except OSError:
            yield folder  # reading it says why
            continue
        folders += [Path(e) for e in entries if e.is_dir(follow_symlinks=False)]
        yield from (Path(e) for e in entries if e.name.endswith((".yaml", ".yml")))


def read_file(root: Path, path: Path, into: Loaded) -> bytes | None:
    """The file's bytes, or a problem; a link that leads out of the root is not followed."""
    name = shown(root, path)
    try:
        real, inside = _place(root, path, into.folders)
        if not inside:
            into.error(syntax.symlink_outside(Span(name), str(real)))
            return None
        found = real.stat()
        if not stat.S_ISREG(found.st_mode):
            reason = "it is not a file" if os.access(real, os.R_OK) else "permission denied"
            into.error(syntax.unreadable_file(Span(name), reason))
            return None
        if found.st_size > text.MAX_BYTES:
            into.error(syntax.file_too_large(Span(name), found.st_size, text.MAX_BYTES))
            return None
        data = real.read_bytes()
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "a loop of links"
        into.error(syntax.unreadable_file(Span(name), reason.lower()))
        return None
    into.sources[name] = data
    return data


def _place(root: Path, path: Path, folders: dict[Path, tuple[Path, bool]]) -> tuple[Path, bool]:
    """Where a file really is, and whether in the root: for all that lie in one folder, asked once."""
    if path.is_symlink():
        real = path.resolve(strict=True)
        return real, real.is_relative_to(root.resolve())
    if path.parent not in folders:
        real = path.parent.resolve(strict=True)
        folders[path.parent] = real, real.is_relative_to(root.resolve())
    real, inside = folders[path.parent]
    return real / path.name, inside


def shown(root: Path, path: Path) -> str:
    """The file's name in problems: relative to the root, with `/`, and printable."""
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    return name if name.isprintable() else "".join(c if c.isprintable() else "?" for c in name)


def load(root: Path, paths: Iterable[Path], variables: Variables | None) -> Loaded:
    """Every document of these files. Without variables (a folder of OpenSLO only) `${x}` is plain text."""
    into = Loaded()
    for path in paths:
        data = read_file(root, path, into)
        if data is not None:
            read_documents(data, shown(root, path), variables, into)
    return into


def read_documents(data: bytes, file: str, variables: Variables | None, into: Loaded) -> None:
    """The documents of one file. One may also be a list of them, as the reference SDK writes."""
    before = len(into.problems)
    trees, problems = text.read(data, file)
    into.error(*problems)
    fill = variables if b"${" in data else None
    for tree, at in _documents(trees, file):
        _read_document(tree, at, fill, into)
        if len(into.problems) - before > text.MAX_PROBLEMS:
            del into.problems[before + text.MAX_PROBLEMS :]
            into.error(syntax.too_many_problems(at, text.MAX_PROBLEMS))
            return


def _documents(trees: Iterable[Any], file: str) -> Iterator[tuple[Any, Span]]:
    """Each with its place."""
    for tree in trees:
        if isinstance(tree, Seq):
            yield from ((each, Span(file, *mark)) for each, mark in zip(tree, tree.at, strict=True))
        else:
            yield tree, Span(file, *text.mark_of(tree, ()))


def _read_document(tree: Any, at: Span, variables: Variables | None, into: Loaded) -> None:
    if tree is None:
        return
    if not isinstance(tree, Map):
        into.error(fault.not_a_document(at))
        return
    if variables is not None:
        into.error(*fill_in(tree, at.file, variables))
    into.documents += _document(tree, at.file, into)


def _document(tree: Map, file: str, into: Loaded) -> Iterator[Document]:
    api, kind = tree.get("apiVersion"), tree.get("kind")
    metadata = tree.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Map) else None
    document = Document(file, tree, str(api), str(kind), name if isinstance(name, str) else "")
    model = kinds.KINDS.get((document.api, document.kind))
    if model is None:
        into.error(_unknown(document))
        return
    before = len(into.problems)
    document.spec = validated(model, tree, file, into)
    rules = (openslo if document.api == kinds.OPENSLO else ours).document(file, tree)
    into.error(*islice(rules, text.MAX_PROBLEMS + 1))
    if any(p.severity == "error" for p in into.problems[before:]):
        document.spec = None
    yield document


def validated(model: type[Spec], tree: Map, file: str, into: Loaded) -> Any:
    """The tree as this model, or None and its problems."""
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        into.error(*words.problems(error, model, tree, file))
        return None


def _unknown(document: Document) -> Problem:
    """Which of the two words that name a kind is wrong."""
    if document.api in fault.OTHER_VERSIONS:
        return fault.other_version(document.span("apiVersion"), document.api)
    versions = (kinds.OPENSLO, kinds.SERENO)
    if document.api not in versions:
        value = None if document.tree.get("apiVersion") is None else document.api
        return fault.unknown_version(document.span("apiVersion"), value)
    known = [kind for api, kind in kinds.KINDS if api == document.api]
    value = None if document.tree.get("kind") is None else document.kind
    return fault.unknown_kind(document.span("kind"), value, known)


VARIABLE = re.compile(r"\$(\$?)\{([^{}]*)\}")


def fill_in(tree: Map | Seq, file: str, variables: Variables) -> Iterator[Problem]:
    """Puts the variables into every value of the tree, in place; `$${` writes `${` itself."""
    items: Any = tree.items() if isinstance(tree, Map) else enumerate(tree)
    at: Any = tree.at
    put: Any = tree
    for key, value in list(items):
        if isinstance(value, str):
            if "${" in value and not isinstance(value, Filled):
                filled, problems = _filled(value, Span(file, *at[key]), variables)
                put[key] = filled
                yield from problems
        elif isinstance(value, COLLECTIONS):
            yield from fill_in(value, file, variables)


def _filled(value: str, at: Span, variables: Variables) -> tuple[str, list[Problem]]:
    problems: list[Problem] = []

    def put(found: re.Match[str]) -> str:
        name = found[2]
        if found[1]:
            return "${" + name + "}"
        if name not in variables.values and variables.complete:
            problems.append(fault.unknown_variable(at, name, variables.values))
        return variables.values.get(name, found[0])

    return Filled(VARIABLE.sub(put, value)), problems
