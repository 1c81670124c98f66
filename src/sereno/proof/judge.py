"""A System's alarms on one vendor, compiled, and the alert tests they are judged by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sereno.language.model import AlertTest, Backend, System
from sereno.language.problem import Problem, errors
from sereno.proof import on_cloudwatch, on_datadog
from sereno.proof.alert_tests import Alarms, Run, alarms_of, run, subjects
from sereno.proof.vendor import Vendor
from sereno.vendors import cloudwatch, datadog
from sereno.vendors.backend import Resource

BACKENDS: Final[tuple[Backend, ...]] = ("cloudwatch", "datadog")


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """`system` is in an environment of the vendor's."""

    system: System
    resources: tuple[Resource, ...]
    alarms: Alarms

    @property
    def vendor(self) -> Vendor:
        return self.alarms.vendor

    @property
    def subjects(self) -> tuple[str, ...]:
        """The addresses of the alarms that tell somebody."""
        return subjects(self.resources, self.vendor)

    def run(self, tests: Iterable[AlertTest]) -> tuple[tuple[Run, ...], tuple[Problem, ...]]:
        """Those that expect something of this vendor, and what is wrong with them."""
        done = [run(test, self.system, self.alarms) for test in self.concerned(tests)]
        return tuple(found for found, _ in done), tuple(p for _, problems in done for p in problems)

    def named(self, tests: Iterable[AlertTest]) -> set[str]:
        """The addresses of which the tests expect something on this vendor."""
        every = (expected for test in tests for expected in test.expected)
        return {expected.alert for expected in every if self.vendor.BACKEND in expected.backends}

    def concerned(self, tests: Iterable[AlertTest]) -> Sequence[AlertTest]:
        """The tests that expect something of this vendor; and those that expect nothing at all."""
        return [test for test in tests if not test.expected or self.vendor.BACKEND in backends(test)]


def backends(test: AlertTest) -> set[Backend]:
    """Whose minutes a test has."""
    return {backend for expected in test.expected for backend in expected.backends}


def judge(system: System, backend: Backend) -> tuple[Judge, tuple[Problem, ...]]:
    """The alarms of a System there, whatever its environment names; and what keeps them from being made."""
    there = replace(system, environment=replace(system.environment, backend=backend))
    vendor: Vendor = on_cloudwatch if backend == "cloudwatch" else on_datadog
    resources, problems = (cloudwatch if backend == "cloudwatch" else datadog).compile(there)
    return Judge(there, resources, alarms_of(resources, vendor)), tuple(errors(problems))
