"""Our `dataclass` against the standard library's: the same classes, only sooner there."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sereno import records


@records.dataclass(frozen=True, slots=True)
class Ours:
    """A name, a place that is not compared, and a list of its own."""

    name: str
    where: int = records.field(default=7, compare=False)
    words: list[str] = records.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class Theirs:
    """The same, made by the standard library."""

    name: str
    where: int = dataclasses.field(default=7, compare=False)
    words: list[str] = dataclasses.field(default_factory=list)


@records.dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """By name alone, one with a default before one without."""

    some: int = 3
    more: int


@records.dataclass(frozen=True, slots=True)
class Nothing:
    """Without a field."""


FIELDS: Any = some.tuples(some.text(max_size=3), some.integers(0, 2), some.just([]))


@given(FIELDS, FIELDS)
def test_two_are_equal_when_the_standard_library_says_so(one: Any, other: Any) -> None:
    assert (Ours(*one) == Ours(*other)) == (Theirs(*one) == Theirs(*other))


@given(FIELDS)
def test_one_is_shown_as_the_standard_library_shows_it(values: Any) -> None:
    assert repr(Theirs(*values)).replace("Theirs", "Ours") == repr(Ours(*values))


def test_equal_ones_have_one_hash() -> None:
    assert len({Named(more=11), Named(more=11, some=3), Named(more=12)}) == 2
    assert len({Nothing(), Nothing()}) == 1


def test_a_default_list_belongs_to_one_alone() -> None:
    first, second = Ours("a"), Ours("b")
    first.words.append("c")
    assert (first.words, second.words) == (["c"], [])


def test_what_names_its_fields_is_not_made_by_their_order() -> None:
    with pytest.raises(TypeError, match="positional"):
        Named(3, 11)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="more"):
        Named(some=3)  # type: ignore[call-arg]


@pytest.mark.parametrize("name", ["name", "other"], ids=["a field", "what is none"])
def test_what_is_made_does_not_change(name: str) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError, match=name):
        setattr(Ours("a"), name, "b")
    with pytest.raises(dataclasses.FrozenInstanceError):
        delattr(Ours("a"), "name")


def test_a_copy_a_pickle_and_a_replacement_are_what_they_were() -> None:
    first = Ours("a", 9, ["b"])
    assert [first] * 2 == [copy.deepcopy(first), pickle.loads(pickle.dumps(first))]
    assert Ours("c", 9, ["b"]) == records.replace(first, name="c")
    assert dataclasses.asdict(first) == {"name": "a", "where": 9, "words": ["b"]}


def test_its_fields_match_in_their_order() -> None:
    match Ours("a", 9):
        case Ours(name, where):
            assert (name, where) == ("a", 9)


@pytest.mark.parametrize(
    "asked", [{"order": True}, {"frozen": False}], ids=["an order", "fields that change"]
)
def test_what_is_not_shared_is_the_standard_librarys(asked: dict[str, bool]) -> None:
    made: Any = records.dataclass(**{"frozen": True, "slots": True, **asked})(
        type("Made", (), {"__annotations__": {"one": "int"}, "__doc__": "Made."})
    )
    assert made.__dataclass_params__.eq
    assert made(4) == made(4)
