"""What is wanted against what is live: the steps, in an order the vendor accepts at each of them.

Things are the same when they bear the same live name. What others need is made before them
and deleted after them. A name that must change its kind is deleted and made again, and
so is whatever stands on it, for the vendor deletes nothing that is stood upon.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import ndiff
from hashlib import sha256
from typing import Any

from sereno.language.problem import Problem, Span
from sereno.vendors.backend import Body, Change, Resource

FORMAT = 2  # of the machine-readable plan
ABSENT = "(none)"

Things = Mapping[str, Resource]


@dataclass(frozen=True, slots=True)
class Terms:
    """What planning must know of a vendor."""

    name: Callable[[Resource], str]  # the identity of the live thing
    form: Callable[[Resource], Body]  # the body with defaults put in and order taken out
    needs: Callable[[Resource], Sequence[str]]  # the names that must exist while it does


@dataclass(frozen=True, slots=True)
class Live:
    """What is there: ours, and the names that others hold among those we would mint."""

    owned: tuple[Resource, ...]
    foreign: frozenset[str] = frozenset()


def plan(wanted: Iterable[Resource], live: Iterable[Resource], terms: Terms) -> tuple[Change, ...]:
    """The steps from live to wanted; none when they are the same."""
    want = {terms.name(r): r for r in wanted}
    have = {terms.name(r): r for r in live}
    again = _again(want, have, terms)
    first = [have[n] for n in reversed(ordered(have, terms)) if n in again]
    gone = [have[n] for n in reversed(ordered(have, terms)) if n not in again and n not in want]
    puts = (_put(want[n], None if n in again else have.get(n), terms) for n in ordered(want, terms))
    return (
        *(Change("delete", r) for r in first),
        *(change for change in puts if change),
        *(Change("delete", r) for r in sorted(gone, key=lambda r: _last(r, terms))),
    )


def _last(resource: Resource, terms: Terms) -> str:
    """What stands on nothing goes at the very end, kind by kind, so that many can go in one call."""
    return "" if terms.needs(resource) else resource.kind


def _again(want: Things, have: Things, terms: Terms) -> frozenset[str]:
    """The live names whose kind changes, and those that stand on them."""
    again = {n for n, r in have.items() if n in want and want[n].kind != r.kind}
    while more := {n for n, r in have.items() if n not in again and again & set(terms.needs(r))}:
        again |= more
    return frozenset(again)


def ordered(things: Things, terms: Terms) -> list[str]:
    """The names, each after what it needs, else by address. A cycle is cut where it closes."""
    placed: dict[str, None] = {}
    seen: set[str] = set()

    def place(name: str) -> None:
        if name in seen:
            return
        seen.add(name)
        for need in sorted(set(terms.needs(things[name])) & things.keys()):
            place(need)
        placed[name] = None

    for name in sorted(things, key=lambda n: (things[n].address, n)):
        place(name)
    return list(placed)


def _put(wanted: Resource, live: Resource | None, terms: Terms) -> Change | None:
    if live is None:
        return Change("create", wanted)
    fields = tuple(differences(terms.form(live), terms.form(wanted)))
    return Change("update", wanted, fields) if fields else None


def differences(live: Any, wanted: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(path, live, wanted) wherever two values differ; what one side lacks is `(none)`."""
    if isinstance(live, Mapping) and isinstance(wanted, Mapping):
        for key in sorted(live.keys() | wanted.keys()):
            below = f"{path}.{key}" if path else str(key)
            yield from differences(live.get(key, ABSENT), wanted.get(key, ABSENT), below)
    elif isinstance(live, list) and isinstance(wanted, list) and len(live) == len(wanted):
        for n, (one, other) in enumerate(zip(live, wanted, strict=True)):
            yield from differences(one, other, f"{path}[{n}]")
    elif live != wanted:
        yield path, live, wanted


def taken(changes: Iterable[Change], foreign: frozenset[str], terms: Terms) -> tuple[Problem, ...]:
    """Names that a change would take from somebody else."""
    return tuple(
        Problem(
            change.resource.where,
            "plan-foreign",
            f"`{name}` exists, and its tags do not say that it is ours",
            "rename ours, or delete that one; nothing of it is touched",
        )
        for change in changes
        if change.verb == "create" and (name := terms.name(change.resource)) in foreign
    )


def only(changes: Sequence[Change], targets: Sequence[str], live: Things, terms: Terms) -> tuple[Change, ...]:
    """The changes at or below these addresses, and those without which they would be refused."""
    if not targets:
        return tuple(changes)
    leads_to = _leads_to(changes, live, terms)
    chosen: set[int] = set()
    waiting = [n for n, change in enumerate(changes) if _below(change.resource.address, targets)]
    while waiting:
        n = waiting.pop()
        if n not in chosen:
            chosen.add(n)
            waiting += leads_to(n)
    return tuple(change for n, change in enumerate(changes) if n in chosen)


def unmatched(targets: Sequence[str], known: Iterable[str]) -> list[str]:
    """The targets at and below which there is nothing."""
    every = list(known)
    return [target for target in targets if not any(_below(address, [target]) for address in every)]


def _below(address: str, targets: Sequence[str]) -> bool:
    return any(address == target or address.startswith(f"{target}/") for target in targets)


