"""Reads the cases of `tests/problems`: a wrong file, and the exact words it earns.

A case is a text of sections, each begun by a line `-- PATH --`; the last is `-- problems --`, or
`-- problems ENV --` for those of another environment than `local`. Its files are laid over the project in
`tests/problems/base`, which has no problem; `-- bare --` as the first section leaves the base out. A path may
be followed by one word: `escaped` (Python escapes stand for bytes), `repeated N` (the content N times),
`link` (a symbolic link to the content).
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

PROBLEMS = Path(__file__).parents[1] / "problems"
SECTION = re.compile(r"^-- (\S+)((?: \w+)*) --\n", re.MULTILINE)


def cases() -> list[Path]:
    return sorted(PROBLEMS.glob("*.txt"))


def sections(text: str) -> list[tuple[str, str, str]]:
    """Path, how, and content of each."""
    found = list(SECTION.finditer(text))
    ends = [*(m.start() for m in found[1:]), len(text)]
    return [(m[1], m[2].strip(), text[m.end() : end]) for m, end in zip(found, ends, strict=True)]


def lay_out(case: Path, root: Path) -> tuple[str, str]:
    """Writes the case's files below `root`; gives the environment, and the words it should earn there."""
    parts = sections(case.read_text())
    if parts[0][0] != "bare":
        shutil.copytree(PROBLEMS / "base", root, dirs_exist_ok=True)
    for path, how, content in parts:
        if path not in ("bare", "problems"):
            _write(root / path, how, content)
    return parts[-1][1] or "local", parts[-1][2]


def _write(path: Path, how: str, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if how == "link":
        path.symlink_to(content.strip())
    elif how.startswith("repeated"):
        path.write_text(content * int(how.split()[1]))
    elif how == "escaped":
        path.write_bytes(content.encode().decode("unicode_escape").encode("latin-1"))
    else:
        path.write_text(content)


def renew(case: Path, words: str) -> None:
    """Rewrites the last section."""
    text = case.read_text()
    *_, last = SECTION.finditer(text)
    case.write_text(text[: last.end()] + words)
