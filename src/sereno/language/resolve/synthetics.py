"""Synthetic tests of an environment: what Datadog alone has, and so no document."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sereno.language.model import Signing, Synthetic
from sereno.language.problem import Span
from sereno.language.spec import ours


def resolve(environment: ours.Environment, region: str, span: Callable[[str], Span]) -> Iterator[Synthetic]:
    """In the order written. `span` is where a test's name stands."""
    for name, of in (environment.datadog.synthetics if environment.datadog else {}).items():
        yield Synthetic(
            name=name,
            description=of.description,
            url=of.url,
            locations=tuple(of.locations),
            every=of.every,
            status=of.status,
            within=of.within_ms,
            failing_locations=of.failing_locations,
            severity=of.severity,
            service=of.service,
            owner=of.owner or "",
            runbook=of.runbook or name,
            sign=_signing(of.sign, region) if of.sign else None,
            where=span(name),
        )


def _signing(of: ours.Signing, region: str) -> Signing:
    return Signing(
        access_key=of.access_key,
        secret_key=of.secret_key,
        session_token=of.session_token,
        region=of.region or region,
        service=of.service,
    )
