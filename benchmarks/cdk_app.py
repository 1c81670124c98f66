"""The reference pipeline for cdk-monitoring-constructs: see bench_cloudwatch.py.

python cdk_app.py COPIES FOLDER [defined]: its resources are referred to, as sereno does, or defined in the
same stack, as that library's users write them.
"""

import sys

import aws_cdk as cdk
import cdk_monitoring_constructs as cmc
from aws_cdk import aws_apigatewayv2 as gw
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as fn
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_rds as rds
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from cdk_monitoring_constructs import AlarmFactoryDefaults, DefaultDashboardFactory, MonitoringFacade

ARN = "arn:aws:{}:eu-west-1:123456789012:{}"
FUNCTIONS = ("api", "sub")


def referred(stack, n):
    return {
        "api": gw.HttpApi.from_http_api_attributes(stack, "A", http_api_id=f"id{n}"),
        "functions": [fn.Function.from_function_name(stack, name, f"{name}{n}") for name in FUNCTIONS],
        "topic": sns.Topic.from_topic_arn(stack, "T", ARN.format("sns", f"t{n}")),
        "queue": sqs.Queue.from_queue_arn(stack, "Q", ARN.format("sqs", f"q{n}")),
        "dead": sqs.Queue.from_queue_arn(stack, "DL", ARN.format("sqs", f"d{n}")),
        "cluster": rds.DatabaseCluster.from_database_cluster_attributes(
            stack, "C", cluster_identifier=f"c{n}"
        ),
    }


def defined(stack, _):
    code = fn.Code.from_inline("def handle(event, context): pass")
    functions = [
        fn.Function(stack, name, runtime=fn.Runtime.PYTHON_3_13, handler="index.handle", code=code)
        for name in FUNCTIONS
    ]
    way = integrations.HttpLambdaIntegration("I", functions[0])
    topic, dead = sns.Topic(stack, "T"), sqs.Queue(stack, "DL")
    queue = sqs.Queue(stack, "Q", dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=5, queue=dead))
    topic.add_subscription(subscriptions.SqsSubscription(queue))
    functions[1].add_event_source(sources.SqsEventSource(queue))
    engine = rds.DatabaseClusterEngine.aurora_postgres(version=rds.AuroraPostgresEngineVersion.VER_16_4)
    cluster = rds.DatabaseCluster(
        stack,
        "C",
        engine=engine,
        writer=rds.ClusterInstance.serverless_v2("W"),
        vpc=ec2.Vpc(stack, "V", max_azs=2, nat_gateways=0),
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
    )
    return {
        "api": gw.HttpApi(stack, "A", default_integration=way),
        "functions": functions,
        "topic": topic,
        "queue": queue,
        "dead": dead,
        "cluster": cluster,
    }


def monitored(facade, parts):
    """19 alarms; the dashboard is what the library makes of these resources."""
    share = cmc.ErrorRateThreshold(max_error_rate=0.05)
    refused = cmc.ErrorCountThreshold(max_error_count=1)
    age = cmc.MaxMessageAgeThreshold(max_age_in_seconds=300)
    slow = cmc.LatencyThreshold(max_latency=cdk.Duration.seconds(3))
    facade.monitor_api_gateway_v2_http_api(
        api=parts["api"],
        add5xx_rate_alarm={"x": share},
        add4xx_rate_alarm={"x": share},
        add_latency_p99_alarm={"x": slow},
    )
    for function in parts["functions"]:
        facade.monitor_lambda_function(
            lambda_function=function,
            add_fault_rate_alarm={"x": share},
            add_throttles_count_alarm={"x": refused},
            add_max_latency_alarm={"x": slow},
        )
    many = cmc.HighMessagesPublishedThreshold(max_messages_published_count=10_000)
    facade.monitor_sns_topic(
        topic=parts["topic"],
        add_message_notifications_failed_alarm={
            "x": cmc.NotificationsFailedThreshold(max_notifications_failed_count=1)
        },
        add_max_number_of_messages_published_alarm={"x": many},
    )
    facade.monitor_sqs_queue_with_dlq(
        queue=parts["queue"],
        dead_letter_queue=parts["dead"],
        add_queue_max_message_age_alarm={"x": age},
        add_queue_max_size_alarm={"x": cmc.MaxMessageCountThreshold(max_message_count=1000)},
        add_dead_letter_queue_max_size_alarm={"x": cmc.MaxMessageCountThreshold(max_message_count=1)},
        add_dead_letter_queue_max_message_age_alarm={"x": age},
    )
    facade.monitor_rds_cluster(
        cluster=parts["cluster"],
        add_cpu_usage_alarm={"x": cmc.UsageThreshold(max_usage_percent=90)},
        add_max_connection_count_alarm={"x": cmc.HighConnectionCountThreshold(max_connection_count=80)},
        add_disk_space_usage_alarm={"x": cmc.UsageThreshold(max_usage_percent=90)},
        add_read_iops_alarm={"x": cmc.MaxUsageCountThreshold(max_count=10_000)},
    )


app = cdk.App(outdir=sys.argv[2])
made = defined if "defined" in sys.argv[3:] else referred
for n in range(int(sys.argv[1])):
    stack = cdk.Stack(app, f"S{n}", env=cdk.Environment(account="123456789012", region="eu-west-1"))
    facade = MonitoringFacade(
        stack,
        "M",
        alarm_factory_defaults=AlarmFactoryDefaults(actions_enabled=True, alarm_name_prefix=f"c{n}"),
        dashboard_factory=DefaultDashboardFactory(stack, "D", dashboard_name_prefix=f"c{n}"),
    )
    monitored(facade, made(stack, n))
app.synth()
