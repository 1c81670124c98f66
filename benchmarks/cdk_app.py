"""The reference pipeline for cdk-monitoring-constructs: see bench_cloudwatch.py."""

import sys

import aws_cdk as cdk
import cdk_monitoring_constructs as cmc
from aws_cdk import aws_apigatewayv2 as gw
from aws_cdk import aws_lambda as fn
from aws_cdk import aws_rds as rds
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from cdk_monitoring_constructs import AlarmFactoryDefaults, DefaultDashboardFactory, MonitoringFacade

app = cdk.App(outdir=sys.argv[2])
for n in range(int(sys.argv[1])):
    stack = cdk.Stack(app, f"S{n}", env=cdk.Environment(account="123456789012", region="eu-west-1"))
    facade = MonitoringFacade(
        stack,
        "M",
        alarm_factory_defaults=AlarmFactoryDefaults(actions_enabled=True, alarm_name_prefix=f"c{n}"),
        dashboard_factory=DefaultDashboardFactory(stack, "D", dashboard_name_prefix=f"c{n}"),
    )
    errors, age = (
        cmc.ErrorCountThreshold(max_error_count=1),
        cmc.MaxMessageAgeThreshold(max_age_in_seconds=300),
    )
    slow = cmc.LatencyThreshold(max_latency=cdk.Duration.seconds(3))
    api = gw.HttpApi.from_http_api_attributes(stack, "A", http_api_id=f"id{n}")
    facade.monitor_api_gateway_v2_http_api(
        api=api,
        add_latency_p50_alarm={"x": slow},
        add_latency_p90_alarm={"x": slow},
        add_latency_p99_alarm={"x": slow},
    )
    for name in ("api", "sub"):
        function = fn.Function.from_function_name(stack, name, f"{name}{n}")
        facade.monitor_lambda_function(
            lambda_function=function,
            add_fault_count_alarm={"x": errors},
            add_throttles_count_alarm={"x": errors},
        )
    topic = sns.Topic.from_topic_arn(stack, "T", f"arn:aws:sns:eu-west-1:123456789012:t{n}")
    facade.monitor_sns_topic(
        topic=topic,
        add_message_notifications_failed_alarm={
            "x": cmc.NotificationsFailedThreshold(max_notifications_failed_count=1)
        },
    )
    queue = sqs.Queue.from_queue_arn(stack, "Q", f"arn:aws:sqs:eu-west-1:123456789012:q{n}")
    dead = sqs.Queue.from_queue_arn(stack, "DL", f"arn:aws:sqs:eu-west-1:123456789012:d{n}")
    facade.monitor_sqs_queue_with_dlq(
        queue=queue,
        dead_letter_queue=dead,
        add_queue_max_message_age_alarm={"x": age},
        add_queue_max_size_alarm={"x": cmc.MaxMessageCountThreshold(max_message_count=1000)},
        add_dead_letter_queue_max_size_alarm={"x": cmc.MaxMessageCountThreshold(max_message_count=1)},
        add_dead_letter_queue_max_message_age_alarm={"x": age},
    )
    cluster = rds.DatabaseCluster.from_database_cluster_attributes(stack, "C", cluster_identifier=f"c{n}")
    facade.monitor_rds_cluster(
        cluster=cluster,
        add_cpu_usage_alarm={"x": cmc.UsageThreshold(max_usage_percent=90)},
        add_max_connection_count_alarm={"x": cmc.HighConnectionCountThreshold(max_connection_count=80)},
    )
app.synth()