def _leads_to(changes: Sequence[Change], live: Things, terms: Terms) -> Callable[[int], list[int]]:
    """The changes that one brings with it: what it needs made, and what stands on what it deletes."""
    of_name: dict[str, list[int]] = defaultdict(list)
    standing: dict[str, list[int]] = defaultdict(list)
    for n, change in enumerate(changes):
        mine = terms.name(change.resource)
        of_name[mine].append(n)
        for need in terms.needs(live[mine]) if mine in live else ():
            standing[need].append(n)

    def brought(n: int) -> list[int]:
        mine = terms.name(changes[n].resource)
        if changes[n].verb == "delete":
            return of_name[mine] + standing[mine]
        needed = [m for need in terms.needs(changes[n].resource) for m in of_name[need]]
        return of_name[mine] + [m for m in needed if changes[m].verb != "delete"]

    return brought


def adopts(change: Change) -> bool:
    """Whether it only marks what was live as ours, by our tags."""
    return change.verb == "update" and all(
        live == ABSENT and (path.startswith("Tags.sereno:") or (path == "Tags" and _marks(wanted)))
        for path, live, wanted in change.fields
    )


def _marks(tags: Any) -> bool:
    return isinstance(tags, Mapping) and all(key.startswith("sereno:") for key in tags)


def render(changes: Sequence[Change]) -> str:
    """`+` created, `~` changed (field by field), `-` deleted, `=` adopted; then one line that counts them."""
    return "".join(_lines(change) for change in changes) + summary(changes) + "\n"


def _lines(change: Change) -> str:
    if adopts(change):
        return f"= {change.resource.kind} {change.resource.address} is adopted as it is\n"
    sign = {"create": "+", "update": "~", "delete": "-"}[change.verb]
    first = f"{sign} {change.resource.kind} {change.resource.address}\n"
    return first + "".join(_field(path, live, wanted) for path, live, wanted in change.fields)


def _field(path: str, live: Any, wanted: Any) -> str:
    """Before and after in one line; of texts of several lines, those lines that differ."""
    if not all(isinstance(text, str) and "\n" in text for text in (live, wanted)):
        return f"    {path}: {_shown(live)} -> {_shown(wanted)}\n"
    compared = ndiff(live.split("\n"), wanted.split("\n"))
    lines = [f"      {line[0]} {_shown(line[2:])}\n" for line in compared if line[0] in "-+"]
    return "".join([f"    {path}, by its lines:\n", *lines])


def _shown(value: Any) -> str:
    return value if value is ABSENT else json.dumps(value, ensure_ascii=False, sort_keys=True)


def summary(changes: Sequence[Change]) -> str:
    """`3 to create, 1 to change, 0 to delete`, and how many are adopted."""
    created, changed, deleted, adopted = _counted(changes)
    said = f"{created} to create, {changed} to change, {deleted} to delete"
    return f"{said}; {adopted} to adopt: only tags are added" if adopted else said


def outcome(changes: Sequence[Change]) -> str:
    """The same of changes that were made."""
    created, changed, deleted, adopted = _counted(changes)
    said = f"{created} created, {changed} changed, {deleted} deleted"
    return f"{said}; {adopted} adopted" if adopted else said


def _counted(changes: Sequence[Change]) -> tuple[int, int, int, int]:
    """How many are created, changed, deleted and adopted."""
    adopted = sum(map(adopts, changes))
    count = {verb: sum(c.verb == verb for c in changes) for verb in ("create", "update", "delete")}
    return count["create"], count["update"] - adopted, count["delete"], adopted


def fingerprint(live: Iterable[Resource], terms: Terms) -> str:
    """Of a live state: a plan made from another state is stale."""
    forms = sorted((terms.name(r), r.kind, json.dumps(terms.form(r), sort_keys=True)) for r in live)
    return sha256(json.dumps(forms).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Saved:
    """A plan in a file: for which environment and account, from which live state, and its steps."""

    project: str
    environment: str
    backend: str
    place: str  # the account and region; empty where the vendor does not say
    live: str  # the fingerprint
    changes: tuple[Change, ...]


def dump(saved: Saved) -> str:
    """As JSON, the same for the same plan, with a digest of it all."""
    raw = {"format": FORMAT, **asdict(saved)}
    return json.dumps({**raw, "digest": _digest(raw)}, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _digest(raw: Mapping[str, Any]) -> str:
    return sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()


def load(text: str) -> Saved:
    """The reverse. Raises ValueError (a sentence) for anything `dump` did not write."""
    try:
        raw = json.loads(text)
        if raw["format"] != FORMAT:
            raise ValueError(f"this sereno reads plans of format {FORMAT}: run `sereno plan` again")
        if raw.pop("digest") != _digest(raw):
            raise ValueError("somebody has changed this plan since it was made: run `sereno plan` again")
        raw.pop("format")
        changes = tuple(_change(change) for change in raw.pop("changes"))
        return Saved(**raw, changes=changes)
    except (KeyError, TypeError, AttributeError, RecursionError, json.JSONDecodeError) as error:
        raise ValueError("this is not a whole plan that `sereno plan --out` wrote") from error


def _change(raw: dict[str, Any]) -> Change:
    body = raw["resource"]
    where = Span(**body.pop("where"))
    fields = tuple((path, live, wanted) for path, live, wanted in raw["fields"])
    return Change(raw["verb"], Resource(**body, where=where), fields)
