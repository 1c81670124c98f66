"""The burn rates that ship, as rules: what a team would get without thinking."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from sereno.engine.burn import Pair
from sereno.language.durations import shorthand
from sereno.language.model import DAY, MINUTE
from sereno.language.resolve.packs import policies
from sereno.proof.rules import BurnRule

TWELFTH = 12  # SRE workbook, chapter 5, approach 6


def google(window: int) -> tuple[BurnRule, ...]:
    """The Google policies for an SLO window in seconds, a rule a severity; none where none ship."""
    file = f"packs/burn-rates/google-{window // DAY}d.yaml"
    found: dict[Literal["page", "ticket"], list[Pair]] = {}
    for document in policies():
        if document.file == file and document.spec is not None:
            condition = document.spec.spec.conditions[0].spec
            long = (shorthand(str(condition.condition.lookback_window)) or MINUTE) // MINUTE
            pair = Pair(long, max(1, long // TWELFTH), Decimal(condition.condition.threshold))
            found.setdefault("page" if condition.severity == "page" else "ticket", []).append(pair)
    return tuple(BurnRule(f"google {severity}", tuple(pairs), severity) for severity, pairs in found.items())
