"""Burn rates that can never be reached, windows that do not fit, and traffic too low to page on."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sereno.language.budget import highest_burn, least_traffic
from sereno.language.checks.whole import Whole
from sereno.language.covering import applies, matches
from sereno.language.model import BudgetPolicy, BurnPair, Objective, Ratio, Slo
from sereno.language.problem import Problem


def _pairs(whole: Whole) -> Iterator[tuple[Slo, Objective, BurnPair]]:
    for slo in whole.system.slos:
        for objective in slo.objectives:
            for pair in slo.policies:
                yield slo, objective, pair


def _exact(number: Fraction) -> str:
    return f"{number.numerator}" if number.denominator == 1 else f"{float(number):.4g}"


def unreachable_burn(whole: Whole) -> Iterator[Problem]:
    """A burn rate must be below what a total outage reaches: 1 / (1 - target).

    At a target of 90 % everything failing burns 10 times too fast, so a policy of 14.4 never fires.
    The target at which 14.4 can just not be reached is 93.06 %; for 6 it is 83.33 %.
    (SRE workbook, chapter 5, "Extreme availability goals".)

    Breaks: `target: 0.9` with `alertPolicyRef: page-14-4x-1h`
    Keeps: `target: 0.9` with a policy of 5x over 6h
    """
    for slo, objective, pair in _pairs(whole):
        highest = highest_burn(objective.target)
        burn = Fraction(pair.burn)
        if burn > highest or (burn == highest and not pair.inclusive):
            words = (
                f"`{pair.name}` can never fire for `{slo.name}`: a total outage burns {_exact(highest)}, "
                f"not more than {pair.burn:f}"
            )
            hint = f"choose a burn rate below {_exact(highest)}, or a higher target"
            yield Problem(slo.where, "unreachable-burn", words, hint)


def burn_window_too_long(whole: Whole) -> Iterator[Problem]:
    """A burn-rate window is shorter than the SLO's own window, else it looks at budget long forgotten.

    Breaks: a window of 7d with a policy over 3d is fine, a window of 1d with one over 3d is not
    Keeps: a policy whose `lookbackWindow` is well below the SLO's `duration`
    """
    for slo in whole.system.slos:
        for pair in slo.policies:
            if pair.long >= slo.window.seconds:
                words = f"`{pair.name}` looks back further than the {slo.window.text} of `{slo.name}`"
                hint = "choose a policy with a shorter window"
                yield Problem(slo.where, "burn-window-too-long", words, hint)


def one_failure_pages(whole: Whole) -> Iterator[Problem]:
    """At the traffic that `sereno.yaml` declares, one failure must not page already.

    At 10 requests an hour one failure is 10 %: a burn rate of 100 against 99.9 %. (SRE workbook, chapter 5,
    "Low-traffic services"; its figure of 1,000 is a slip.) A policy asks for at least two bad events unless
    its annotation `sereno.dev/minimum-bad` says otherwise.

    Breaks: `traffic: {publish-count: 60}` (an hour), a target of 99.9 %, `minimum-bad: "1"`, 14.4x over 1h
    Keeps: the annotation `sereno.dev/minimum-bad: "2"`, a longer window, or more (artificial) traffic
    """
    for slo, objective, pair in _pairs(whole):
        if not isinstance(objective.indicator, Ratio) or pair.severity != "page":
            continue
        traffic = whole.traffic.get(objective.indicator.total)
        if pair.minimum_bad > 1 or traffic is None:
            continue
        least = least_traffic(pair.burn, pair.long, objective.target)
        if Fraction(traffic) < least:
            words = f"one failure makes `{pair.name}` page for `{slo.name}` at {traffic:f} events an hour"
            hint = f'it takes {_exact(least)} an hour, or `sereno.dev/minimum-bad: "2"`'
            yield Problem(slo.where, "one-failure-pages", words, hint, "warning")


def slice_too_long(whole: Whole) -> Iterator[Problem]:
    """A slice is not longer than the windows it is counted in: the SLO's, and its policies' long ones.

    Breaks: `timeSliceWindow: 2h` with a policy over 1h
    Keeps: `timeSliceWindow: 1m`
    """
    for slo in whole.system.slos:
        windows = [slo.window.seconds, *(pair.long for pair in slo.policies)]
        for objective in slo.objectives:
            if objective.slice_seconds is not None and objective.slice_seconds > min(windows):
                words = f"a slice of `{slo.name}` is longer than a window it is counted in"
                yield Problem(slo.where, "slice-too-long", words, "write `timeSliceWindow: 1m`")


def budget_policy_unmatched(whole: Whole) -> Iterator[Problem]:
    """A BudgetPolicy with a `match` is for at least one SLO.

    An SLO that no policy matches is judged as if there were none: a spent budget freezes.

    Breaks: `match: {service: shpo}` where the service is `shop`
    Keeps: `match: {service: shop}`, or no `match` for every SLO
    """
    for policy in whole.system.budget_policies:
        if policy.match and not any(matches(policy, slo) for slo in whole.system.slos):
            wanted = ", ".join(f"{name}: {value}" for name, value in policy.match.items())
            words = f"no SLO has all of `{wanted[:80]}`, so that this policy is for none"
            yield Problem(policy.where, "budget-policy-unmatched", words, "match labels that an SLO has")


def outside_policy(whole: Whole) -> Iterator[Problem]:
    """An override or declared maintenance is for an SLO that its policy is about, else it changes nothing.

    Breaks: `match: {service: shop}` with `adjustments: [{slos: [cart], ...}]` of another service
    Keeps: the maintenance in the policy that is about `cart`
    """
    for policy in whole.system.budget_policies:
        about = {slo.name for slo in whole.system.slos if applies(policy, slo)}
        for name in dict.fromkeys(_named(policy)):
            if name not in about:
                words = f"what this policy declares for `{name}` changes nothing, as it is not about that SLO"
                yield Problem(policy.where, "outside-policy", words, "move it to a policy that is")


def _named(policy: BudgetPolicy) -> Iterator[str]:
    yield from (override.slo for override in policy.overrides)
    yield from (name for adjustment in policy.adjustments for name in adjustment.slos)
