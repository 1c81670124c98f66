"""One environment between its YAML and its vendor: the live state as read once, and the way from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sereno.errors import Found, Unable
from sereno.language.model import System
from sereno.language.names import TAG_PROJECT
from sereno.language.problem import did_you_mean
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
        """The steps. Raises Found when a name is somebody else's, Unable for a target that is none."""
        wanted = tuple(wanted)
        known = [resource.address for resource in (*wanted, *self.live.owned)]
        for target in plan.unmatched(targets, known):
            hint = did_you_mean(target, known)
            raise Unable(f"there is nothing at or below `{target}`{'; ' * bool(hint)}{hint}")
        owned = {self.terms.name(resource): resource for resource in self.live.owned}
        names = {self.terms.name(resource) for resource in wanted}
        live = [each for each in self.live.owned if self.terms.name(each) in names or self._marked(each)]
        every = plan.plan(wanted, live, self.terms)
        changes = plan.only(every, targets, owned, self.terms)
        self._refuse_taken(changes)
        return changes

    def spared(self) -> tuple[Resource, ...]:
        """What was adopted and does not bear our tags: the others' still, and never deleted."""
        return tuple(each for each in self.live.owned if not self._marked(each))

    def _marked(self, resource: Resource) -> bool:
        """Whether it may be deleted: what was adopted is ours only once our tags are on it."""
        tags = [tag.get("Key") for tag in resource.body.get("Tags", ()) if isinstance(tag, Mapping)]
        return resource.address not in self.system.adopted or TAG_PROJECT in tags

    def saved(self, changes: tuple[Change, ...]) -> plan.Saved:
        """The steps with what they were made for and from."""
        state = plan.fingerprint(self.live.owned, self.terms)
        environment = self.system.environment
        at = (environment.name, environment.backend, self.backend.place())
        return plan.Saved(self.system.project, *at, state, changes)

    def still(self, saved: plan.Saved) -> tuple[Change, ...]:
        """The steps of a plan, if it is for this environment and from this live state. Else raises Found."""
        now = self.saved(saved.changes)
        if (saved.project, saved.environment, saved.backend) != (now.project, now.environment, now.backend):
            raise Found(f"this plan is for {_meant(saved)}, and this is {_meant(now)}")
        if saved.place != now.place:
            raise Found(f"this plan is for {saved.place}, and this is {now.place}")
        if saved.live != now.live:
            raise Found("what is live has changed since this plan was made: run `sereno plan` again")
        self._refuse_taken(saved.changes)
        return saved.changes

    def _refuse_taken(self, changes: tuple[Change, ...]) -> None:
        problems = plan.taken(changes, self.live.foreign, self.terms)
        if problems:
            said = "1 name is" if len(problems) == 1 else f"{len(problems)} names are"
            raise Found(f"{said} held by others; nothing was done", problems)


def _meant(saved: plan.Saved) -> str:
    return f"{saved.project}, environment {saved.environment} on {saved.backend}"
