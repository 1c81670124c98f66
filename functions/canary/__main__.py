"""The canary by hand, without metrics: `python -m canary [URL]`, from the folder `functions`.

Exits 0 if both attempts were good, 1 if one was bad, 2 if the canary could not attempt.
CANARY_AUTH=none leaves requests unsigned.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from canary import probe, run
from canary.probe import Listed, RoundTrip
from common.faults import Unavailable
from common.settings import Misconfigured

USUAL = {
    "CANARY_REQUEST_TIMEOUT_SECONDS": "5",
    "CANARY_DEADLINE_SECONDS": "30",
    "CANARY_POLL_SECONDS": "0.25",
}


def main(arguments: list[str], environ: Mapping[str, str]) -> int:
    """Runs once and prints what it saw."""
    if arguments and arguments[0] in ("-h", "--help"):
        sys.stdout.write(f"{__doc__}")
        return 0
    try:
        prepared = run.prepare({**USUAL, **environ, **({"CANARY_URL": arguments[0]} if arguments else {})})
    except (Misconfigured, Unavailable) as error:
        sys.stderr.write(f"canary: {error}\n")
        return 2
    listed = probe.list_users(prepared.transport.send)
    trip = probe.round_trip(prepared.transport.send, run.SystemClock(), prepared.id, prepared.wait)
    sys.stdout.write(_shown(listed, trip))
    return 0 if listed.good and trip.good else 1


def _shown(listed: Listed, trip: RoundTrip) -> str:
    phases = ", ".join(f"{name} {took:.1f}" for name, took in listed.reply.phases.items())
    return (
        f"GET /users   {_word(listed.good)}  {listed.reply.milliseconds:.1f} ms ({phases})  {listed.reason}\n"
        f"round trip   {_word(trip.good)}  {trip.seconds:.3f} s, {trip.polls} polls  "
        f"{trip.message_id}  {trip.reason}\n"
    )


def _word(good: bool) -> str:
    return "good" if good else "BAD "


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
