"""A fire drill: a fault on purpose on a stack that runs, and whether the alerts did what was declared.

All times are the declared ones, in metric seconds: `within` and `hold` from the start of the
fault, `recovered` from its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from sereno.language import names
from sereno.language.model import MINUTE, Drill, Expectation, System
from sereno.local.claims import Claim, Say, Wait, firing, pages, seconds
from sereno.local.faults import fault
from sereno.local.stack import Stack
from sereno.local.traffic import Traffic
from sereno.report.show import duration

CALM: Final = 10 * MINUTE  # of traffic before the fault


@dataclass(frozen=True, slots=True)
class Fired:
    """When an alarm went into ALARM, and who was told of it (metric time, receivers in order)."""

    at: float
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exercise:
    """One drill over a stack that is up, watched and calm."""

    stack: Stack
    system: System
    drill: Drill
    say: Say
    wait: Wait

    def run(self) -> Iterator[Claim]:
        """The claims as they are decided. The fault is undone, and the traffic ended, whatever happens."""
        traffic = Traffic(self.stack.url)
        traffic.begin()
        try:
            yield from self._under_traffic()
        finally:
            traffic.close()

    def _under_traffic(self) -> Iterator[Claim]:
        judged_until = self.stack.ticker.judged + CALM
        self.stack.ticker.wait(judged_until, seconds(self.stack, 2 * CALM))
        before = firing(self.stack)
        yield Claim("nothing fires before the drill", not before, ", ".join(before) or "all quiet")
        begun = self.stack.clock.now()
        self.say(f"{self.drill.name}: {self.drill.description}")
        with ExitStack() as undo:
            undo.enter_context(fault(self.drill.fault)(self.stack, self.drill.parameters))
            ended = self._through(begun, undo)
        yield from (self._expected(each, begun) for each in self.drill.expect)
        yield self._recovered(ended)
        yield from (self._silent(address, begun) for address in self.drill.silent)

    def _through(self, begun: float, undo: ExitStack) -> float:
        """Ends the fault after its hold, and waits for what is expected; when the fault ended."""
        ends: list[float] = []

        def done() -> Fraction:
            now = self.stack.clock.now()
            if not ends and now >= begun + self.drill.hold:
                undo.close()
                ends.append(self.stack.clock.now())
            open_ = [e for e in self.drill.expect if not self._settled(e, begun)]
            return Fraction(1) if ends and not open_ else self._share(now - begun)

        self.wait(f"{self.drill.fault} holds", done, seconds(self.stack, self._longest() + 2 * MINUTE))
        return ends[0] if ends else self.stack.clock.now()

    def _longest(self) -> int:
        return max((self.drill.hold, *(each.within for each in self.drill.expect)))

    def _share(self, passed: float) -> Fraction:
        return min(Fraction(99, 100), Fraction(max(0.0, passed)) / (self._longest() + 2 * MINUTE))

    def _settled(self, expected: Expectation, begun: float) -> bool:
        """Whether it fired and was told, or its time is over."""
        late = self.stack.ticker.judged > begun + expected.within + MINUTE
        fired = self._fired(expected.alert, begun)
        return late or (fired is not None and set(self._receivers(expected)) <= set(fired.told))

    def _expected(self, expected: Expectation, begun: float) -> Claim:
        fired, wanted = self._fired(expected.alert, begun), self._receivers(expected)
        sentence = f"{expected.alert} fires within {duration(expected.within)} and tells {', '.join(wanted)}"
        if fired is None:
            return Claim(sentence, False, "it did not fire")
        after = fired.at - begun
        held = after <= expected.within and set(wanted) <= set(fired.told)
        return Claim(
            sentence, held, f"after {duration(round(after))}, {', '.join(fired.told) or 'nobody was told'}"
        )

    def _recovered(self, ended: float) -> Claim:
        def calm() -> Fraction:
            return Fraction(not pages(self.stack, self.system))

        limit = seconds(self.stack, self.drill.recovered)
        calmed = self.wait("waiting for calm", calm, limit)
        after = duration(round(self.stack.clock.now() - ended))
        sentence = f"no page fires any more {duration(self.drill.recovered)} after the fault"
        seen = f"after {after}" if calmed else f"still firing: {', '.join(pages(self.stack, self.system))}"
        return Claim(sentence, calmed, seen)

    def _silent(self, address: str, begun: float) -> Claim:
        fired = self._fired(address, begun)
        seen = "silent" if fired is None else f"fired after {duration(round(fired.at - begun))}"
        return Claim(f"{address} stays silent", fired is None, seen)

    def _fired(self, address: str, begun: float) -> Fired | None:
        name = names.live(self.system, address)
        at = next(
            (
                e.at
                for e in self.stack.ticker.events()
                if e.name == name and e.state == "ALARM" and e.at > begun
            ),
            None,
        )
        if at is None:
            return None
        told = [
            n.receiver
            for n in self.stack.inbox.all()
            if n.alarm == name and n.state == "ALARM" and n.at > begun
        ]
        return Fired(at, tuple(dict.fromkeys(told)))

    def _receivers(self, expected: Expectation) -> tuple[str, ...]:
        """Who must be told: as declared, else whomever it calls."""
        if expected.receivers:
            return expected.receivers
        name, vendor = names.live(self.system, expected.alert), self.stack.desk.vendor
        bodies = (seen.body for seen in self.stack.ticker.alarms() if seen.name == name)
        ways = {way for body in bodies for way in vendor.targets(body, "OK", "ALARM")}
        return tuple(n for n, each in self.system.receivers.items() if ways & set(vendor.reached(each)))
