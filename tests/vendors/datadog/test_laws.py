"""Laws of plan and apply on Datadog, for the same random systems as on CloudWatch."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from sereno.errors import Unable
from sereno.language.model import System
from sereno.vendors.datadog import compile as compiled
from sereno.vendors.datadog.fake import Answer, Before, Fake, serving
from tests.vendors import test_laws as cloudwatch
from tests.vendors.datadog.conftest import Account
from tests.vendors.datadog.systems import BUDGETS, GET_ORDERS, on_datadog

POLICIES = st.sampled_from([(), (BUDGETS,), (replace(BUDGETS, rules=BUDGETS.rules[:1]),)])
TESTS = st.sampled_from([(), (GET_ORDERS,), (replace(GET_ORDERS, every=600, sign=None),)])
KEYS = {"CANARY_KEY": "1111", "CANARY_SECRET": "2222"}
SYSTEMS = st.builds(
    lambda system, policies, tests: replace(
        on_datadog(system),
        budget_policies=policies,
        environment=replace(on_datadog(system).environment, synthetics=tests),
    ),
    cloudwatch.systems(),
    POLICIES,
    TESTS,
)
WRITES = ("POST", "PUT", "DELETE")


def things(fake: Fake) -> Any:
    """What is there, whatever the ids are."""
    kept = (
        *fake.monitors.values(),
        *fake.slos.values(),
        *fake.dashboards.values(),
        *fake.synthetics.values(),
    )
    lying = [d["attributes"] for d in fake.downtimes.values() if d["attributes"]["status"] != "canceled"]
    return (
        sorted((each.get("name") or each["title"], sorted(each.get("tags") or ())) for each in kept),
        sorted(each["message"] for each in lying),
    )


@given(before=SYSTEMS, after=SYSTEMS, page=st.integers(1, 30))
@settings(max_examples=25, deadline=None)
def test_after_an_apply_there_is_nothing_left_to_do(before: System, after: System, page: int) -> None:
    with serving(Fake(page=page, variables=dict(KEYS))) as (url, fake):
        account = Account(url, fake)

        assert account.applied(before, before) == []
        assert account.applied(after, after) == []
        assert account.steps(after, after) == ()


def lost_after(writes: int) -> Before:
    """The network is gone after so many writing calls."""
    left = writes

    def before(method: str, path: str, body: Any) -> Answer | None:
        nonlocal left
        if method not in WRITES:
            return None
        left -= 1
        return Answer(400, {"errors": ["gone"]}) if left < 0 else None

    return before


class Stopped(BaseException):
    """The process ends here."""


def stopped_after(account: Account, system: System, writes: int) -> None:
    """Takes so many steps of the way, and no more."""
    backend = account.backend(system)
    from sereno.vendors.plan import plan

    outcomes = backend.apply(plan(compiled(system)[0], backend.read(system), backend.terms))
    for _ in range(writes):
        next(outcomes, None)


@given(before=SYSTEMS, after=SYSTEMS)
@settings(max_examples=4, deadline=None)
def test_an_apply_stopped_after_any_step_is_finished_by_the_next(before: System, after: System) -> None:
    with serving(Fake(variables=dict(KEYS))) as (url, whole):
        account = Account(url, whole)
        account.applied(before, before)
        steps = len(account.steps(after, after))
        account.applied(after, after)
    for k in range(steps):
        with serving(Fake(variables=dict(KEYS))) as (url, fake):
            account = Account(url, fake)
            account.applied(before, before)
            stopped_after(account, after, k)
            assert account.applied(after, after) == []
            assert account.steps(after, after) == ()
            assert things(fake) == things(whole), f"stopped after {k} of {steps} steps"


@given(before=SYSTEMS, after=SYSTEMS, k=st.integers(0, 20))
@settings(max_examples=15, deadline=None)
def test_a_network_that_goes_is_no_harm(before: System, after: System, k: int) -> None:
    with serving(Fake(variables=dict(KEYS))) as (url, fake):
        account = Account(url, fake)
        account.applied(before, before)
        fake.before = lost_after(k)
        with suppress(Unable):
            account.applied(after, after)
        fake.before = None

        assert account.applied(after, after) == []
        assert account.steps(after, after) == ()


@given(system=SYSTEMS)
@settings(max_examples=20, deadline=None)
def test_what_compiles_is_never_refused_by_its_own_rules(system: System) -> None:
    assert [p for p in compiled(system)[1] if p.severity == "error"] == []


@given(system=SYSTEMS)
@settings(max_examples=10, deadline=None)
def test_the_environments_of_a_project_do_not_touch(system: System) -> None:
    other = replace(system, environment=replace(system.environment, name="other"))
    with serving(Fake(variables=dict(KEYS))) as (url, fake):
        account = Account(url, fake)
        account.applied(system, system)
        account.applied(other, other)

        assert account.applied(system, None) == []
        assert account.steps(other, other) == ()
