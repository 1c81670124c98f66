"""The report as JUnit XML: one test a SLO, one for the gate. Jenkins, GitLab and others draw it.

A breached SLO is a failure, one without data is skipped (unless its data could not be asked for:
an error), so that "no data" never shows as a pass.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from sereno.report import show
from sereno.report.model import Report, SloReport


def render(report: Report) -> str:
    suite = Element("testsuite", name=_clean(f"SLOs of {report.project}, {report.environment}"))
    for line in report.slos:
        _case(suite, line)
    gate = SubElement(suite, "testcase", classname="error-budget-policy", name="gate")
    if report.gate.action == "freeze":
        SubElement(gate, "failure", message=_clean(report.gate.sentence))
    suite.set("tests", str(len(suite)))
    for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(kind, str(len(suite.findall(f"testcase/{tag}"))))
    root = Element("testsuites")
    root.append(suite)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _case(suite: Element, line: SloReport) -> None:
    case = SubElement(suite, "testcase", classname=_clean(line.slo.service), name=line.label)
    words = _clean(show.verdict(line))
    if line.unavailable:
        SubElement(case, "error", message=words)
    elif line.state == "no_data":
        SubElement(case, "skipped", message=words)
    elif line.state == "breached":
        SubElement(case, "failure", message=words)
    text = [words, *line.warnings, line.runbook_url]
    SubElement(case, "system-out").text = _clean("\n".join(t for t in text if t))


def _clean(text: str) -> str:
    """Without the signs XML 1.0 cannot hold (https://www.w3.org/TR/xml/#charsets)."""
    return "".join(
        c for c in text if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )
