"""Whose a live thing is: by its tags, since it is adopted, or, where nothing has tags, by its name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sereno.language import names
from sereno.language.model import System
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch.forms import TERMS
from sereno.vendors.cloudwatch.reading import MINTED, Tags


def adopted_names(system: System) -> dict[str, str]:
    """What keeps a name of its own: `alarm:NAME` or `dashboard:NAME`, and its address."""
    return {
        f"{'dashboard' if address.startswith('dashboard/') else 'alarm'}:{name}": address
        for address, name in system.adopted.items()
    }


def tagged(system: System, known: Mapping[str, Tags]) -> Iterator[str]:
    """The names of the alarms and dashboards whose tags say that they are this environment's."""
    for arn, tags in known.items():
        found = re.match(r"arn:[^:]*:cloudwatch:[^:]*:[^:]*:(alarm|dashboard)[:/](.*)", arn, re.DOTALL)
        if found and tags.get(names.TAG_ENVIRONMENT) == system.environment.name:
            yield f"{found[1]}:{found[2]}"


def ours(system: System, resource: Resource, tags: Tags, adopted: Mapping[str, str], named: bool) -> bool:
    """By its tags; where they name no owner, because it is adopted.

    What has no tags where its endpoint may keep none (`named`) is ours by its minted name. AWS lists tags
    of dashboards, and does not say so of mute rules:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListTagsForResource.html
    """
    owner = (tags.get(names.TAG_PROJECT), tags.get(names.TAG_ENVIRONMENT))
    if TERMS.name(resource) in adopted and owner == (None, None):
        return True
    if not tags and named and resource.kind in MINTED:
        name = TERMS.name(resource).partition(":")[2]
        return name.startswith(names.live(system, MINTED[resource.kind]))
    return owner == (system.project, system.environment.name)


def with_address(prefix: str, resource: Resource, tags: Tags, adopted: Mapping[str, str]) -> Resource:
    """With its tags, and the address it was adopted for or they tell (else what the name tells of it)."""
    name = TERMS.name(resource).partition(":")[2]
    address = adopted.get(TERMS.name(resource)) or tags.get(names.TAG_ADDRESS) or name.removeprefix(prefix)
    pairs = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
    return Resource(resource.kind, address, {**resource.body, "Tags": pairs}, resource.where)
