"""Runbooks that say nothing, lead nowhere, or are for something else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sereno.language.checks.whole import Whole
from sereno.language.model import Runbook, System
from sereno.language.problem import Problem, Span

HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def _first_line(runbook: Runbook, whole: Whole) -> int:
    """The line of the file on which the text begins, after the front matter."""
    data = whole.sources.get(runbook.path, b"")
    return max(1, len(data.splitlines()) - len(runbook.text.splitlines()) + 1)


def empty_section(whole: Whole) -> Iterator[Problem]:
    """A heading in a runbook is followed by words: at 3 a.m. an empty section is a broken promise.

    Breaks: `## Ways out` and at once `## Who decides`
    Keeps: text under each heading, or the heading removed
    """
    for runbook in whole.system.runbooks.values():
        text = FENCE.sub(lambda m: re.sub(r"[^\n]", "x", m[0]), runbook.text)
        found = list(HEADING.finditer(text))
        for i, heading in enumerate(found):
            following = found[i + 1] if i + 1 < len(found) else None
            if following is not None and len(following[1]) > len(heading[1]):
                continue
            if not text[heading.end() : following.start() if following else len(text)].strip():
                line = _first_line(runbook, whole) + text.count("\n", 0, heading.start())
                at = Span(runbook.path, line, 1, len(heading[0]) + 1)
                words = f"the section `{heading[2]}` is empty"
                yield Problem(at, "empty-section", words, "write it, or remove the heading", "warning")


def dead_link(whole: Whole) -> Iterator[Problem]:
    """A relative link in a runbook leads to a file of the project.

    Breaks: `[the queue](oldest-mesage-age.md)`
    Keeps: `[the queue](oldest-message-age.md)`
    """
    for link in whole.dead_links:
        words = f"the link leads to `{link.target}`, which is not there"
        yield Problem(link.at, "dead-link", words, "mend the link, or write the file", "warning")


def _users(system: System) -> dict[str, list[str]]:
    """Runbook -> the alerts and SLOs that send people to it."""
    used: dict[str, list[str]] = {}
    for runbook, name in (
        *((a.runbook, a.name) for a in system.alerts),
        *((s.runbook, s.name) for s in system.slos),
    ):
        used.setdefault(runbook, []).append(name)
    return used


def unused_runbook(whole: Whole) -> Iterator[Problem]:
    """A runbook that no alert and no SLO refers to is not found when it is needed.

    Breaks: `runbooks/dlq.md` where the alert is called `dlq-not-empty`
    Keeps: the file named as the alert, or `runbook: dlq` in the alert
    """
    used = _users(whole.system)
    for runbook in whole.system.runbooks.values():
        if runbook.name not in used:
            words = f"no alert and no SLO refers to `{runbook.name}`"
            at = Span(runbook.path)
            yield Problem(at, "unused-runbook", words, "name it as its alert, or remove it", "warning")


def wrong_applies_to(whole: Whole) -> Iterator[Problem]:
    """`applies-to` of a runbook lists the alerts and SLOs that refer to it, and no others.

    Breaks: `applies-to: [dlq]` in the runbook of `dlq-not-empty`
    Keeps: `applies-to: [dlq-not-empty]`
    """
    used = _users(whole.system)
    for name, listed in whole.applies_to.items():
        wanted = used.get(name, [])
        if name in used and set(wanted) != set(listed):
            at = Span(whole.system.runbooks[name].path)
            words = f"`applies-to` says {', '.join(listed) or 'nothing'}, not {', '.join(wanted)}"
            hint = f"write `applies-to: [{', '.join(wanted)}]`"
            yield Problem(at, "wrong-applies-to", words, hint, "warning")
