"""The alarms a burn-rate pair compiles to judge as the exact integers do."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from sereno.engine import evaluate
from sereno.engine.burn import Pair, pairs_firing
from sereno.language import names
from sereno.language.model import AlertTest, BurnPair, InputSeries, Objective, Ratio, Slo, Window
from sereno.proof import on_cloudwatch
from sereno.proof.alert_tests import alarms_of
from sereno.proof.feed import feed
from sereno.vendors.cloudwatch import compile as compiled
from tests.proof.systems import SHOP, signal

PAIR = BurnPair(name="fast", severity="page", burn=Decimal("14.4"), long=900, short=180)
SLO = Slo(
    name="orders",
    display_name="Orders",
    service="shop",
    description="Orders are answered.",
    owner="team-shop",
    runbook="orders",
    budgeting="Occurrences",
    window=Window(seconds=30 * 86_400, text="30d"),
    objectives=(),
)
COUNTS = st.lists(
    st.integers(0, 60).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))),
    min_size=1,
    max_size=30,
)


@given(
    COUNTS,
    st.sampled_from(["0.9", "0.97", "0.99", "0.999", "0.9995"]),
    st.sampled_from(["14.4", "6", "3", "1.7", "0.8"]),
    st.integers(1, 4),
    st.booleans(),
    st.booleans(),
)
def test_a_compiled_pair_fires_exactly_when_both_windows_burn(
    counts: list[tuple[int, int]], target: str, burn: str, least: int, inclusive: bool, good: bool
) -> None:
    pair = replace(PAIR, burn=Decimal(burn), minimum_bad=least, inclusive=inclusive)
    ratio = Ratio(total="all", good="good") if good else Ratio(total="all", bad="bad")
    objective = Objective(name="", target=Decimal(target), indicator=ratio)
    signals = {name: signal(name, name, "Sum") for name in ("all", "good", "bad")}
    system = replace(
        SHOP, alerts=(), signals=signals, slos=(replace(SLO, objectives=(objective,), policies=(pair,)),)
    )
    written = {
        "all": " ".join(str(total) for _, total in counts),
        "bad": " ".join(str(bad) for bad, _ in counts),
        "good": " ".join(str(total - bad) for bad, total in counts),
    }
    series = tuple(InputSeries(values=values, signal=name) for name, values in written.items())
    fed, _ = feed(
        AlertTest(name="t", description="", interval=60, series=series, expected=()), signals, on_cloudwatch
    )
    resources, _ = compiled(system)
    alarms = alarms_of(resources, on_cloudwatch)
    address = names.pair("orders", "", pair)
    found = evaluate(list(alarms.of([address]).values()), fed, start=0, end=60 * len(counts))

    exact = pairs_firing(
        [bad for bad, _ in counts],
        [total for _, total in counts],
        target=target,
        pairs=[Pair(15, 3, burn, inclusive=inclusive, minimum_bad=least)],
    )[0]
    assert [state == 1 for state in found[alarms.live[address]].states] == exact.tolist()
