"""The expression over signals: one grammar, with a place and a way out for every slip."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.language.expr import Binary, Expr, Name, NotAnExpression, Number, names, parse, show

A, B, C = Name("a"), Name("b-1"), Name("c")

TREES = {
    "a name": ("a", A),
    "a name with a hyphen and a digit": ("b-1", B),
    "a number": ("14.40", Number(Decimal("14.40"))),
    "a product before a sum": ("a + b-1 * c", Binary("+", A, Binary("*", B, C))),
    "from left to right": ("a - b-1 - c", Binary("-", Binary("-", A, B), C)),
    "division from left to right": ("a / b-1 / c", Binary("/", Binary("/", A, B), C)),
    "brackets first": ("a * (b-1 + c)", Binary("*", A, Binary("+", B, C))),
    "no space is needed but around a minus": ("a*(b-1+c)", Binary("*", A, Binary("+", B, C))),
    "a hyphen without spaces is part of a name": ("a-b", Name("a-b")),
    "spaces and line ends do not matter": (" ( a\n+ c ) ", Binary("+", A, C)),
}


@pytest.mark.parametrize(("text", "tree"), TREES.values(), ids=TREES)
def test_a_text_is_this_tree(text: str, tree: Expr) -> None:
    assert parse(text) == tree


SLIPS = {
    "nothing": ("", 0, "a signal or a number was expected"),
    "an operator at the end": ("a /", 3, "a signal or a number was expected"),
    "an operator at the start": ("* a", 0, "a signal or a number was expected"),
    "a bracket that is not closed": ("(a + c", 6, "a bracket is not closed"),
    "a bracket too many": ("a)", 1, "an operator was expected"),
    "two names side by side": ("a c", 2, "an operator was expected"),
    "a capital": ("a + Cc", 4, "`C` has no meaning here"),
    "an operator that is not known": ("a % c", 2, "`%` has no meaning here"),
    "a function": ("sum(a)", 3, "an operator was expected"),
    "a digit that begins a name": ("5xx", 0, "`5` has no meaning here"),
    "an exponent": ("1e5", 0, "`1` has no meaning here"),
    "an underscore": ("a_b", 0, "`a` has no meaning here"),
    "a letter of another alphabet": ("а", 0, "`а` has no meaning here"),
    "a hundred and one terms": (" + ".join("a" * 101), 400, "more than 100 terms"),
    "thirty-one brackets": ("(" * 31 + "a" + ")" * 31, 30, "more than 30 brackets"),
}


@pytest.mark.parametrize(("text", "offset", "reason"), SLIPS.values(), ids=SLIPS)
def test_a_slip_has_a_place_a_reason_and_a_way_out(text: str, offset: int, reason: str) -> None:
    with pytest.raises(NotAnExpression) as caught:
        parse(text)
    assert (caught.value.offset, caught.value.reason, bool(caught.value.hint)) == (offset, reason, True)


def test_the_signals_it_reads_in_order_of_first_use() -> None:
    assert names(parse("c / (a + c) - 2")) == ("c", "a")


def trees() -> st.SearchStrategy[Expr]:
    signal = st.sampled_from(["a", "b-1", "get-5xx"]).map(Name)
    number = st.decimals(min_value=0, max_value=1000, places=2).map(Number)
    operator = st.sampled_from(["+", "-", "*", "/"])
    leaf: st.SearchStrategy[Expr] = signal | number
    return st.recursive(leaf, lambda inner: st.builds(Binary, operator, inner, inner), max_leaves=20)


@given(trees())
def test_a_tree_is_shown_as_a_text_that_is_this_tree(tree: Expr) -> None:
    assert parse(show(tree)) == tree


def offset_of_slip(text: str) -> int:
    """Where a text stops being an expression; its length if it does not."""
    try:
        parse(text)
    except NotAnExpression as error:
        return error.offset
    return len(text)


@given(st.text(alphabet="ab1-+*/() .", max_size=30))
def test_any_text_is_an_expression_or_has_a_slip_within_it(text: str) -> None:
    assert 0 <= offset_of_slip(text) <= len(text)
