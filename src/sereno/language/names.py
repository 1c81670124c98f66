"""Every address and name we mint. Changing one is a migration: the live thing bears it.

An address is a path of words, `slo/get-availability/page/1h-5m/long`, the same for every
environment. The live name puts `PROJECT-ENVIRONMENT-` before it and `-` between its words
(dashboards allow nothing else), so two addresses that would bear one name are a problem
(`checks.py`), never a silent overwrite.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from sereno.language.model import BurnPair, System

TAG_PROJECT = "sereno:project"
TAG_ENVIRONMENT = "sereno:environment"
TAG_ADDRESS = "sereno:address"
OURS = (TAG_PROJECT, TAG_ENVIRONMENT, TAG_ADDRESS)
# What the addresses of what plans make begin with.
WORDS = ("slo", "alert", "dashboard", "mute")


def prefix(system: System) -> str:
    """What the name of each thing we own begins with."""
    return f"{system.project}-{system.environment.name}-"


def live(system: System, address: str) -> str:
    """The vendor's name of an address; what was adopted keeps the name it had."""
    return system.adopted.get(address) or prefix(system) + address.replace("/", "-")


def window(seconds: int) -> str:
    """`5m`, `1h`, `3d`: the largest unit that divides it."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds % size == 0 and (unit != "d" or seconds > size):
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def slo(name: str, objective: str = "") -> str:
    """The SLO itself, where the vendor has such a thing. `objective` is empty for an SLO with one."""
    return f"slo/{name}/objective/{objective}" if objective else f"slo/{name}"


def pair(slo: str, objective: str, policy: BurnPair) -> str:
    """The AND of a burn-rate pair. `objective` is empty for an SLO with one."""
    return _pair(slo, objective, policy.severity, policy.long, policy.short)


@lru_cache(maxsize=256)  # a compiler asks for the few of an SLO ten times over
def _pair(slo: str, objective: str, severity: str, long: int, short: int) -> str:
    words = f"{window(long)}-{window(short)}"
    return "/".join(w for w in ("slo", slo, objective, severity, words) if w)


def long(pair: str) -> str:
    """The alarm over a pair's long window."""
    return f"{pair}/long"


def short(pair: str) -> str:
    """The alarm over a pair's short window."""
    return f"{pair}/short"


def burn(slo: str, severity: str) -> str:
    """The one composite of an SLO and a severity, which has the actions."""
    return f"slo/{slo}/{severity}"


def native(slo: str) -> str:
    """The vendor's own SLO (Application Signals)."""
    return f"slo/{slo}/native"


def silence(slo: str) -> str:
    """The no-data alert of an SLO."""
    return f"slo/{slo}/no-data"


def budget(slo: str, objective: str, left: Decimal) -> str:
    """The alert that tells when so much of a budget is left: `slo/NAME/budget-25` of a quarter."""
    share = f"{(left * 100).normalize():f}"
    return "/".join(word for word in ("slo", slo, objective, f"budget-{share}") if word)


def referred(reference: str) -> str:
    """The address of an alert as YAML names it: `NAME`, or `SLO/page`, `SLO/ticket`, `SLO/no-data`."""
    return f"slo/{reference}" if "/" in reference else alert(reference)


def alert(name: str) -> str:
    """A threshold alert: what has the actions."""
    return f"alert/{name}"


def threshold(name: str) -> str:
    """The bare condition of an alert that others inhibit: it has no actions."""
    return f"alert/{name}/threshold"


def guard(name: str) -> str:
    """The traffic an alert's low-traffic guard asks for, where that is an alarm of its own."""
    return f"alert/{name}/guard"


def silent(name: str, of: str = "silent") -> str:
    """The silence of an alert's signal (`guard-silent`: of its traffic), where that is an alarm by itself."""
    return f"alert/{name}/{of}"


def inhibitors(name: str) -> str:
    """The OR of what inhibits an alert, when that is more than one alarm."""
    return f"alert/{name}/inhibitors"


def synthetic(name: str) -> str:
    """A synthetic test of Datadog's, and its monitor."""
    return f"synthetic/{name}"


def mute(name: str) -> str:
    """A recurring mute of the routes."""
    return f"mute/{name}"


def mute_by_hand(alert: str) -> str:
    """A mute that a person laid on an alert: no plan sees it, and it expires by itself."""
    return f"by-hand/{alert}"


def test_page(receiver: str) -> str:
    """The alarm of a test page, there for as long as it takes."""
    return f"test-page/{receiver}"


def dashboard(name: str) -> str:
    return f"dashboard/{name}"


def alert_signal(alert: str) -> str:
    """The signal that an alert's own expression makes. `/` keeps minted signals apart from declared ones."""
    return f"alert/{alert}"


def panel_signal(dashboard: str, row: int, panel: int) -> str:
    """The signal that a panel's own expression makes."""
    return f"dashboard/{dashboard}/{row}/{panel}"


def source_signal(slo: str, objective: str, role: str) -> str:
    """The signal of a raw source in an SLO's indicator. `role` is good, bad, total, raw or threshold."""
    return "/".join(w for w in ("slo", slo, objective, role) if w)
