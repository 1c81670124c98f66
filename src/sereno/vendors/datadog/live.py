"""What is live: ours read page by page, and changed one step at a time.

`reading.py` says what that is. Two live things that say they are the same (a create whose answer was lost,
two applies at once) are told apart by their ids, and the newer one is deleted: by the next plan, or at the
end of the apply that made it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sereno.errors import Unable
from sereno.language.model import System
from sereno.language.names import live as live_name
from sereno.language.problem import Problem
from sereno.vendors import datadog
from sereno.vendors.backend import Change, Event, Metric, Outcome, Points, Resource, Unavailable
from sereno.vendors.datadog import downtimes, forms, reading
from sereno.vendors.datadog.answers import Refused
from sereno.vendors.datadog.client import Calls, now
from sereno.vendors.datadog.reading import Raw, each_once
from sereno.vendors.datadog.synthetics import GLOBAL
from sereno.vendors.plan import ABSENT, Live, Terms, plan

if TYPE_CHECKING:
    from sereno.vendors.datadog.history import Standing

PATHS = {
    **dict.fromkeys(forms.MONITORS, "/api/v1/monitor"),
    **dict.fromkeys(forms.SLOS, "/api/v1/slo"),
    "synthetics-test": "/api/v1/synthetics/tests/api",
    "dashboard": "/api/v1/dashboard",
    "downtime": "/api/v2/downtime",
}
GONE = 404


@dataclass(frozen=True)
class Datadog:
    """The `Backend`. It remembers the ids of what was read and made."""

    calls: Calls
    system: System
    terms: Terms = forms.TERMS
    ids: dict[str, str] = field(default_factory=dict)  # by address

    def compile(self, system: System) -> tuple[tuple[Resource, ...], tuple[Problem, ...]]:
        return datadog.compile(system)

    def place(self) -> str:
        """Datadog does not tell which organisation the keys are of; the live state's fingerprint does."""
        return ""

    def read(self, system: System) -> Iterator[Resource]:
        """What is live and ours."""
        yield from self.live(system).owned

    def live(self, system: System) -> Live:
        """Ours. Names are not unique on Datadog, so nobody holds one of ours."""
        calls = self.calls
        found = list(each_once([*reading.slos(calls, system), *reading.monitors(calls, system)]))
        found += each_once(list(reading.tests(calls, system)))
        found += each_once([*reading.dashboards(calls, system), *reading.downtimes(calls, system)])
        self.ids.clear()
        self.ids.update({raw.address: raw.id for raw in found})
        address_of = {raw.id: raw.address for raw in found}.get
        return Live(tuple(_resource(raw, address_of) for raw in found))

    def named(self, prefix: str) -> Iterator[Resource]:
        """Every monitor whose name begins so, whosever it is: what `import` reads."""
        for monitor in self.calls.monitors(""):
            if str(monitor["name"]).startswith(prefix):
                kind = forms.KIND_OF_TYPE.get(monitor["type"], str(monitor["type"]))
                yield Resource(kind, "", monitor)

    def observe(
        self, metrics: Sequence[Metric], start: int, end: int
    ) -> Mapping[Metric, Points | Unavailable]:
        """What each metric was, over [start, end)."""
        from sereno.vendors.datadog import observer

        return observer.observe(self.calls, metrics, start, end)

    def events(self, names: Sequence[str], start: int, end: int) -> Sequence[Event] | Unavailable:
        """The state changes of these alarms in [start, end), oldest first."""
        from sereno.vendors.datadog import history

        try:
            monitors = {
                int(raw.id): history.watched(name, raw.body)
                for raw in reading.monitors(self.calls, self.system)
                if (name := live_name(self.system, raw.address)) in names
            }
        except Refused as refused:
            return Unavailable(str(refused))
        return history.events(self.calls, monitors, start, end)

    def standing(
        self, addresses: Collection[str], start: int, end: int
    ) -> Mapping[str, Standing | Unavailable]:
        """How those of these SLOs that are there stood over [start, end), in Datadog's own figures."""
        from sereno.vendors.datadog import history

        return {
            raw.address: history.standing(self.calls, raw.id, str(raw.body.get("timeframe")), start, end)
            for raw in each_once(list(reading.slos(self.calls, self.system)))
            if raw.address in addresses
        }

    def cost(self, system: System, live: Sequence[Resource], changes: Sequence[Change]) -> str:
        """What is counted, and how late metrics come; the price is in the contract."""
        from sereno.vendors.datadog.cost import summary

        return summary(system, live, changes)

    def apply(self, changes: Sequence[Change]) -> Iterator[Outcome]:
        """One by one; what needs a refused one is not tried. Then what another apply made as well goes."""
        made: dict[str, str] = {}  # ids, by address
        for outcome in self._each(changes):
            address = outcome.change.resource.address
            if outcome.change.verb == "create" and not outcome.error:
                made[address] = self.ids[address]
            yield outcome
        if made:
            yield from self._each(self._twice(changes, made))

    def _each(self, changes: Sequence[Change]) -> Iterator[Outcome]:
        failed: set[str] = set()
        for change in changes:
            outcome = self._one(change, failed)
            if outcome.error:
                failed.add(change.resource.address)
            yield outcome

    def _twice(self, changes: Sequence[Change], made: Mapping[str, str]) -> tuple[Change, ...]:
        """Steps for what was made here although an older one of that address is there by now.

        Each apply takes away its own alone. What it made and keeps is turned to what is left.
        """
        younger = {f"{address}#{identity}" for address, identity in made.items()}
        live = self.live(self.system).owned
        if not any(resource.address in younger for resource in live):
            return ()
        kept = {address for address, identity in made.items() if self.ids.get(address) == identity}
        mine = [resource for resource in live if resource.address in kept | younger]
        wanted = [c.resource for c in changes if c.verb == "create" and c.resource.address in kept]
        return tuple(c for c in plan(wanted, mine, self.terms) if c.verb != "create")

    def _one(self, change: Change, failed: set[str]) -> Outcome:
        missing = failed & set(self.terms.needs(change.resource)) if change.verb != "delete" else set()
        if missing:
            return Outcome(change, f"not tried: it needs {', '.join(sorted(missing))}")
        try:
            self._delete(change.resource) if change.verb == "delete" else self._put(change)
        except Refused as refused:
            return Outcome(change, str(refused))
        except KeyError as unknown:
            return Outcome(change, _missing(str(unknown.args[0])))
        return Outcome(change)

    def _put(self, change: Change) -> None:
        resource = change.resource
        if resource.kind == "synthetics-test":
            self._name_globals(resource)
        body = _cleared(change, forms.sent(resource.body, self.ids))
        path = PATHS[resource.kind]
        if resource.kind == "downtime":
            self._put_downtime(change, body)
        elif change.verb == "update" and self._updated(f"{path}/{self.ids[resource.address]}", body):
            return
        else:
            made = self.calls.call("POST", path, body)
            self.ids[resource.address] = _identity(made, path)

    def _name_globals(self, resource: Resource) -> None:
        """The ids of the global variables that a test names, asked for once."""
        named = [each["name"] for each in resource.body["config"].get("configVariables", ())]
        if any(GLOBAL + name not in self.ids for name in named):
            found = self.calls.listed("/api/v1/synthetics/variables", "variables")
            self.ids.update({GLOBAL + str(each.get("name")): str(each.get("id")) for each in found})

    def _updated(self, path: str, body: Mapping[str, Any]) -> bool:
        """False where somebody deleted it meanwhile, so that it is made anew."""
        try:
            self.calls.call("PUT", path, body)
        except Refused as refused:
            if refused.status != GONE:
                raise
            return False
        return True

    def _put_downtime(self, change: Change, body: dict[str, Any]) -> None:
        """A downtime that has begun cannot be moved: it is cancelled, and laid anew."""
        if change.verb == "update":
            self._delete(change.resource)
        schedule = downtimes.begun(body["schedule"], now())
        made = lay_downtime(self.calls, {**body, "schedule": schedule})
        self.ids[change.resource.address] = made

    def _call_delete(self, kind: str, identity: str) -> None:
        if kind == "synthetics-test":
            self.calls.call("POST", "/api/v1/synthetics/tests/delete", {"public_ids": [identity]})
        else:
            self.calls.call("DELETE", f"{PATHS[kind]}/{identity}")

    def _delete(self, resource: Resource) -> None:
        """What somebody else deleted meanwhile is deleted."""
        identity = self.ids.pop(resource.address, "")
        if not identity:
            return
        try:
            self._call_delete(resource.kind, identity)
        except Refused as refused:
            if refused.status != GONE:
                self.ids[resource.address] = identity
                raise


