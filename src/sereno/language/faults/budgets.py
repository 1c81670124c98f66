"""Problems of budget policies."""

from __future__ import annotations

from decimal import Decimal

from sereno.language.problem import Problem, Span


def budget_rule(at: Span) -> Problem:
    """A rule of a BudgetPolicy looks at what is left of the budget, or at how fast it burns, not at both.

    Breaks: `{budgetLeft: 0, burn: 6, action: freeze}`
    Keeps: `{budgetLeft: 0, action: freeze}` and `{burn: 6, over: 6h, action: warn}` as two rules
    """
    words = "this rule does not say what it looks at, or says it twice"
    return Problem(at, "budget-rule", words, "write `budgetLeft`, or `burn` and `over`")


def budget_notify(at: Span) -> Problem:
    """A rule of a BudgetPolicy tells somebody of what is left; of burning, an AlertPolicy does.

    Breaks: `{burn: 6, over: 6h, action: warn, notify: ticket}`
    Keeps: `{budgetLeft: 0.25, action: warn, notify: ticket}`
    """
    words = "a rule on a burn rate tells nobody"
    return Problem(at, "budget-notify", words, "drop `notify`; an AlertPolicy of the SLO tells of burning")


def bad_moment(at: Span, field: str, value: str) -> Problem:
    """A moment is a date, or a date and a time; without a zone it is UTC. Midnight begins a date.

    Breaks: `until: next week`
    Keeps: `until: 2026-03-01` and `until: 2026-03-01T18:00:00+01:00`
    """
    words = f"{field} is `{value[:80]}`, which is no moment"
    return Problem(at, "bad-moment", words, "write 2026-03-01 or 2026-03-01T18:00:00Z")


def empty_adjustment(at: Span) -> Problem:
    """Declared maintenance ends after it starts.

    Breaks: `{start: 2026-03-02, end: 2026-03-01}`
    Keeps: `{start: 2026-03-01, end: 2026-03-02}`
    """
    return Problem(at, "empty-adjustment", "this maintenance ends before it starts", "write a later `end`")


def budget_without_rules(at: Span) -> Problem:
    """A BudgetPolicy has a rule: without any it would let every release of its SLOs through.

    Breaks: `rules: []`
    Keeps: `rules: [{budgetLeft: 0, action: freeze}]`; an SLO that never stops a release is `exempt`
    """
    words = "this policy has no rule, and would let everything through"
    return Problem(at, "budget-without-rules", words, "write `rules: [{budgetLeft: 0, action: freeze}]`")


def budget_left_range(at: Span, value: Decimal) -> Problem:
    """`budgetLeft` is a share of the budget, at most 1, and not a percentage. Below 0 it is overspent.

    Breaks: `{budgetLeft: 25, action: warn}`, which always holds
    Keeps: `{budgetLeft: 0.25, action: warn}`
    """
    words = f"budgetLeft is {value:f}, more than the whole budget"
    share = f"`budgetLeft: {(value / 100).normalize():f}`" if value <= 100 else "a share"
    return Problem(at, "budget-left-range", words, f"write {share} for {value:f} % of the budget")


def budget_burn_range(at: Span, value: Decimal) -> Problem:
    """A burn rate is not negative: 1 spends exactly the budget in exactly the window.

    Breaks: `{burn: -6, over: 6h, action: freeze}`, which always holds
    Keeps: `{burn: 6, over: 6h, action: freeze}`
    """
    return Problem(
        at, "budget-burn-range", f"burn is {value:f}, which is no rate", f"write `burn: {-value:f}`"
    )


def adjustment_without_slos(at: Span) -> Problem:
    """Declared maintenance names the SLOs that it is for.

    Breaks: `adjustments: [{slos: [], ...}]`
    Keeps: `adjustments: [{slos: [get-availability], ...}]`
    """
    words = "this maintenance is for no SLO"
    return Problem(at, "adjustment-without-slos", words, "name its SLOs, or remove it")
