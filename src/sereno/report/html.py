"""The report as one HTML file that needs nothing else: no script, no network, no font.

Light and dark by the reader's setting, readable on a phone, printable. The policy in its head
forbids everything but its own style, so that a name in somebody's YAML can never run.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from sereno.report import pictures, show
from sereno.report.markdown import headline
from sereno.report.model import Report


def render(report: Report) -> str:
    """The whole page."""
    return _template().render(report=report, headline=headline(report), css=Markup(_read("report.css")))  # noqa: S704


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(show=show, pictures=pictures)
    return environment.from_string(_read("report.html.j2"))


def _read(name: str) -> str:
    return files("sereno.report").joinpath(name).read_text(encoding="utf-8")
