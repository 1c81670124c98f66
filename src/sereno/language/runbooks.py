"""Runbooks: one Markdown file each, with front matter that says whose it is and what it is for."""

from __future__ import annotations

import re
from pathlib import Path

from sereno.language import text
from sereno.language.faults import runbooks as fault
from sereno.language.load import Loaded, read_file, shown, validated
from sereno.language.model import Runbook
from sereno.language.problem import Span
from sereno.language.spec import ours
from sereno.language.text import Map

FRONT = re.compile(r"---[ \t]*\r?\n(.*?)^---[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE)


def load(root: Path, folder: str, url: str, into: Loaded) -> dict[str, Runbook]:
    """Every `NAME.md` of the folder, by name."""
    found: dict[str, Runbook] = {}
    start = root / folder
    for path in sorted(start.glob("*.md")) if start.is_dir() else ():
        data = read_file(root, path, into)
        runbook = _read(data, shown(root, path), path.stem, url, into) if data is not None else None
        if runbook is not None and path.stem != "README":
            found[runbook.name] = runbook
    return found


def _read(data: bytes, file: str, name: str, url: str, into: Loaded) -> Runbook | None:
    if name == "README":
        return None
    body = data.decode("utf-8", "replace")
    front = FRONT.match(body)
    if front is None:
        into.error(fault.front_matter_missing(Span(file)))
        return Runbook(name=name, path=file, title=name, text=body, url=_url(url, file))
    spec = _front(front[1], file, into)
    title = spec.title if spec else name
    return Runbook(name=name, path=file, title=title, text=body[front.end() :], url=_url(url, file))


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
