"""Every body we send is one of the client's typed models: no field it does not know, no value it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.model_utils import data_to_dict
from datadog_api_client.v1.model.dashboard import Dashboard
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.service_level_objective_request import ServiceLevelObjectiveRequest
from datadog_api_client.v1.model.synthetics_api_test import SyntheticsAPITest
from datadog_api_client.v2.model.downtime_create_request_attributes import DowntimeCreateRequestAttributes

from sereno.language import load_system
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import compile as compiled
from sereno.vendors.datadog.forms import MONITORS, SLOS
from tests.vendors.datadog.systems import BUDGETS, GET_ORDERS, SHOP, STAGE

ROOT = Path(__file__).parents[3]
MODELS: dict[str, Any] = {
    **dict.fromkeys(MONITORS, Monitor),
    **dict.fromkeys(SLOS, ServiceLevelObjectiveRequest),
    "dashboard": Dashboard,
    "synthetics-test": SyntheticsAPITest,
    "downtime": DowntimeCreateRequestAttributes,
}


VARIED = replace(SHOP.dashboards[0], variables=(STAGE,))


WHOLE = replace(
    SHOP,
    environment=replace(SHOP.environment, synthetics=(GET_ORDERS,)),
    budget_policies=(BUDGETS,),
    dashboards=(VARIED,),
)


def resources() -> list[Resource]:
    own, _ = load_system(ROOT, "local", "datadog")
    assert own is not None
    return [*compiled(WHOLE)[0], *compiled(own)[0]]


@pytest.fixture(scope="module")
def client() -> ApiClient:
    return ApiClient(Configuration(discard_unknown_keys=False))


def unparsed(value: Any, path: str = "") -> list[str]:
    """Where the client found no model for what stands there."""
    found = [path] if getattr(value, "_unparsed", False) else []
    if hasattr(value, "_data_store"):
        for key, inner in value._data_store.items():
            found += unparsed(inner, f"{path}.{key}")
        if "_composed_instances" in vars(value):
            found += [p for each in value._composed_instances for p in unparsed(each, path)]
    elif isinstance(value, list):
        found += [p for n, inner in enumerate(value) for p in unparsed(inner, f"{path}[{n}]")]
    return found


def unknown(value: Any, path: str = "") -> list[str]:
    """Fields that no model has, which the client keeps all the same."""
    if isinstance(value, list):
        return [p for n, inner in enumerate(value) for p in unknown(inner, f"{path}[{n}]")]
    if not hasattr(value, "_data_store"):
        return []
    found = [f"{path}.{key}" for key in value._data_store if key not in value.openapi_types]
    return found + [p for key, inner in value._data_store.items() for p in unknown(inner, f"{path}.{key}")]


@pytest.mark.parametrize("resource", resources(), ids=lambda r: f"{r.kind} {r.address}")
def test_a_body_goes_through_its_model_and_comes_back_the_same(resource: Resource, client: ApiClient) -> None:
    body = json.dumps(resource.body)
    model = client.deserialize(body, (MODELS[resource.kind],), True)

    assert unparsed(model) == []
    assert unknown(model) == []
    assert data_to_dict(model) == json.loads(body)  # as it goes over the wire


def test_the_test_sees_a_field_that_is_none(client: ApiClient) -> None:
    body = {"type": "composite", "query": "1 && 2", "options": {"notify_no_daat": True}}
    model = client.deserialize(json.dumps(body), (Monitor,), True)

    assert unknown(model) == [".options.notify_no_daat"]
