"""`sereno explain CODE`: the docstring of the function that the code is named after."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Final

MODULES: Final = (
    "sereno.language.faults.syntax",
    "sereno.language.faults.values",
    "sereno.language.faults.openslo",
    "sereno.language.faults.documents",
    "sereno.language.faults.budgets",
    "sereno.language.faults.runbooks",
    "sereno.language.faults.silence",
    "sereno.language.checks.alerting",
    "sereno.language.checks.budgets",
    "sereno.language.checks.routing",
    "sereno.language.checks.runbooks",
    "sereno.language.checks.signals",
    "sereno.language.checks.texts",
)


def pages(modules: Iterable[str] = MODULES) -> dict[str, str]:
    """Every code with its page, in the order of the modules."""
    return dict(page for name in modules for page in _of(import_module(name)))


def _of(module: ModuleType) -> Iterator[tuple[str, str]]:
    """The public functions a module defines, in the order they stand."""
    for name, member in vars(module).items():
        if isinstance(member, FunctionType) and member.__module__ == module.__name__ and name[0] != "_":
            text = inspect.getdoc(member)
            if text and "Breaks:" in text:
                yield name.replace("_", "-"), text


def summary(page: str) -> str:
    """The first line of a page."""
    return page.split("\n", 1)[0]
