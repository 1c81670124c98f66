"""What no emulator keeps whole: kept as it was asked, and given back.

Slack channels, metric streams and a proxy's endpoints are known to none; of a flow log, an interface
endpoint and a cluster's exported logs they forget what a plan would then want to change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

ACCOUNT, REGION = "000000000000", "us-east-1"

Answer = tuple[int, bytes]
Asked = dict[str, Any]


def nested(form: Mapping[str, str]) -> dict[str, Any]:
    """AWS's query protocol before it was flattened: {"A.member.1.B": "c"} is {"A": [{"B": "c"}]}."""
    tree: dict[str, Any] = {}
    for name, value in form.items():
        *path, last = name.split(".")
        node = tree
        for step in path:
            node = node.setdefault(step, {})
        node[last] = value
    return {name: _lists(node) for name, node in tree.items()}


def _lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    items = node.get("member", node) if len(node) == 1 else node
    if items and all(key.isdigit() for key in items):
        return [_lists(items[key]) for key in sorted(items, key=int)]
    return {name: _lists(child) for name, child in node.items()}


def xml(value: Any, item: str = "member") -> str:
    """A nested value as XML; each of a list is an `item`."""
    if isinstance(value, dict):
        return "".join(f"<{name}>{xml(child, item)}</{name}>" for name, child in value.items())
    if isinstance(value, list):
        return "".join(f"<{item}>{xml(child, item)}</{item}>" for child in value)
    return escape(str(value))


def answer(action: str, result: Any, item: str = "member") -> Answer:
    """The query protocol's answer."""
    body = f"<{action}Result>{xml(result, item)}</{action}Result><ResponseMetadata/>"
    return 200, f"<{action}Response>{body}</{action}Response>".encode()


def missing(code: str) -> Answer:
    return (
        404,
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code></Error></ErrorResponse>".encode(),
    )


def ec2(action: str, result: Any) -> Answer:
    """EC2's own way to answer."""
    return 200, f"<{action}Response>{xml(result, 'item')}</{action}Response>".encode()


def ec2_missing(code: str) -> Answer:
    return 400, f"<Response><Errors><Error><Code>{code}</Code></Error></Errors></Response>".encode()


def tags(asked: Asked) -> list[dict[str, str]]:
    """A TagSpecification as EC2 gives it back."""
    given = asked.get("TagSpecification", [{}])[0].get("Tag", [])
    return [{"key": tag["Key"], "value": tag["Value"]} for tag in given]


