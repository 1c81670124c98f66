"""The functions' lines are kept, found, and passed on."""

from __future__ import annotations

import pytest

from sereno.local.logs import KEPT, LONGEST, Line, Logs, read


class Heard:
    def __init__(self) -> None:
        self.lines: list[tuple[str, str, float]] = []

    def __call__(self, function: str, line: str, wall: float) -> None:
        self.lines.append((function, line, wall))


@pytest.mark.parametrize(
    ("line", "level", "message"),
    [
        pytest.param(
            '{"level": "ERROR", "message": "no database"}', "ERROR", "no database", id="a logger's JSON"
        ),
        pytest.param('{"message": 7}', "", "7", id="a message that is no text"),
        pytest.param('{"level": "ERROR"}', "", '{"level": "ERROR"}', id="JSON without a message"),
        pytest.param("[1]", "", "[1]", id="JSON that is no object"),
        pytest.param(
            "Traceback (most recent call last):", "", "Traceback (most recent call last):", id="words"
        ),
        pytest.param("[" * 100_000, "", "[" * LONGEST, id="a line that is too long and too deep"),
    ],
)
def test_a_line_is_read(line: str, level: str, message: str) -> None:
    assert read("api", line, 5.5) == Line("api", 5.5, level, message, line[:LONGEST])


def test_every_line_is_passed_on_but_metrics_marks_and_empty_ones_are_not_kept() -> None:
    heard = Heard()
    logs = Logs(heard)
    written = ['{"_aws": {}, "message": "a metric"}', "", "START RequestId: 1", "END RequestId: 1", "words"]
    for line in written:
        logs("api", line, 3.0)
    assert [line for _, line, _ in heard.lines] == written
    assert [line.text for line in logs.find()] == ["words"]


def test_each_function_s_newest_lines_are_kept() -> None:
    logs = Logs(Heard())
    logs("canary", "seldom", 1.0)
    for number in range(KEPT + 2):
        logs("api", f"often {number}", 2.0 + number)
    found = logs.find()
    assert (len(found), found[0].text, found[-1].text) == (KEPT + 1, f"often {KEPT + 1}", "seldom")
    assert [line.text for line in logs.find("api")][-1] == "often 2"
    assert logs.functions() == ["api", "canary"]


def test_lines_are_found_in_whatever_case_and_the_newest_is_first() -> None:
    logs = Logs(Heard())
    for wall, line in enumerate(("Error: one", "fine", "ERROR: two")):
        logs("api", line, float(wall))
    assert [line.text for line in logs.find(text="error")] == ["ERROR: two", "Error: one"]
    assert logs.find("nobody") == []
