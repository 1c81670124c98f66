"""Golden files: `make golden` (SERENO_GOLDEN=1) writes them anew, everything else compares."""

from __future__ import annotations

import os
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"


def check_golden(name: str, actual: str) -> None:
    """The file under tests/golden is what was made now, byte for byte."""
    path = GOLDEN / name
    if os.environ.get("SERENO_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(actual, encoding="utf-8")
    expected = path.read_text(encoding="utf-8") if path.exists() else ""

    assert expected == actual, f"{path.name} differs: if that is meant, run `make golden` and review the diff"
