"""What every part of resolving shares: the documents by kind and name, and the problems found."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sereno.language.faults import documents as fault
from sereno.language.load import Document
from sereno.language.model import Environment, Receiver, Runbook, Signal
from sereno.language.problem import Problem, Span
from sereno.language.spec import ours

OWNER = "sereno.dev/owner"
RUNBOOK = "sereno.dev/runbook"
SHORT_WINDOW = "sereno.dev/short-window"
MINIMUM_BAD = "sereno.dev/minimum-bad"
NATIVE = "sereno.dev/application-signals"
ANY = "*"  # in `Context.doubtful`: a pack that could not be opened, whose alerts and signals are unknown


@dataclass(slots=True)
class Context:
    """`lenient`: a folder of OpenSLO documents only, where what matters to compiling alone is a warning."""

    project: str
    environment: Environment
    documents: list[Document]
    lenient: bool = False
    overrides: ours.Overrides = field(default_factory=ours.Overrides)
    override_spans: dict[str, Span] = field(default_factory=dict)
    runbooks: dict[str, Runbook] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    signals: dict[str, Signal] = field(default_factory=dict)
    receivers: dict[str, Receiver] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)  # signals whose document has errors: known, but not usable
    doubtful: set[str] = field(
        default_factory=set
    )  # alerts and SLOs with errors: what refers to them may be right
    index: dict[tuple[str, str], Document] = field(default_factory=dict)
    policies: dict[str, Any] = field(default_factory=dict)  # those referred to, as `policies.py` reads them

    def report(self, problem: Problem) -> None:
        self.problems.append(problem)

    def report_of_compiling(self, problem: Problem) -> None:
        """What no rule of OpenSLO asks, but compiling needs: of a lenient folder a warning only."""
        self.report(replace(problem, severity="warning") if self.lenient else problem)

    def build_index(self) -> None:
        """Documents by kind and name; those with errors too, so that references to them do not add more."""
        for document in self.documents:
            key = (document.kind, document.name)
            if document.spec is None and document.kind in ("Alert", "SLO", "Use"):
                self.doubtful.add(ANY if document.kind == "Use" else document.name)
            first = self.index.setdefault(key, document)
            if first is not document and document.name and document.kind != "Signals":
                at = document.span("metadata", "name")
                self.report(
                    fault.two_of_a_name(at, document.kind, document.name, first.span("metadata", "name"))
                )

    def of(self, kind: str) -> Iterator[tuple[Document, Any]]:
        """The sound documents of a kind, each name once, with their specification."""
        for (each, _), document in list(self.index.items()):
            if each == kind and document.spec is not None:
                yield document, document.spec

    def every(self, kind: str) -> Iterator[tuple[Document, Any]]:
        """The sound documents of a kind whose names need not differ."""
        return ((d, d.spec) for d in self.documents if d.kind == kind and d.spec is not None)

    def names(self, kind: str) -> list[str]:
        return [name for each, name in self.index if each == kind]

    def find(self, kind: str, name: str, at: Span) -> Document | None:
        """The document, or None and a problem."""
        found = self.index.get((kind, name))
        if found is None:
            self.report(fault.unknown_reference(at, kind, name, self.names(kind)))
        return found

    def signal(self, name: str, at: Span) -> bool:
        """Whether the signal is declared; if not, a problem."""
        if name in self.signals:
            return True
        if name not in self.unread and ANY not in self.doubtful:
            self.report(fault.unknown_signal(at, name, [n for n in self.signals if "/" not in n]))
        return False

    def alert(self, name: str, at: Span, known: Collection[str]) -> None:
        """A problem if no alert has this name, unless it may be one that has errors itself."""
        if name not in known and not {name.partition("/")[0], ANY} & self.doubtful:
            self.report(fault.unknown_alert(at, name, known))

    def service(self, name: str, at: Span) -> None:
        """A problem if no Service document has this name."""
        if ("Service", name) not in self.index:
            known = self.names("Service")
            self.report(fault.unknown_service(at, name, known, lenient=self.lenient))

    def owner_of(self, service: str) -> str:
        """The owner that the service's document names, for what names none itself."""
        document = self.index.get(("Service", service))
        if document is None or document.spec is None:
            return ""
        return str((document.spec.metadata.annotations or {}).get(OWNER, ""))

    def runbook(self, name: str, at: Span, *, named: bool) -> None:
        """A problem if the runbook is not there; less of one if nobody `named` it."""
        if name not in self.runbooks and not self.lenient:
            self.report(fault.unknown_runbook(at, name, self.runbooks, named=named))
