"""The file of `sereno build`: JSON, and lines that can be reviewed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import compile as compiled
from sereno.vendors.written import document
from tests.vendors.systems import SHOP


def test_it_is_the_json_of_the_resources() -> None:
    resources = compiled(SHOP)[0]
    read = json.loads(document(SHOP, resources))

    assert (read["project"], read["environment"], read["backend"]) == ("shop", "test", "cloudwatch")
    assert read["resources"] == [{"kind": r.kind, "address": r.address, "body": r.body} for r in resources]


def test_a_field_and_an_item_have_a_line_each() -> None:
    (alarm,) = (r for r in compiled(SHOP)[0] if r.address == "alert/orders-failing")
    lines = document(SHOP, [alarm]).splitlines()

    assert lines[5] == '{"kind": "metric-alarm", "address": "alert/orders-failing", "body": {'
    assert (
        '  {"Id": "value", "Expression": "IF(orders >= 23, 100 * (orders_failed / orders), 0)",' in lines[9]
    )
    assert ' "Threshold": 4.5,' in lines


def test_nothing_is_a_file_too() -> None:
    assert json.loads(document(SHOP, []))["resources"] == []


@pytest.mark.parametrize(
    ("items", "lines"),
    [
        pytest.param([{"a": 1}, {"b": [{}, {}]}], ['{"a": 1},', '{"b": [{}, {}]}'], id="objects in an item"),
        pytest.param([{"a": "}, {"}, {"b": "c"}], ['{"a": "}, {"},', '{"b": "c"}'], id="a text like an end"),
        pytest.param(["}, {", {"a": 1}], ['"}, {",', '{"a": 1}'], id="a text among objects"),
        pytest.param([{"a": "ä\n"}], ['{"a": "ä\\n"}'], id="one item"),
    ],
)
def test_each_item_of_a_list_has_its_line(items: list[Any], lines: list[str]) -> None:
    text = document(SHOP, [Resource("dashboard", "x", {"widgets": items})])
    assert json.loads(text)["resources"][0]["body"]["widgets"] == items
    assert [line.strip() for line in text.splitlines()[7:-4]] == lines
