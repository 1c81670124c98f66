"""What a person may write, kind by kind: pydantic, strict, unknown keys refused. No meaning yet."""

from __future__ import annotations

from typing import Final

from sereno.language.spec import openslo, ours
from sereno.language.spec.base import Spec

OPENSLO: Final = "openslo/v1"
SERENO: Final = "sereno/v1"

KINDS: Final[dict[tuple[str, str], type[Spec]]] = {
    (OPENSLO, "Service"): openslo.Service,
    (OPENSLO, "DataSource"): openslo.DataSource,
    (OPENSLO, "SLI"): openslo.Sli,
    (OPENSLO, "SLO"): openslo.Slo,
    (OPENSLO, "AlertPolicy"): openslo.AlertPolicy,
    (OPENSLO, "AlertCondition"): openslo.AlertCondition,
    (OPENSLO, "AlertNotificationTarget"): openslo.AlertNotificationTarget,
    (SERENO, "Signals"): ours.Signals,
    (SERENO, "Alert"): ours.Alert,
    (SERENO, "Routes"): ours.Routes,
    (SERENO, "Dashboard"): ours.Dashboard,
    (SERENO, "Use"): ours.Use,
    (SERENO, "Drill"): ours.Drill,
    (SERENO, "AlertTest"): ours.AlertTest,
    (SERENO, "BudgetPolicy"): ours.BudgetPolicy,
}
