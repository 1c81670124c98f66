"""What only the whole can tell. One small function a check: its name the code, its docstring the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from sereno.language.checks import alerting, budgets, routing, runbooks, signals, texts
from sereno.language.checks.whole import Whole
from sereno.language.problem import Problem

Check = Callable[[Whole], Iterable[Problem]]

CHECKS: Final[tuple[Check, ...]] = (
    alerting.without_owner,
    alerting.slo_without_alert,
    alerting.inhibition_cycle,
    alerting.untested_alert,
    budgets.unreachable_burn,
    budgets.burn_window_too_long,
    budgets.one_failure_pages,
    budgets.slice_too_long,
    budgets.budget_policy_unmatched,
    budgets.outside_policy,
    routing.without_route,
    routing.unreachable_route,
    routing.unused_receiver,
    runbooks.empty_section,
    runbooks.dead_link,
    runbooks.unused_runbook,
    runbooks.wrong_applies_to,
    signals.unused_signal,
    signals.never_emitted,
    texts.secret_in_yaml,
)

CODES: Final = frozenset(check.__name__.replace("_", "-") for check in CHECKS)


def check(whole: Whole) -> list[Problem]:
    """Every check on a System that has no error of its own."""
    return [problem for each in CHECKS for problem in each(whole)]
