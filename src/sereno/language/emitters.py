"""The code that emits signals, as far as a check needs it: the words that stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]+")
CODE = frozenset({".py", ".js", ".ts", ".go", ".java", ".kt", ".rb", ".rs", ".cs", ".php"})
MAX_BYTES, MAX_FILES = 1_000_000, 2_000


def emitters(root: Path, named: Iterable[str]) -> dict[str, frozenset[str] | None]:
    """Folder -> the words of the code in it and beside it; None for what is no folder.

    Beside it, because functions share the module that names their metrics: of `functions/api`,
    everything below `functions` counts. `aws` and nothing are not asked.
    """
    wanted = {name for name in named if name not in ("", "aws")}
    words = {top: _words(root / top) for top in {name.split("/")[0] for name in wanted}}
    return {name: words[name.split("/")[0]] if _is_folder(root, name) else None for name in wanted}


def _is_folder(root: Path, name: str) -> bool:
    try:
        found = (root / name).resolve()
        return found.is_relative_to(root) and found.exists()
    except (OSError, ValueError, RuntimeError):
        return False


def _words(folder: Path) -> frozenset[str]:
    found: set[str] = set()
    files = (p for p in folder.rglob("*") if p.suffix in CODE) if folder.is_dir() else iter(())
    for _, path in zip(range(MAX_FILES), files, strict=False):
        if path.is_file() and path.stat().st_size <= MAX_BYTES:
            found.update(WORD.findall(path.read_text(encoding="utf-8", errors="replace")))
    return frozenset(found)
