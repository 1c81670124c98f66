"""Problems of a runbook's front matter."""

from __future__ import annotations

from sereno.language.problem import Problem, Span


def runbook_url(at: Span, name: str) -> Problem:
    """`runbookUrl` of sereno.yaml says where a person opens the runbooks; each page has it.

    Without it a page at 3 a.m. names a file of a repository, which is no link, and Datadog's monitors have
    no runbook beside them. Where the environment is not `local`, that is a warning; so is a host that can
    never be (`.invalid`), which stands in what `sereno init` writes.

    Breaks: `environments: {prod: ...}` without `runbookUrl`; `runbookUrl: https://set-me.invalid`
    Keeps: `runbookUrl: https://github.com/ORG/REPO/blob/main`
    """
    words = f"the pages of `{name}` have no link to their runbooks"
    hint = "write `runbookUrl: https://...`, where runbooks/NAME.md is opened"
    return Problem(at, "runbook-url", words, hint, "warning")


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
