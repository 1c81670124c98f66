"""Metrics Insights queries (SELECT ...) among the `Metrics` of an alarm, or in a widget.

Each rule is a function of the queries; its name is its code, its docstring what `sereno explain` shows.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sereno.vendors.cloudwatch.limits.queries import FIRST_ONE, GROUPED, Maths
from sereno.vendors.cloudwatch.limits.shape import Fault


def insights_alone(maths: Maths) -> Iterator[Fault]:
    """A Metrics Insights query (SELECT ...) is an alarm's only query, and says its `Period`.

    Breaks: two SELECT queries, or one without `Period`
    Keeps: `{"Id": "q1", "Expression": "SELECT ...", "Period": 300}`
    """
    if len(maths.insights) > 1:
        yield Fault(
            f"Metrics has {len(maths.insights)} Metrics Insights queries, and may have one", "keep one"
        )
    for name in maths.insights:
        if "Period" not in maths.by_id[name]:
            yield Fault(f"the Metrics Insights query `{name}` has no `Period`", 'write `"Period": 60`')


_NAME = r"""(?:(?:[A-Za-z_]\w*\.)?"(?:[^"\\]|\\.)+"|[A-Za-z_][\w.:#@-]*)"""
_NAMES = rf"{_NAME}(?:\s*,\s*{_NAME})*"
_VALUE = r"""'(?:[^'\\]|\\.|'')*'"""
_REDUCES = r"(?:AVG|COUNT|MAX|MIN|SUM)\s*\("
_SELECT = re.compile(
    rf"""\s*SELECT\s+{_REDUCES}\s*(?:"[^"]+"|[^\s()",*]+)\s*\)
    \s*FROM\s+(?:SCHEMA\s*\(\s*{_NAMES}\s*\)|{_NAME})
    (?:\s*WHERE\s+{_NAME}\s*!?=\s*{_VALUE}(?:\s*AND\s+{_NAME}\s*!?=\s*{_VALUE})*)?
    (?:\s*GROUP\s+BY\s+{_NAMES})?
    (?:\s*ORDER\s+BY\s+{_REDUCES}\s*\)(?:\s*(?:ASC|DESC))?)?
    (?:\s*LIMIT\s+(?:[1-9]\d?|[1-4]\d\d|500))?\s*""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)


def insights_syntax(maths: Maths) -> Iterator[Fault]:
    """A Metrics Insights query selects AVG, COUNT, MAX, MIN or SUM of one metric FROM a namespace.

    Then WHERE key = 'value' AND ..., GROUP BY keys, ORDER BY SUM() DESC and LIMIT 1 to 500, each or none, in
    this order. A name with a slash or a space is quoted.

    Breaks: `SELECT Failed FROM Shop`, `SELECT MEDIAN(Failed) FROM Shop`, `SELECT SUM(Failed) FROM AWS/EC2`
    Keeps: `SELECT SUM(Failed) FROM Shop`, `SELECT MAX(Errors) FROM SCHEMA("AWS/Lambda", FunctionName)`
    """
    for name in maths.insights:
        if not _SELECT.fullmatch(str(maths.by_id[name]["Expression"])):
            yield Fault(
                f"the query `{name}` cannot be read", "write such as `SELECT SUM(Failed) FROM Shop WHERE ...`"
            )


_ORDERED = re.compile(r"\sORDER\s+BY\s", re.IGNORECASE)


def insights_order(maths: Maths) -> Iterator[Fault]:
    """An alarm on a query with GROUP BY watches several time series, and orders them (ORDER BY).

    Breaks: `SELECT MAX(Failed) FROM Shop GROUP BY service`
    Keeps: `SELECT MAX(Failed) FROM Shop GROUP BY service ORDER BY MAX() DESC`
    """
    for name in set(maths.insights) & set(maths.returned):
        said = str(maths.by_id[name]["Expression"])
        if GROUPED.search(said) and not _ORDERED.search(said) and not FIRST_ONE.search(said):
            yield Fault(
                f"the query `{name}` gives several time series in no order",
                "write ORDER BY MAX() DESC",
            )


INSIGHTS_RULES = (insights_alone, insights_syntax, insights_order)
