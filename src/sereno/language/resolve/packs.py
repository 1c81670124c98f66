"""Packs: what ships with sereno, opened where `Use` asks; burn-rate policies where a reference does."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

from sereno.language.faults import documents as fault
from sereno.language.load import Document, Loaded, Variables, fill_in, read_documents, validated
from sereno.language.model import Alert
from sereno.language.problem import Problem
from sereno.language.resolve import alerts, signals
from sereno.language.resolve.context import ANY, Context
from sereno.language.rules import ours as rules
from sereno.language.rules.openslo import whole
from sereno.language.spec import ours
from sereno.language.text import Map, read

BURN_RATES = "burn-rates"
NO_PACKS = frozenset((BURN_RATES, "prices"))  # folders of data that `use` does not open


def _folder() -> Traversable:
    return files("sereno") / "packs"


@functools.cache
def names() -> tuple[str, ...]:
    """The packs that ship, as `use:` writes them."""
    found = [
        f"{vendor.name}/{file.name.removesuffix('.yaml')}"
        for vendor in _folder().iterdir()
        if vendor.is_dir() and vendor.name not in NO_PACKS
        for file in vendor.iterdir()
        if file.name.endswith(".yaml")
    ]
    return tuple(sorted(found))


@functools.cache
def policies() -> tuple[Document, ...]:
    """Every burn-rate policy that ships, as OpenSLO documents."""
    into = Loaded()
    for file in sorted((_folder() / BURN_RATES).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            read_documents(file.read_bytes(), f"packs/{BURN_RATES}/{file.name}", None, into)
    return tuple(into.documents)


def _shown(name: str) -> str:
    return f"packs/{name}.yaml"


@functools.cache
def _written(name: str) -> bytes:
    """What the pack's file says, pickled: a copy for each `Use` comes 30 times faster than from the file."""
    vendor, _, file = name.partition("/")
    return pickle.dumps(read((_folder() / vendor / f"{file}.yaml").read_bytes(), _shown(name)))


def _read(name: str) -> tuple[Map, list[Problem]]:
    """The pack as it is written, and what is wrong with it."""
    trees, problems = pickle.loads(_written(name))  # noqa: S301 - we wrote it just now
    return trees[0], problems


def pack(name: str, values: dict[str, str]) -> tuple[ours.Pack | None, list[Problem]]:
    """The pack with its parameters put in."""
    shown = _shown(name)
    tree, problems = _read(name)
    variables = Variables({**values, **_defaults(tree, values)})
    problems += fill_in(tree["spec"], shown, variables)
    tree["spec"] = _named(tree["spec"], variables)
    into = Loaded()
    found: ours.Pack | None = validated(ours.Pack, tree, shown, into)
    at = whole(shown, tree)["spec"]
    for part, rule in (("alerts", rules.alert),):
        for each in at[part].value or ():
            into.error(*rule(at[part][each]))
    return found, problems + into.problems


@functools.cache
def parameters(name: str) -> Mapping[str, ours.Parameter]:
    """What a pack asks for."""
    tree, _ = _read(name)
    return {key: ours.Parameter.model_validate(value) for key, value in tree["spec"]["parameters"].items()}


def _defaults(tree: Map, values: dict[str, str]) -> dict[str, str]:
    given = tree["spec"]["parameters"]
    found: dict[str, str] = {}
    for key, parameter in given.items():
        if key not in values and parameter.get("default") is not None:
            found[key] = _substituted(str(parameter["default"]), {**values, **found})
    return found


def _substituted(text: str, values: dict[str, str]) -> str:
    for key, value in values.items():
        text = text.replace("${" + key + "}", value)
    return text


def _named(spec: Map, variables: Variables) -> Map:
    """The keys of `signals` and `alerts` hold parameters too."""
    for part in ("signals", "alerts"):
        old = spec.get(part)
        if not isinstance(old, Map):
            continue
        new = Map(old.mark)
        for key, value in old.items():
            name = _substituted(key, dict(variables.values))
            new[name], new.keys_at[name], new.at[name] = value, old.keys_at[key], old.at[key]
        spec[part] = new
    return spec


