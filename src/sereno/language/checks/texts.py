"""What must not stand in a file that is shared."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sereno.language import text
from sereno.language.checks.whole import Whole
from sereno.language.problem import Problem, Span

# Forms of well-known secrets. Each is long enough not to be met by chance.
SHAPES = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"  # an AWS access key
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}"  # GitHub; one cut short is still one
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"  # Slack
    r"|https://hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]+"
    r"|https://events\.(?:eu\.)?pagerduty\.com/integration/[0-9a-fA-F]{32}"
    r"|\beyJ[A-Za-z0-9_-]{10,400}\.[A-Za-z0-9_-]{10,9999}\.[A-Za-z0-9_-]{10}"  # a JSON web token
    r"|://[^/\s:@'\"]+:[^/\s:@'\"$]+@"  # user:password@ in a URL
)
# A key that says so, with a literal value behind it; not the word in an ARN, `...:secret:prod/x`.
KEYED = re.compile(
    r"""(?ix) (?<!:) \b
    (?: password | passwd | secret(?:_?access)?(?:_?key)? | api_?key | app_?key | access_?key | private_?key
    | auth_?token | token | client_?secret | integration_?key | routing_?key )
    ["']? \s* : \s* ["']? (?P<value> [^\s"'#{}\[\],]{8,} )"""
)
# Whatever is found holds one of these in small letters, which are looked for first: that is fast.
HINTS = (
    *("akia", "asia", "private key", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    *("xox", "hooks.slack.com", "pagerduty.com", "eyj", "@", "passw", "secret", "key", "token"),
)


def secret_in_yaml(whole: Whole) -> Iterator[Problem]:
    """A password, key or token does not stand in a file that is shared and kept for ever.

    What was once pushed must be taken as known: put the secret where secrets are kept, and make a new one.
    The problem never shows it.

    Breaks: `password: hunter2-hunter2`, an AWS access key, a Slack webhook
    Keeps: `${variable}`, or the ARN of a secret
    """
    for file, data in whole.sources.items():
        if file.endswith(".md") or not _may_hold(data):
            continue
        for number, line in enumerate(text.lines(data), 1):
            found = SHAPES.search(line) or _keyed(line)
            if found:
                at = Span(file, number, found.start() + 1, found.start() + 2)
                words = "this looks like a secret"
                hint = "remove it, make a new one, and refer to it by a variable or its ARN"
                yield Problem(at, "secret-in-yaml", words, hint)


def _may_hold(data: bytes) -> bool:
    """Whether a file is worth going through line by line."""
    whole = data.decode("utf-8", "replace")
    small = whole.casefold()
    return any(hint in small for hint in HINTS) and bool(SHAPES.search(whole) or KEYED.search(whole))


def _keyed(line: str) -> re.Match[str] | None:
    found = KEYED.search(line)
    value = found["value"] if found else ""
    return found if value and not value.startswith(("$", "arn:", "<", "*", "&", "!")) else None
