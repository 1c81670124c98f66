"""What is known of the alarms' changes of state: all, from some moment on, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sereno.report.model import Period
from sereno.report.show import moment
from sereno.vendors.backend import Event, Unavailable


@dataclass(frozen=True, slots=True)
class History:
    """State changes of a back end that forgets: it knows of none before `since` (epoch seconds)."""

    events: Sequence[Event]
    since: int


# None: there is no alarm history; Unavailable: it could not be read. Either way the policies are
# applied to the data instead, and so they are before a `History` begins.
Events = Sequence[Event] | History | Unavailable | None


def changes(events: Events) -> Sequence[Event]:
    if events is None or isinstance(events, Unavailable):
        return ()
    return events.events if isinstance(events, History) else events


def since(events: Events) -> int:
    return events.since if isinstance(events, History) else 0


def unknown(events: Events) -> bool:
    return events is None or isinstance(events, Unavailable)


def about(events: Events, widest: Period) -> tuple[str, ...]:
    """What a reader must know of the alarm history."""
    if isinstance(events, Unavailable):
        return (f"alarm history: {events.reason}",)
    if isinstance(events, History) and events.since > widest.start:
        begins = moment(events.since)
        return (f"the alarm history begins at {begins}; incidents before are computed from the data",)
    return ()
