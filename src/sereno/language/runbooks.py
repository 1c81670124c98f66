"""Runbooks: one Markdown file each, with front matter that says whose it is and what it is for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from sereno.language import text
from sereno.language.checks.whole import Link
from sereno.language.faults import runbooks as fault
from sereno.language.faults import syntax
from sereno.language.load import Loaded, read_file, shown, validated
from sereno.language.model import Runbook
from sereno.language.problem import Span
from sereno.language.spec import ours
from sereno.language.text import Map

FRONT = re.compile(r"---[ \t]*\r?\n(.*?)^---[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\[\]\n]{1,500}\]\(([^)\s]{1,500})\)")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
CODE = re.compile(r"(?<!`)(`{1,9})(?!`).*?(?<!`)\1(?!`)")
URL = re.compile(r"https?://[^/?#\s]*[^/?#\s.]")
NOWHERE = ".invalid"  # no name ends so (RFC 2606): what `sereno init` writes for a person to set
EXTERNAL = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", re.IGNORECASE)


@dataclass(slots=True)
class Runbooks:
    """The runbooks by name, what each says it is for, and their links to nothing."""

    found: dict[str, Runbook] = field(default_factory=dict)
    applies_to: dict[str, tuple[str, ...]] = field(default_factory=dict)
    dead_links: list[Link] = field(default_factory=list)


def is_link(url: str) -> bool:
    """Whether it leads somewhere from anywhere; a path in the repository does not."""
    found = URL.match(url)
    return found is not None and not found[0].endswith(NOWHERE)


def load(root: Path, folder: str, url: str, into: Loaded) -> Runbooks:
    """Every `NAME.md` of the folder but README.md."""
    all_of_them = Runbooks()
    start = root / folder
    for path in sorted(start.glob("*.md")) if start.is_dir() else ():
        data = read_file(root, path, into) if path.stem != "README" else None
        if data is not None:
            _read(data, root, path, url, into, all_of_them)
    return all_of_them


def _read(data: bytes, root: Path, path: Path, url: str, into: Loaded, all_of_them: Runbooks) -> None:
    file, name = shown(root, path), path.stem
    try:
        body = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        into.error(syntax.not_utf8(text.byte_span(data, error.start, file), data[error.start]))
        return
    front = FRONT.match(body)
    spec = _front(front[1], file, into) if front else None
    if front is None:
        into.error(fault.front_matter_missing(Span(file)))
    title = spec.title if spec else name
    rest = body[front.end() :] if front else body
    all_of_them.found[name] = Runbook(name=name, path=file, title=title, text=rest, url=_url(url, file))
    if spec:
        all_of_them.applies_to[name] = tuple(spec.applies_to)
    all_of_them.dead_links += _dead(body, root, path, file)


def _dead(body: str, root: Path, path: Path, file: str) -> Iterator[Link]:
    """Relative links whose target is not a file of the project; what stands in code is no link."""
    for number, line in enumerate(_prose(text.BREAK.split(body)), 1):
        for found in LINK.finditer(line):
            target = unquote(found[1].partition("#")[0])
            if not EXTERNAL.match(found[1]) and not _is_there(root, path, target):
                at = Span(file, number, found.start(1) + 1, found.end(1) + 1)
                yield Link(at=at, target=found[1])


def _prose(lines: list[str]) -> Iterator[str]:
    """The lines as long as they are, with code blanked out: fenced (CommonMark 4.5), and in a line (6.1)."""
    fence = ""
    for line in lines:
        found = FENCE.match(line)
        if found and not fence:
            fence = found[1]
        elif found and found[1].startswith(fence):
            fence = ""
        yield "" if fence or found else CODE.sub(lambda code: " " * len(code[0]), line)


def _is_there(root: Path, path: Path, target: str) -> bool:
    try:
        found = (root / target[1:] if target.startswith("/") else path.parent / target).resolve()
        return found.is_relative_to(root) and found.exists()
    except (OSError, ValueError, RuntimeError):
        return False


def _front(front: str, file: str, into: Loaded) -> ours.RunbookFront | None:
    """The front matter begins on line 2 of the file, so its places are moved by one."""
    trees, problems = text.read(("\n" + front).encode(), file)
    into.error(*problems)
    if not trees or not isinstance(trees[0], Map):
        into.error(fault.front_matter_missing(Span(file)))
        return None
    found: ours.RunbookFront | None = validated(ours.RunbookFront, trees[0], file, into)
    return found


def _url(base: str, path: str) -> str:
    return f"{base.rstrip('/')}/{path}" if base else path
