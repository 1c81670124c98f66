"""Alert tests as JUnit XML: a suite a test document, a case an expectation."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from sereno.proof.alert_tests import Run, reference
from sereno.proof.show import clock, failures


def render(runs: Sequence[Run]) -> str:
    root = Element("testsuites", name="sereno test")
    for run in runs:
        _suite(root, run)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(root: Element, run: Run) -> None:
    failed = [outcome for outcome in run.outcomes if outcome.wrong]
    suite = SubElement(
        root, "testsuite", name=f"{run.test.name} on {run.alarms.vendor.NAME}", file=run.test.where.file
    )
    suite.set("tests", str(len(run.outcomes)))
    suite.set("failures", str(len(failed)))
    paragraphs = iter(list(failures(run)))
    for outcome in run.outcomes:
        name = f"{reference(outcome.expected.alert)} at {clock(outcome.expected.at)}"
        case = SubElement(suite, "testcase", classname=run.test.name, name=name)
        if outcome.wrong:
            SubElement(case, "failure", message="; ".join(outcome.wrong)).text = next(paragraphs)
