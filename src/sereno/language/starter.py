"""What `sereno init` writes: a project that `sereno check` passes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files

from sereno.language.text import BARE, NULLS, read


def starter(values: Mapping[str, str]) -> dict[str, str]:
    """File -> text, with `@name@` put in. The values: service, owner, backend, region."""
    trees, _ = read((files("sereno") / "packs" / "starter.yaml").read_bytes(), "packs/starter.yaml")
    return {_filled(path, values): _filled(text, values) for path, text in trees[0].items()}


def _filled(text: str, values: Mapping[str, str]) -> str:
    """A whole value is quoted if some reader of YAML takes it for another thing: a service named `no`."""
    for name, value in values.items():
        quoted = f'"{value}"' if BARE.fullmatch(value) or value in NULLS else value
        text = re.sub(rf"(?<=: )@{name}@(?=[,}}\n])", quoted, text).replace(f"@{name}@", value)
    return text
