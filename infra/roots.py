"""Whether the database's roots that functions carry are those AWS publishes.

    python infra/roots.py GLOBAL_BUNDLE.pem

Exits 1 and says so where rds-global-bundle.pem has a root of RDS that AWS's bundle does not have. Amazon's
general roots, which RDS Proxy uses, are not in that bundle, and are left out.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

OURS: Final = Path(__file__).resolve().parent / "rds-global-bundle.pem"
_NAMED: Final = re.compile(
    r"# ([^\n]+)\n(-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----)", re.DOTALL
)
_BLOCK: Final = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)


def body(block: str) -> str:
    """A certificate's letters, whatever its line breaks."""
    found = _BLOCK.search(block)
    return "".join(found[1].split()) if found else ""


def unknown(ours: str, official: str) -> list[str]:
    """Names of our roots of RDS that AWS does not publish."""
    published = {body(found[0]) for found in _BLOCK.finditer(official)}
    named = ((name, body(block)) for name, block in _NAMED.findall(ours))
    return [name for name, letters in named if name.startswith("Amazon RDS ") and letters not in published]


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1:
        print("roots: give AWS's global-bundle.pem", file=sys.stderr)
        return 2
    try:
        official = Path(arguments[0]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        print(f"roots: {arguments[0]} is no bundle of certificates: {error}", file=sys.stderr)
        return 2
    if not _BLOCK.search(official):
        print(f"roots: {arguments[0]} has no certificate", file=sys.stderr)
        return 2
    found = unknown(OURS.read_text(encoding="utf-8"), official)
    print(
        "\n".join(f"AWS does not publish: {name}" for name in found)
        or "Every root of RDS is one AWS publishes."
    )
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
