"""CloudWatch's alarm mute rules inside the emulator, which ministack 1.5.33 does not know.

The rules are kept and given back; `ticker.py` honours them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from math import inf
from typing import Any

from sereno.local.mutes import active
from sereno.vendors.cloudwatch.mutes import ends

Body = dict[str, Any]
Answer = tuple[int, Mapping[str, str], bytes]

_KEPT = ("Name", "Description", "Rule", "MuteTargets", "StartDate", "ExpireDate")


def patch(cloudwatch: Any, changed: Callable[[], None]) -> None:
    """Changes the module in place; `changed` is called when a rule comes, changes or goes."""
    rules: dict[str, Body] = {}  # by ARN
    actions = {
        "PutAlarmMuteRule": lambda body: _put(cloudwatch, rules, body),
        "GetAlarmMuteRule": lambda body: _get(cloudwatch, rules, body),
        "ListAlarmMuteRules": lambda body: _list(cloudwatch, rules, body),
        "DeleteAlarmMuteRule": lambda body: _delete(cloudwatch, rules, body),
    }
    handle, validate = cloudwatch.handle_request, cloudwatch._validate_alarm_tag_arn

    async def handle_request(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any
    ) -> Any:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if action not in actions:
            return await handle(method, path, headers, body, query)
        if action.startswith(("Put", "Delete")):
            changed()
        return actions[action](json.loads(body))

    def validate_alarm_tag_arn(arn: str, *rest: Any, **named: Any) -> Any:
        return None if arn in rules else validate(arn, *rest, **named)

    cloudwatch.handle_request = handle_request
    cloudwatch._validate_alarm_tag_arn = validate_alarm_tag_arn


def _arn(cloudwatch: Any, name: str) -> str:
    return (
        f"arn:aws:cloudwatch:{cloudwatch.get_region()}:{cloudwatch.get_account_id()}:alarm-mute-rule:{name}"
    )


def _put(cloudwatch: Any, rules: dict[str, Body], body: Body) -> Answer:
    arn = _arn(cloudwatch, body["Name"])
    targets = body.get("MuteTargets", {}).get("AlarmNames", [])
    missing = [n for n in targets if n not in cloudwatch._alarms and n not in cloudwatch._composite_alarms]
    if missing:
        return _refusal(cloudwatch, f"the alarms [{', '.join(missing)}] do not exist")
    if _once(body) and ("StartDate" in body or "ExpireDate" in body):
        said = "Can not set start or expire dates for At expressions"
        return _refusal(cloudwatch, said, "ValidationError", 400)
    if arn not in rules:
        cloudwatch._resource_tags[arn] = {tag["Key"]: tag["Value"] for tag in body.get("Tags", [])}
    kept = {name: body[name] for name in _KEPT if name in body}
    rules[arn] = kept | {"AlarmMuteRuleArn": arn, "LastUpdatedTimestamp": int(time.time())}
    return _answer(cloudwatch, {})


def _get(cloudwatch: Any, rules: Mapping[str, Body], body: Body) -> Answer:
    rule = rules.get(_arn(cloudwatch, body["AlarmMuteRuleName"]))
    if rule is None:
        return _refusal(cloudwatch, f"the mute rule {body['AlarmMuteRuleName']} does not exist")
    return _answer(cloudwatch, rule | _status(rule))


def _list(cloudwatch: Any, rules: Mapping[str, Body], body: Body) -> Answer:
    alarm = body.get("AlarmName")
    shown = ("AlarmMuteRuleArn", "ExpireDate", "LastUpdatedTimestamp")
    summaries = [
        {name: rule[name] for name in shown if name in rule} | _status(rule)
        for _, rule in sorted(rules.items())
        if alarm is None or alarm in rule.get("MuteTargets", {}).get("AlarmNames", [])
    ]
    wanted = body.get("Statuses")
    found = [s for s in summaries if not wanted or s["Status"] in wanted]
    return _answer(cloudwatch, {"AlarmMuteRuleSummaries": found})


def _delete(cloudwatch: Any, rules: dict[str, Body], body: Body) -> Answer:
    arn = _arn(cloudwatch, body["AlarmMuteRuleName"])
    rules.pop(arn, None)
    cloudwatch._resource_tags.pop(arn, None)
    return _answer(cloudwatch, {})


def _status(rule: Body) -> Body:
    """Whether it is past its end, or mutes now; of a recurring one the latter is the ticker's to know."""
    over, now = ends(rule), time.time()
    last = over.timestamp() if over else rule.get("ExpireDate", inf)
    lies = bool(over) and active(rule, metric=now, wall=now)
    return {
        "Status": "EXPIRED" if last <= now else "ACTIVE" if lies else "SCHEDULED",
        "MuteType": "ONE_TIME" if _once(rule) else "RECURRING",
    }


def _once(rule: Body) -> bool:
    return str(rule["Rule"]["Schedule"]["Expression"]).startswith("at(")


def _answer(cloudwatch: Any, body: Body) -> Answer:
    answer: Answer = cloudwatch._json_ok(body)
    return answer


def _refusal(
    cloudwatch: Any, text: str, code: str = "ResourceNotFoundException", status: int = 404
) -> Answer:
    answer: Answer = cloudwatch._error(code, text, status, use_json=True)
    return answer
