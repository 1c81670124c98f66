"""Problems of budget policies."""

from __future__ import annotations

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