def _missing(address: str) -> str:
    if not address.startswith(GLOBAL):
        return f"not tried: it needs {address}, which is not there"
    name = address.removeprefix(GLOBAL)
    return (
        f"not tried: Datadog has no global variable `{name}`: make it in the settings of Synthetic Monitoring"
    )


def _resource(raw: Raw, address_of: forms.AddressOf) -> Resource:
    """Raises Unable for one whose parts are not where Datadog has them: nothing is planned on a guess."""
    try:
        found = Resource(raw.kind, raw.address, forms.taken_in(raw.kind, raw.body, address_of))
        forms.form(found)
    except (KeyError, TypeError, AttributeError, ValueError) as wrong:
        what = f"the {raw.kind} {raw.address} (id {raw.id}) is in a form that is not known"
        raise Unable(f"{what}: {type(wrong).__name__}") from wrong
    return found


def _identity(made: Mapping[str, Any], path: str) -> str:
    """Of what was made: an SLO is answered in a list of one, a downtime within `data`."""
    data = made.get("data", made)
    first = data[0] if isinstance(data, list) and data else data
    found = (first.get("public_id") or first.get("id")) if isinstance(first, dict) else None
    if not found:
        raise Refused(200, f"POST {path}: the answer names no id; a plan shows whether it was made")
    return str(found)


def _cleared(change: Change, body: Mapping[str, Any]) -> dict[str, Any]:
    """With nothing for what is live and not wanted: Datadog keeps what an update does not name."""
    found = {**body, **({"options": dict(body["options"])} if "options" in body else {})}
    for path, live, wanted in change.fields:
        holder = {"": found, "options": found.get("options")}.get(path.rpartition(".")[0])
        if wanted == ABSENT and isinstance(holder, dict):
            key = path.rpartition(".")[2]
            nothing: Any = [] if isinstance(live, list) else {} if isinstance(live, Mapping) else None
            holder[key] = forms.DEFAULTS.get(key, (nothing,))[0]
    return found


def lay_downtime(calls: Calls, attributes: Mapping[str, Any]) -> str:
    """The id of a new downtime."""
    path = "/api/v2/downtime"
    made = calls.call("POST", path, {"data": {"type": "downtime", "attributes": attributes}})
    return _identity(made, path)
