"""Problems of the comments that silence problems."""

from __future__ import annotations

from sereno.language.problem import Problem, Span


def allow_without_reason(at: Span, code: str) -> Problem:
    """A silenced rule says why; the next reader needs to know.

    Breaks: `# sereno: allow unused-signal`
    Keeps: `# sereno: allow unused-signal because the console shows it`
    """
    hint = f"write `# sereno: allow {code} because ...`"
    return Problem(at, "allow-without-reason", f"`{code}` is silenced without a reason", hint, "warning")


def allow_unused(at: Span, code: str) -> Problem:
    """A comment that silences nothing is left from an earlier time, or misspells the code.

    Errors cannot be silenced.

    Breaks: `# sereno: allow unused-signal because ...` above a signal in use
    Keeps: no comment
    """
    return Problem(
        at, "allow-unused", f"nothing here needs `{code}` to be allowed", "remove the comment", "warning"
    )