class Opened:
    """A `Use` document with its pack."""

    def __init__(self, document: Document, use: ours.Use, pack: ours.Pack) -> None:
        self.document, self.use, self.pack = document, use, pack


def opened(context: Context) -> Iterator[Opened]:
    """Every pack in use, its parameters checked; what the pack asks for and is not given is reported."""
    for document, use in context.of("Use"):
        if use.spec.use not in names():
            at = document.span("spec", "use")
            context.report(fault.unknown_pack(at, use.spec.use, names()))
            context.doubtful.add(ANY)
        elif _given(context, document, use):
            found, problems = pack(use.spec.use, use.spec.with_)
            for problem in problems:
                context.report(
                    Problem(document.span("spec", "with"), problem.code, problem.message, problem.help)
                )
            if found is None:
                context.doubtful.add(ANY)
            else:
                yield Opened(document, use, found)


def _given(context: Context, document: Document, use: ours.Use) -> bool:
    wanted = parameters(use.spec.use)
    known = {name: parameter.description for name, parameter in wanted.items()}
    missing = [n for n, p in wanted.items() if p.default is None and n not in use.spec.with_]
    for name in missing:
        at = document.span("spec", "with", key=True)
        context.report(fault.pack_parameter(at, use.spec.use, name, known, missing=True))
    for name in use.spec.with_.keys() - wanted.keys():
        at = document.span("spec", "with", name, key=True)
        context.report(fault.pack_parameter(at, use.spec.use, name, known, missing=False))
    context.doubtful |= {ANY} if missing else set()
    return not missing


def declare_signals(context: Context, used: list[Opened]) -> None:
    """The packs' signals. Where a document of the project declares the same name, the project's holds."""
    for each in used:
        for name, signal in each.pack.spec.signals.items():
            if name not in context.signals and name in _needed(each):
                signals.declare(context, name, signal, each.document, ("spec", "use"))


def _needed(opened: Opened) -> set[str]:
    """The pack's signals that a kept alert reads, or a panel that is shown."""
    spec, use = opened.pack.spec, opened.use.spec
    texts = [
        f"{a.signal} {a.expr} {a.guard and a.guard.signal}"
        for n, a in spec.alerts.items()
        if n not in use.drop
    ]
    texts += [f"{' '.join(p.signals)} {p.expr}" for p in spec.panels] if use.dashboard else []
    texts += [str(s.expr) for s in spec.signals.values()]
    return {word for text in texts for word in text.split()}


def rows(used: list[Opened]) -> dict[str, list[tuple[Opened, list[ours.PanelSpec]]]]:
    """Dashboard -> the rows that packs add to it."""
    found: dict[str, list[tuple[Opened, list[ours.PanelSpec]]]] = {}
    for each in used:
        if each.use.spec.dashboard and each.pack.spec.panels:
            found.setdefault(each.use.spec.dashboard, []).append((each, each.pack.spec.panels))
    return found


def resolve(context: Context, used: list[Opened]) -> Iterator[Alert]:
    """The packs' alerts, with what each `Use` overrides and drops."""
    for each in used:
        spec = each.use.spec
        made = each.pack.spec.alerts
        for part in ("override", "drop"):
            for name in getattr(spec, part).keys() - made.keys():
                at = each.document.span("spec", part, name, key=True)
                context.report(fault.pack_alert(at, spec.use, name, made))
        for name, alert in made.items():
            if name not in spec.drop:
                changed = alerts.changed(alert, spec.override.get(name))
                labels = dict(each.use.metadata.labels or {})
                change = context.overrides.alerts.get(name)
                found = alerts.build(context, each.document, changed, change, labels, name)
                if found:
                    yield found
                else:
                    context.doubtful.add(name)
