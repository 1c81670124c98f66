"""Markdown of runbooks and text panels as HTML that may be put into a page."""

from __future__ import annotations

from collections.abc import Collection

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def html(text: str, runbooks: Collection[str] = ()) -> str:
    """No HTML of the author's, no pictures from elsewhere, links only to the web and to runbooks.

    `NAME.md`, as one runbook links another, leads to the console's view of it.
    """
    tokens = _MARKDOWN.parse(text)
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                _tame(child, runbooks)
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def _tame(link: Token, runbooks: Collection[str]) -> None:
    target = str(link.attrs.pop("href", ""))
    name = target.removesuffix(".md")
    if target.startswith(("https://", "http://")):
        link.attrs |= {"href": target, "target": "_blank", "rel": "noreferrer"}
    elif name in runbooks:
        link.attrs["href"] = f"#/runbooks/{name}"