class Kept:
    """By name or id, as asked."""

    def __init__(self) -> None:
        self.streams: dict[str, Asked] = {}
        self.proxies: dict[str, Asked] = {}
        self.channels: dict[str, Asked] = {}
        self.flow_logs: dict[str, Asked] = {}
        self.endpoints: dict[str, Asked] = {}
        self.insight_keys: dict[str, str] = {}  # a database instance's

    def query(self, form: Mapping[str, str]) -> Answer | None:
        """The answer to a query request; None: an emulator's matter."""
        known: dict[str, Callable[[Asked], Answer]] = {
            "PutMetricStream": self._put_stream,
            "GetMetricStream": self._get_stream,
            "DeleteMetricStream": self._delete_stream,
            "CreateDBProxyEndpoint": self._create_proxy,
            "DescribeDBProxyEndpoints": self._describe_proxies,
            "DeleteDBProxyEndpoint": self._delete_proxy,
            "CreateFlowLogs": self._create_flow_log,
            "DescribeFlowLogs": self._describe_flow_logs,
            "DeleteFlowLogs": self._delete_flow_log,
            "CreateVpcEndpoint": self._create_endpoint,
            "DescribeVpcEndpoints": self._describe_endpoints,
            "DeleteVpcEndpoints": self._delete_endpoint,
            "ListTagsForResource": self._tags,
        }
        action, arn = form.get("Action", ""), form.get("ResourceARN", form.get("ResourceName", ""))
        mine = action != "ListTagsForResource" or ":metric-stream/" in arn or ":db-proxy-endpoint:" in arn
        return known[action](nested(form)) if action in known and mine else None

    def remember(self, body: str, data: str) -> str:
        """An answer of the emulator's RDS, with what it forgot of a cluster's logs and an instance's key."""
        form = dict(parse_qsl(body))
        if form.get("Action") == "CreateDBInstance":
            self.insight_keys[form["DBInstanceIdentifier"]] = form["PerformanceInsightsKMSKeyId"]
        logs = "<EnabledCloudwatchLogsExports><member>postgresql</member></EnabledCloudwatchLogsExports>"
        data = data.replace("<DBClusterArn>", f"{logs}<DBClusterArn>")
        return re.sub("<DBInstanceIdentifier>([^<]+)</DBInstanceIdentifier>", self._with_key, data)

    def _with_key(self, found: re.Match[str]) -> str:
        key = self.insight_keys.get(found[1])
        return found[0] + (f"<PerformanceInsightsKMSKeyId>{key}</PerformanceInsightsKMSKeyId>" if key else "")

    def _put_stream(self, asked: Asked) -> Answer:
        arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:metric-stream/{asked['Name']}"
        dates = dict.fromkeys(("CreationDate", "LastUpdateDate"), "2026-01-02T03:04:05Z")
        self.streams[asked["Name"]] = {"Tags": []} | asked | {"Arn": arn, "State": "running"} | dates
        return answer("PutMetricStream", {"Arn": arn})

    def _get_stream(self, asked: Asked) -> Answer:
        found = self.streams.get(asked["Name"])
        return answer("GetMetricStream", found) if found else missing("ResourceNotFoundException")

    def _delete_stream(self, asked: Asked) -> Answer:
        self.streams.pop(asked["Name"], None)
        return answer("DeleteMetricStream", {})

    def _create_proxy(self, asked: Asked) -> Answer:
        name = asked["DBProxyEndpointName"]
        arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:db-proxy-endpoint:{name}"
        state = {"Endpoint": "127.0.0.1", "Status": "available", "IsDefault": "false"}
        self.proxies[name] = asked | {"DBProxyEndpointArn": arn} | state
        return answer("CreateDBProxyEndpoint", {"DBProxyEndpoint": self.proxies[name]})

    def _describe_proxies(self, asked: Asked) -> Answer:
        found = self.proxies.get(asked["DBProxyEndpointName"])
        if found is None:
            return missing("DBProxyEndpointNotFoundFault")
        return answer("DescribeDBProxyEndpoints", {"DBProxyEndpoints": [found]})

    def _delete_proxy(self, asked: Asked) -> Answer:
        gone = self.proxies.pop(asked["DBProxyEndpointName"], {})
        return answer("DeleteDBProxyEndpoint", {"DBProxyEndpoint": gone | {"Status": "deleting"}})

    def _tags(self, asked: Asked) -> Answer:
        if "ResourceARN" in asked:
            return answer(
                "ListTagsForResource", {"Tags": self.streams[asked["ResourceARN"].split("/")[-1]]["Tags"]}
            )
        found = self.proxies[asked["ResourceName"].split(":")[-1]]
        return answer("ListTagsForResource", {"TagList": found["Tags"]["Tag"]}, "Tag")

    def _create_flow_log(self, asked: Asked) -> Answer:
        made = f"fl-{len(self.flow_logs):017x}"
        self.flow_logs[made] = {
            "flowLogId": made,
            "resourceId": asked["ResourceId"][0],
            "trafficType": asked["TrafficType"],
            "logDestinationType": asked["LogDestinationType"],
            "logDestination": asked["LogDestination"],
            "deliverLogsPermissionArn": asked["DeliverLogsPermissionArn"],
            "maxAggregationInterval": asked["MaxAggregationInterval"],
            "tagSet": tags(asked),
        }
        return ec2("CreateFlowLogs", {"flowLogIdSet": [made], "unsuccessful": []})

    def _describe_flow_logs(self, asked: Asked) -> Answer:
        wanted = asked["FlowLogId"]
        return ec2(
            "DescribeFlowLogs", {"flowLogSet": [self.flow_logs[i] for i in wanted if i in self.flow_logs]}
        )

    def _delete_flow_log(self, asked: Asked) -> Answer:
        self.flow_logs.pop(asked["FlowLogId"][0], None)
        return ec2("DeleteFlowLogs", {"unsuccessful": []})

    def _create_endpoint(self, asked: Asked) -> Answer:
        made = f"vpce-{len(self.endpoints):017x}"
        self.endpoints[made] = {
            "vpcEndpointId": made,
            "vpcId": asked["VpcId"],
            "vpcEndpointType": asked["VpcEndpointType"],
            "serviceName": asked["ServiceName"],
            "state": "available",
            "policyDocument": asked["PolicyDocument"],
            "privateDnsEnabled": asked["PrivateDnsEnabled"],
            "subnetIdSet": asked["SubnetId"],
            "groupSet": [{"groupId": group} for group in asked["SecurityGroupId"]],
            "ownerId": ACCOUNT,
            "tagSet": tags(asked),
        }
        return ec2("CreateVpcEndpoint", {"vpcEndpoint": self.endpoints[made]})

    def _describe_endpoints(self, asked: Asked) -> Answer:
        found = [self.endpoints[made] for made in asked["VpcEndpointId"] if made in self.endpoints]
        return (
            ec2("DescribeVpcEndpoints", {"vpcEndpointSet": found})
            if found
            else ec2_missing("InvalidVpcEndpointId.NotFound")
        )

    def _delete_endpoint(self, asked: Asked) -> Answer:
        self.endpoints.pop(asked["VpcEndpointId"][0], None)
        return ec2("DeleteVpcEndpoints", {"unsuccessful": []})

    def chatbot(self, path: str, asked: Asked) -> Answer:
        """AWS Chatbot's REST answers."""
        arn = asked.get("ChatConfigurationArn", "")
        if path == "/create-slack-channel-configuration":
            arn = f"arn:aws:chatbot::{ACCOUNT}:chat-configuration/slack-channel/{asked['ConfigurationName']}"
            self.channels[arn] = {"SlackTeamName": "a team", "SlackChannelName": "a channel"} | asked
            self.channels[arn] |= {"ChatConfigurationArn": arn, "State": "ENABLED"}
            return 201, json.dumps({"ChannelConfiguration": self.channels[arn]}).encode()
        if path == "/describe-slack-channel-configurations":
            found = [self.channels[arn]] if arn in self.channels else []
            return 200, json.dumps({"SlackChannelConfigurations": found}).encode()
        if path == "/delete-slack-channel-configuration":
            self.channels.pop(arn, None)
            return 204, b""
        return 200, json.dumps({"Tags": self.channels[asked["ResourceARN"]]["Tags"]}).encode()
