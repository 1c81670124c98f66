"""What is built, byte for byte: a small shop, and this repository's own YAML."""

from __future__ import annotations

import json
from pathlib import Path

from sereno.language import load_system
from sereno.language.model import System
from sereno.language.problem import errors
from sereno.vendors.datadog import compile as compiled
from tests.golden_files import check_golden
from tests.vendors.datadog.systems import SHOP

ROOT = Path(__file__).parents[3]


def written(system: System) -> str:
    resources, problems = compiled(system)

    assert errors(problems) == []
    listed = [{"kind": r.kind, "address": r.address, "body": r.body} for r in resources]
    return json.dumps(listed, indent=1, ensure_ascii=False) + "\n"


def test_golden_shop() -> None:
    check_golden("datadog/shop.json", written(SHOP))


def test_golden_own_yaml() -> None:
    system, _ = load_system(ROOT, "local", "datadog")

    assert system is not None
    check_golden("datadog/users.json", written(system))


def test_the_same_system_gives_the_same_bytes() -> None:
    assert written(SHOP) == written(SHOP)
