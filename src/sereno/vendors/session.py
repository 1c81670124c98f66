"""One environment between its YAML and its vendor: the live state as read once, and the way from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sereno.errors import Found
from sereno.language.model import System
from sereno.vendors import plan
from sereno.vendors.backend import Backend, Change, Resource


@dataclass(frozen=True, slots=True)
class Session:
    """`live` was read when the session began; nothing here reads or writes."""

    system: System
    backend: Backend
    terms: plan.Terms
    live: plan.Live

    def changes(self, wanted: Sequence[Resource], targets: Sequence[str] = ()) -> tuple[Change, ...]:
        """The steps. Raises Found when a name is somebody else's."""
        owned = {self.terms.name(resource): resource for resource in self.live.owned}
        every = plan.plan(wanted, self.live.owned, self.terms)
        changes = plan.only(every, targets, owned, self.terms)
        problems = plan.taken(changes, self.live.foreign, self.terms)
        if problems:
            raise Found(f"{len(problems)} names are held by others; nothing was done", problems)
        return changes

    def saved(self, changes: tuple[Change, ...]) -> plan.Saved:
        """The steps with what they were made for and from."""
        state = plan.fingerprint(self.live.owned, self.terms)
        environment = self.system.environment
        return plan.Saved(self.system.project, environment.name, environment.backend, state, changes)

    def still(self, saved: plan.Saved) -> tuple[Change, ...]:
        """The steps of a plan, if it is for this environment and from this live state. Else raises Found."""
        now = self.saved(saved.changes)
        if (saved.project, saved.environment, saved.backend) != (now.project, now.environment, now.backend):
            raise Found(f"this plan is for {saved.project}, environment {saved.environment}")
        if saved.live != now.live:
            raise Found("what is live has changed since this plan was made: run `sereno plan` again")
        return saved.changes
