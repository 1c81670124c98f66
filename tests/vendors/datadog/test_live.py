"""Reading and changing what is live: the real client against a fake with Datadog's rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sereno.errors import Unable
from sereno.language.model import Panel
from sereno.vendors.datadog import compile as compiled
from sereno.vendors.datadog.client import connect, loopback
from sereno.vendors.datadog.fake import Answer, Before
from sereno.vendors.datadog.forms import TERMS
from sereno.vendors.plan import plan
from tests.vendors.datadog.conftest import Account
from tests.vendors.datadog.systems import SHOP

STAGING = replace(SHOP, environment=replace(SHOP.environment, name="staging"))
SMALL = replace(SHOP, slos=SHOP.slos[1:], alerts=SHOP.alerts[:1], dashboards=())


def monitor_named(account: Account, name: str) -> dict[str, Any]:
    return next(monitor for monitor in account.fake.monitors.values() if monitor["name"] == name)


def test_apply_and_then_nothing_is_left(account: Account) -> None:
    account.fake.page = 3

    assert account.applied(SHOP, SHOP) == []
    assert account.steps(SHOP, SHOP) == ()
    assert len(account.fake.monitors) == 14
    assert len(account.fake.slos) == 2


def test_ids_take_the_place_of_references(account: Account) -> None:
    account.applied(SHOP, SHOP)
    fast = monitor_named(account, "Orders availability: 13.1x over 1h")
    slow = monitor_named(account, "Orders availability: 5.3x over 6h")
    slo = next(i for i, slo in account.fake.slos.items() if slo["name"] == "Orders availability")

    assert f'burn_rate("{slo}")' in fast["query"]
    assert monitor_named(account, "Orders availability: page")["query"] == f"{fast['id']} || {slow['id']}"
    assert "${" not in str(list(account.fake.dashboards.values()))


def test_destroy_leaves_nothing_of_ours_and_everything_of_others(account: Account) -> None:
    account.applied(SHOP, SHOP)
    account.applied(STAGING, STAGING)
    theirs = {
        "name": "by hand",
        "type": "query alert",
        "query": "sum(last_5m):sum:a{b} > 3",
        "tags": ["team:x"],
    }
    account.fake.monitors[9_999] = {**theirs, "id": 9_999, "options": {}}

    assert account.applied(SHOP, None) == []
    assert account.steps(STAGING, STAGING) == ()
    assert 9_999 in account.fake.monitors
    assert all("sereno_environment:test" not in m["tags"] for m in account.fake.monitors.values())
    assert [d["attributes"]["status"] for d in account.fake.downtimes.values()] == ["canceled", "scheduled"]


@pytest.mark.parametrize(
    ("path", "by_hand", "back"),
    [
        (("options", "thresholds"), {"critical": 5.0}, {"critical": 0.0}),
        (("options", "renotify_interval"), 10, None),
        (("options", "timeout_h"), 3, None),
        (("message",), "@nobody", None),
        (("priority",), 5, 2),
        (
            ("tags",),
            ["sereno_project:shop", "sereno_environment:test", "sereno_address:alert/dlq-not-empty"],
            None,
        ),
    ],
    ids=["threshold", "an option we never set", "a time-out", "who is told", "priority", "tags"],
)
def test_what_a_hand_changed_is_shown_and_taken_back(
    account: Account, path: tuple[str, ...], by_hand: Any, back: Any
) -> None:
    account.applied(SMALL, SMALL)
    monitor = monitor_named(account, "dlq-not-empty")
    holder = monitor if len(path) == 1 else monitor[path[0]]
    before = sorted(holder[path[-1]]) if path == ("tags",) else holder[path[-1]]
    holder[path[-1]] = by_hand

    (change,) = account.steps(SMALL, SMALL)
    assert change.verb == "update"
    assert {field.partition(".")[0] for field, _, _ in change.fields} == {path[0]}
    assert account.applied(SMALL, SMALL) == []
    assert account.steps(SMALL, SMALL) == ()
    after = monitor_named(account, "dlq-not-empty")
    found = after if len(path) == 1 else after[path[0]]
    assert (found[path[-1]] or None) == ((before if back is None else back) or None)


@pytest.mark.parametrize(
    ("path", "by_hand"),
    [
        (("draft_status",), "draft"),
        (("restricted_roles",), ["a-role"]),
        (("options", "scheduling_options"), {"evaluation_window": {"day_starts": "04:00"}}),
        (("options", "new_group_delay"), 86_400),
        (("options", "renotify_statuses"), ["alert"]),
        (("options", "threshold_windows"), {"trigger_window": "last_1m"}),
        (("options", "notification_preset_name"), "hide_all"),
        (("options", "group_retention_duration"), "60m"),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else "",
)
def test_what_we_never_set_is_put_back_to_its_default(
    account: Account, path: tuple[str, ...], by_hand: Any
) -> None:
    account.applied(SMALL, SMALL)
    monitor = monitor_named(account, "dlq-not-empty")
    (monitor if len(path) == 1 else monitor["options"])[path[-1]] = by_hand

    (change,) = account.steps(SMALL, SMALL)
    assert [field for field, _, _ in change.fields] == [".".join(path)]
    assert account.applied(SMALL, SMALL) == []
    assert account.steps(SMALL, SMALL) == ()


@pytest.mark.parametrize(
    "given",
    [
        {"draft_status": "published", "restricted_roles": None},
        {"options": {"new_host_delay": 300, "new_group_delay": 60, "notification_preset_name": "show_all"}},
    ],
    ids=["of a monitor", "of its options"],
)
def test_defaults_that_datadog_fills_in_are_no_change(account: Account, given: dict[str, Any]) -> None:
    account.applied(SMALL, SMALL)
    monitor = monitor_named(account, "dlq-not-empty")
    monitor.update({**given, "options": {**monitor["options"], **given.get("options", {})}})

    assert account.steps(SMALL, SMALL) == ()


def test_an_slo_deleted_under_a_dashboard_is_made_again_and_shown_again(account: Account) -> None:
    account.applied(SHOP, SHOP)
    gone = next(i for i, slo in account.fake.slos.items() if slo["name"] == "Orders latency")
    del account.fake.slos[gone]

    assert {change.verb for change in account.steps(SHOP, SHOP)} == {"create", "update"}
    assert account.applied(SHOP, SHOP) == []
    assert account.steps(SHOP, SHOP) == ()
    assert gone not in str(account.fake.dashboards)


def test_of_two_monitors_that_are_the_same_the_newer_goes(account: Account) -> None:
    account.applied(SHOP, SHOP)
    first = monitor_named(account, "dlq-not-empty")
    account.fake.monitors[7_777] = {**first, "id": 7_777}

    assert [(c.verb, c.resource.address) for c in account.steps(SHOP, SHOP)] == [
        ("delete", "alert/dlq-not-empty#7777")
    ]
    assert account.applied(SHOP, SHOP) == []
    assert 7_777 not in account.fake.monitors
    assert first["id"] in account.fake.monitors


def test_an_slo_that_others_show_is_not_deleted_and_the_reason_is_told(account: Account) -> None:
    account.applied(SMALL, SMALL)
    (slo,) = account.fake.slos
    theirs = {"title": "Theirs", "widgets": [{"definition": {"type": "slo", "slo_id": slo}}], "id": "x"}
    account.fake.dashboards["x"] = theirs

    (error,) = account.applied(SMALL, None)
    assert "is used by Theirs" in error
    assert list(account.fake.slos) == [slo]


def test_what_somebody_deleted_meanwhile_is_made_or_deleted_all_the_same(account: Account) -> None:
    account.applied(SHOP, SHOP)
    backend = account.backend(SHOP)
    changed = replace(SHOP, alerts=(replace(SHOP.alerts[0], period=120),), dashboards=())
    changes = plan(compiled(changed)[0], backend.read(SHOP), TERMS)
    del account.fake.monitors[monitor_named(account, "dlq-not-empty")["id"]]
    del account.fake.monitors[monitor_named(account, "orders-slow")["id"]]
    account.fake.dashboards.clear()

    assert [o.error for o in backend.apply(changes) if o.error] == []
    assert account.steps(SHOP, changed) == ()


def test_an_slo_that_changes_its_kind_is_made_again_with_what_stands_on_it(account: Account) -> None:
    account.applied(SMALL, SMALL)
    latency = SMALL.slos[0]
    sliced = replace(
        latency,
        budgeting="Timeslices",
        objectives=tuple(replace(o, slice_seconds=300, slice_target=o.target) for o in latency.objectives),
    )

    assert account.applied(SMALL, replace(SMALL, slos=(sliced,))) == []
    assert [slo["type"] for slo in account.fake.slos.values()] == ["time_slice"]
    assert account.steps(SMALL, replace(SMALL, slos=(sliced,))) == ()


def refusing(method: str, path: str, status: int, **headers: str) -> Before:
    def before(called: str, at: str, body: Any) -> Answer | None:
        refused = (called, at) == (method, path)
        return Answer(status, {"errors": ["Forbidden"]}, headers) if refused else None

    return before


def test_a_scope_missing_in_the_middle_leaves_a_plan_of_exactly_the_rest(account: Account) -> None:
    account.fake.before = refusing("POST", "/api/v1/slo", 403)
    errors = account.applied(SHOP, SHOP)

    assert sum("the application key must have the scopes of slos" in error for error in errors) == 2
    assert sum(error.startswith("not tried: it needs") for error in errors) == 10
    account.fake.before = None
    assert {change.verb for change in account.steps(SHOP, SHOP)} == {"create"}
    assert len(account.steps(SHOP, SHOP)) == 12
    assert account.applied(SHOP, SHOP) == []


def test_a_storm_of_429_is_waited_out(account: Account) -> None:
    storm: Iterator[int] = iter(range(9))

    def before(method: str, path: str, body: Any) -> Answer | None:
        stormy = method == "POST" and next(storm, 9) < 4
        return Answer(429, {"errors": ["Rate limit"]}, {"X-RateLimit-Reset": "0"}) if stormy else None

    account.fake.before = before
    assert account.applied(SMALL, SMALL) == []
    assert account.steps(SMALL, SMALL) == ()


def test_what_is_made_and_answered_with_an_error_is_not_made_twice(account: Account) -> None:
    posts: Iterator[int] = iter(range(99))

    def before(method: str, path: str, body: Any) -> Answer | None:
        if (method, path) != ("POST", "/api/v1/monitor") or next(posts) != 2:
            return None
        account.fake.monitors[9_999] = {**body, "id": 9_999}  # made, although it says that it is not
        return Answer(503, {"errors": ["oops"]})

    account.fake.before = before
    errors = account.applied(SHOP, SHOP)
    names = [monitor["name"] for monitor in account.fake.monitors.values()]

    assert "oops; it may be done all the same, so it is not asked twice" in errors[0]
    assert sorted(set(names)) == sorted(names)
    assert account.applied(SHOP, SHOP) == []
    assert (account.steps(SHOP, SHOP), len(account.fake.monitors)) == ((), 14)


@pytest.mark.parametrize("turns", ["ab", "aab", "abb", "aaaaaaaaaaaaab", "baaab"])
def test_two_applies_at_once_leave_each_thing_once(account: Account, turns: str) -> None:
    first, second = account.backend(SHOP), account.backend(SHOP)
    steps = {
        name: each.apply(plan(compiled(SHOP)[0], each.read(SHOP), TERMS))
        for name, each in (("a", first), ("b", second))
    }
    errors: list[str] = []
    while steps:
        for turn in turns:
            outcome = next(steps[turn], None) if turn in steps else None
            if outcome is None:
                steps.pop(turn, None)
            else:
                errors.append(outcome.error)

    assert [error for error in errors if error] == []
    assert account.steps(SHOP, SHOP) == ()
    assert (len(account.fake.monitors), len(account.fake.slos)) == (14, 2)


def test_a_storm_that_does_not_end_ends_the_run_with_a_sentence(account: Account) -> None:
    storm = {"X-RateLimit-Reset": "0"}
    account.fake.before = lambda *_: Answer(429, {"errors": ["Rate limit"]}, storm)

    with pytest.raises(Unable, match="Datadog wants fewer calls"):
        account.steps(SMALL, SMALL)


def test_wrong_keys_end_the_run_with_a_sentence(account: Account) -> None:
    account.fake.before = lambda *_: Answer(403, {"errors": ["Forbidden"]})

    with pytest.raises(Unable, match="GET /api/v1/slo: Datadog does not allow it"):
        account.steps(SMALL, SMALL)


def test_half_the_pages_and_then_an_error_is_no_live_state(account: Account) -> None:
    account.applied(SHOP, SHOP)
    account.fake.page = 5
    pages = iter(range(9))

    def before(method: str, path: str, body: Any) -> Answer | None:
        broken = path == "/api/v1/monitor" and next(pages) == 2
        return Answer(400, {"errors": ["no"]}) if broken else None

    account.fake.before = before
    with pytest.raises(Unable, match="GET /api/v1/monitor: no"):
        account.steps(SHOP, SHOP)


def test_no_one_listens() -> None:
    with pytest.raises(Unable, match="Datadog cannot be asked"):
        connect(SHOP, "http://127.0.0.1:9").live(SHOP)


def test_without_keys_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DD_API_KEY", "never-shown")
    monkeypatch.delenv("DD_APP_KEY", raising=False)

    with pytest.raises(Unable, match="set DD_API_KEY and DD_APP_KEY") as raised:
        connect(SHOP)
    assert "never-shown" not in str(raised.value)


def test_a_site_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DD_SITE", "datadoghq.de")

    with pytest.raises(Unable, match="Datadog has no site `datadoghq"):
        connect(SHOP)


@pytest.mark.parametrize(
    ("url", "expected"),
    [(None, False), ("http://127.0.0.1:1", True), ("https://api.datadoghq.eu", False)],
)
def test_what_is_on_this_machine(url: str | None, expected: bool) -> None:
    assert expected == loopback(url)


def test_text_that_looks_like_a_reference_is_left_alone(account: Account) -> None:
    note = Panel(kind="text", title="", width=24, height=2, text="Ask ${slo/nobody} about it.")
    system = replace(SMALL, dashboards=(replace(SHOP.dashboards[0], rows=((note,),)),))

    assert account.applied(system, system) == []
    assert "Ask ${slo/nobody} about it." in str(account.fake.dashboards)
    assert account.steps(system, system) == ()
