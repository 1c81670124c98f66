from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

from sereno.report import halves


@pytest.fixture(autouse=True)
def _forks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halves, "_two_processors", lambda: hasattr(os, "fork"))


def test_two_halves_make_the_whole_in_order() -> None:
    many = list(range(halves.ENOUGH + 1))
    first, second = halves.in_halves(list, many)
    assert many == first + second


def test_little_work_is_done_in_one_piece() -> None:
    assert halves.in_halves(list, [7, 11]) == [[7, 11]]


def test_the_half_of_a_child_that_dies_is_done_here() -> None:
    here = os.getpid()

    def work(items: Sequence[int]) -> int:
        if os.getpid() != here:
            os._exit(3)
        return sum(items)

    assert sum(range(200)) == sum(halves.in_halves(work, list(range(200))))
