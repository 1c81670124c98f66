"""A guided outage: healthy, the database stopped, a person paged, mended, every message found, reported.

Each thing it shows is a `Claim` that either held or did not. Times are metric minutes, which
`warp` makes short; the alarms are the ones production gets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import takewhile
from pathlib import Path
from typing import Final

from sereno.language import names
from sereno.language.model import MINUTE, BurnPair, Slo, System
from sereno.local import counted
from sereno.local.claims import Claim, Say, Wait, firing, pages, seconds
from sereno.local.inbox import Notification
from sereno.local.observe import StoreObserver
from sereno.local.readiness import GETS
from sereno.local.stack import Stack
from sereno.local.traffic import Traffic, share
from sereno.report import observe, save
from sereno.report.model import Report, SloReport
from sereno.report.recording import record
from sereno.report.show import percent_spent

SLO: Final = "get-availability"  # what a reader notices when the database is away
HEALTHY: Final = 20  # metric minutes before the fault: enough that one bad minute is not the whole hour
PAGE_WITHIN: Final = 15  # metric minutes from the fault
OUTAGE: Final = 5  # metric minutes it goes on after the page
RESOLVED_WITHIN: Final = 60  # metric minutes from the repair: the slow pair looks back over half an hour
PATIENCE: Final = 60.0  # seconds for the queue to drain
_FACT: Final = re.compile(r"[A-Z]\w+: ")  # a line of an alarm's text after its lead
_WORDS: Final = {"ALARM": "fires", "OK": "is over", "INSUFFICIENT_DATA": "has no data", "": "is tried"}


@dataclass(frozen=True, slots=True)
class Page:
    """Who was told what, how soon, and what it had cost by then."""

    notification: Notification
    pairs: tuple[str, ...]  # the burn-rate pairs that fired
    minutes: Fraction  # metric minutes after the fault
    spent: Fraction  # share of the window's budget, at the traffic seen


@dataclass(frozen=True, slots=True)
class Demo:
    """One run over a stack that is up and watched; `wait` shows progress until the share is 1."""

    stack: Stack
    system: System
    say: Say
    wait: Wait

    def run(self, out: Path) -> Iterator[Claim]:
        """The claims as they are decided; the report's files go to `out`."""
        self.say(
            f"Warming up: {GETS} GETs, so that a cold start is a small share, as in a service that runs."
        )
        self.say(f"{self.stack.watch()} {self.stack.desk.vendor.APPLIED} applied; from here on they watch.")
        if late := self.stack.desk.vendor.late(self.system):
            self.say(late)
        traffic = Traffic(self.stack.url)
        traffic.begin()
        try:
            yield from self._healthy(traffic)
            yield from self._outage()
            yield from self._recovery()
        finally:
            traffic.close()
        yield from self._accounted(traffic)
        yield self._reported(out)

    def _healthy(self, traffic: Traffic) -> Iterator[Claim]:
        self.say(f"Steady traffic and a canary every metric minute, for {HEALTHY} metric minutes.")
        begin = self._minutes("healthy", HEALTHY)
        served, asked = share(traffic.seen, "GET", [200])
        taken, sent = share(traffic.seen, "POST", [202])
        yield Claim(
            "GETs and POSTs are served",
            served == asked > 0 < sent == taken,
            f"{served} of {asked} GETs, {taken} of {sent} POSTs",
        )
        good, trips = (counted.metric(self.stack, name, begin) for name in ("RoundTripsGood", "RoundTrips"))
        yield Claim("the canary's rows come in time", good == trips > 0, f"{good} of {trips} round trips")
        loud = firing(self.stack)
        told = [n.alarm for n in self.stack.inbox.all() if n.state == "ALARM"]
        yield Claim(
            f"no {self._word} fires, nobody is paged",
            not loud and not told,
            _list(loud or told) or "all quiet",
        )

    @property
    def _word(self) -> str:
        return self.stack.desk.vendor.WORD

    def _outage(self) -> Iterator[Claim]:
        self.say("The database stops in mid-traffic, as in a crash.")
        self.stack.database.stop(immediate=True)
        broken = self.stack.clock.now()
        page = self._page(broken)
        yield Claim(
            f"a page for {SLO} within {PAGE_WITHIN} metric minutes",
            page is not None and page.minutes <= PAGE_WITHIN,
            _page(page) if page else "nobody was paged",
        )
        if page:
            self._tell(page)
            self._minutes("the outage goes on", OUTAGE)

    def _page(self, broken: float) -> Page | None:
        alarm = names.live(self.system, names.burn(SLO, "page"))
        found: list[Notification] = []

        def paged() -> Fraction:
            found[:] = [n for n in self.stack.inbox.all() if n.alarm == alarm and n.state == "ALARM"]
            return Fraction(bool(found))

        self.wait("waiting for the page", paged, self._seconds(PAGE_WITHIN + 5))
        if not found:
            return None
        minutes = Fraction(found[0].at - broken) / MINUTE
        return Page(found[0], self._pairs(), minutes, self._spent(int(found[0].at)))

    def _tell(self, page: Page) -> None:
        told = page.notification
        ways = self.stack.desk.vendor.reached(self.system.receivers[told.receiver])
        self.say(f"  paged      {told.receiver}")
        self.say(f"  by         {_list(ways)}")
        self.say(f"  {self._word:<10} {told.alarm}")
        self.say(f"  pair       {_list(page.pairs)}")
        self.say(f"  runbook    {self.system.runbooks[told.runbook].path if told.runbook else 'none'}")
        self.say(f"  after      {float(page.minutes):.1f} metric minutes")
        window = self._declared(SLO).window.text
        self.say(f"  budget     {percent_spent(page.spent)} of what {window} of this traffic may spend")
        for line in takewhile(lambda line: not _FACT.match(line), told.description.splitlines()):
            self.say(f"  reads      {line}")

    def _recovery(self) -> Iterator[Claim]:
        self.say("The database is started again.")
        self.stack.database.start()
        mended = self.stack.clock.now()
        what = f"waiting for the {self._word}s to resolve"
        resolved = self.wait(what, self._calm, self._seconds(RESOLVED_WITHIN))
        minutes = (self.stack.clock.now() - mended) / MINUTE
        yield Claim(
            f"every page resolves within {RESOLVED_WITHIN} metric minutes",
            resolved,
            f"after {minutes:.0f} metric minutes" if resolved else f"still firing: {_list(self._pages())}",
        )
        self._minutes("calm, until everybody has heard of it", 2)
        for told in _since_fired(self.stack.inbox.all()):
            self.say(f"  told in all: {told.receiver}, {told.alarm} {_WORDS[told.state]}, {told.runbook}")

    def _accounted(self, traffic: Traffic) -> Iterator[Claim]:
        self.say("Traffic ends; the queue drains.")
        accepted = traffic.seen.accepted
        stored = self._drained(accepted)
        yield Claim(
            "every accepted message is stored exactly once",
            stored == len(set(accepted)) == len(accepted) > 0,
            f"{len(accepted)} accepted, {stored} rows",
        )
        dead = counted.depth(self.stack, self.stack.messaging.queue.dead_letter_url)
        yield Claim("the dead-letter queue is empty", dead == 0, f"{dead} messages")

    def _reported(self, out: Path) -> Claim:
        report = self._report()
        paths = save(report, out)
        record(self.system, self._observer(), at=report.at, out=out / "series")
        agree = counted.agrees(report, *paths)
        seen = f"{len(report.slos)} SLOs, their states and attainments"
        return Claim("the slo-report's three files agree", agree, seen)

    def _calm(self) -> Fraction:
        return Fraction(not self._pages())

    def _pages(self) -> list[str]:
        return pages(self.stack, self.system)

    def _pairs(self) -> tuple[str, ...]:
        """Those that fire; of an SLO whose one pair is the alarm itself, that one."""
        states = {seen.name: seen.judgement.state for seen in self.stack.ticker.alarms() if seen.judgement}
        slo = self._declared(SLO)
        fired = states.get(names.live(self.system, names.burn(SLO, "page")))
        return tuple(
            _pair(policy)
            for policy in slo.policies
            if policy.severity == "page"
            and states.get(names.live(self.system, names.pair(slo.name, "", policy)), fired) == "ALARM"
        )

    def _declared(self, name: str) -> Slo:
        return next(slo for slo in self.system.slos if slo.name == name)

    def _spent(self, at: int) -> Fraction:
        """Bad events so far, as a share of what the whole window may have at the traffic so far."""
        return self._slo(SLO, at).spent_of_full_window or Fraction(0)

    def _slo(self, name: str, at: int | None = None) -> SloReport:
        return next(slo for slo in self._report(at).slos if slo.name == name)

    def _report(self, at: int | None = None) -> Report:
        now = self.stack.ticker.judged
        notes = self.stack.clock.pace()
        return observe(self.system, self._observer(), at=now if at is None else at, notes=notes)

    def _observer(self) -> StoreObserver:
        return StoreObserver(self.stack.metrics, self.stack.ticker.events)

    def _minutes(self, what: str, minutes: int) -> int:
        """Waits for so many judged metric minutes; when that began."""
        begin = self.stack.clock.minute()

        def share_done() -> Fraction:
            return min(Fraction(1), Fraction(max(0, self.stack.ticker.judged - begin), minutes * MINUTE))

        self.wait(what, share_done, self._seconds(minutes * 3))
        return begin

    def _seconds(self, minutes: int) -> float:
        return seconds(self.stack, minutes * MINUTE)

    def _drained(self, accepted: Sequence[str]) -> int:
        """How many rows there are of these messages, once all are there or patience ends."""
        counts = [0]

        def stored() -> Fraction:
            counts[0] = counted.rows(self.stack, accepted)
            return Fraction(min(counts[0], len(accepted)), max(1, len(accepted)))

        self.wait("waiting for the last rows", stored, PATIENCE)
        return counts[0]


def _since_fired(told: Sequence[Notification]) -> Iterator[Notification]:
    """Without the first OK, of which CloudWatch tells when it comes to know an alarm."""
    fired: set[str] = set()
    for each in told:
        fired |= {each.alarm} if each.state != "OK" else set()
        if each.alarm in fired:
            yield each


def _pair(policy: BurnPair) -> str:
    return f"{policy.burn}x over {names.window(policy.long)} and {names.window(policy.short)}"


def _page(page: Page) -> str:
    return f"{page.notification.receiver}, {_list(page.pairs)}, {float(page.minutes):.1f} min"


def _list(items: Sequence[str]) -> str:
    return ", ".join(items)
