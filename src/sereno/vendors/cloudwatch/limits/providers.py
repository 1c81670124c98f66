"""Which provider of Terraform makes a resource, and in which Region, as a plan's `configuration` says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Providers:
    """By the address of a block (without `[...]`) its provider's key, and by the key the Region it says."""

    keys: Mapping[str, str]
    regions: Mapping[str, str]

    @staticmethod
    def of(document: Body) -> Providers:
        """Of a plan; a state does not say it."""
        configuration = _body(document.get("configuration"))
        regions = {key: _constant(said) for key, said in _body(configuration.get("provider_config")).items()}
        return Providers(dict(_keys(configuration.get("root_module"), "")), regions)

    def owner(self, block: str) -> str:
        return self.keys.get(block, block)

    def region(self, block: str) -> str:
        return self.regions.get(self.keys.get(block, ""), "")


def _body(value: Any) -> Body:
    return value if isinstance(value, Mapping) else {}


def _constant(provider: Any) -> str:
    said = _body(_body(_body(provider).get("expressions")).get("region")).get("constant_value")
    return said if isinstance(said, str) else ""


def _keys(module: Any, above: str) -> Iterator[tuple[str, str]]:
    """(address, key) of the resources of a module and of those that it calls."""
    found = _body(module).get("resources")
    for resource in found if isinstance(found, list) else ():
        key = _body(resource).get("provider_config_key")
        if isinstance(key, str):
            yield f"{above}{_body(resource).get('address')}", key
    for name, call in _body(_body(module).get("module_calls")).items():
        yield from _keys(_body(call).get("module"), f"{above}module.{name}.")
