"""The report as Slack Block Kit, for an incoming webhook: what needs a look, nothing else.

Limits: 50 blocks a message, 3,000 characters a section (https://api.slack.com/reference/block-kit/blocks).
"""

from __future__ import annotations

import json
from typing import Any, Final

from sereno.report import show
from sereno.report.markdown import MARKS, headline
from sereno.report.model import Report, SloReport

_SHOWN: Final = 20
_LONGEST: Final = 600


def render(report: Report) -> str:
    return json.dumps(document(report), indent=2, ensure_ascii=False) + "\n"


def document(report: Report) -> dict[str, Any]:
    """`text` is what a notification shows; `blocks` the message."""
    title = f"SLO report: {report.project}, {report.environment}"
    worth = [line for line in report.slos if line.state != "met"]
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": title[:150]}},
        _section(f"{headline(report)}\nReleases: {_text(report.gate.sentence)}"),
        *(_section(_slo(line)) for line in worth[:_SHOWN]),
    ]
    if len(worth) > _SHOWN:
        blocks.append(_section(f"and {len(worth) - _SHOWN} more"))
    blocks.append({"type": "context", "elements": [_mrkdwn(show.moment(report.at, report.zone))]})
    return {"text": _text(f"{title}: {headline(report)}"), "blocks": blocks}


def _slo(line: SloReport) -> str:
    name = _text(line.slo.display_name)
    title = f"<{_url(line.runbook_url)}|{name}>" if show.is_link(line.runbook_url) else f"*{name}*"
    return f"{MARKS[line.state]} {title}: {_text(show.verdict(line))}"


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text[:_LONGEST])}


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def _url(url: str) -> str:
    return _text(url).replace("|", "%7C")


def _text(text: str) -> str:
    """The three signs Slack reads (https://api.slack.com/reference/surfaces/formatting#escaping)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
