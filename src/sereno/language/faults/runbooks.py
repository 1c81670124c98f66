"""Problems of a runbook's front matter."""

from __future__ import annotations

from sereno.language.problem import Problem, Span


def front_matter_missing(at: Span) -> Problem:
    """A runbook begins with front matter: its title, its owner, and the alerts it is for.

    Breaks: a Markdown file that begins with its heading
    Keeps:
        ---
        title: The dead-letter queue is not empty
        owner: users-team
        applies-to: [dlq-not-empty]
        ---
    """
    return Problem(
        at, "front-matter-missing", "the runbook has no front matter", "begin with `---`, `title:`, `owner:`"
    )
