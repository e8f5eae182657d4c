"""Resources that our templates have and moto's CloudFormation lacks, made by the calls of moto's own services."""

import json

from moto_resource import camel, resource, without


resource(
    "AWS::ApiGatewayV2::VpcLink",
    "apigatewayv2",
    lambda api, _, properties: api.create_vpc_link(**properties),
    lambda api, made, _: api.delete_vpc_link(VpcLinkId=made["VpcLinkId"]),
    physical_id="VpcLinkId",
)
resource(
    "AWS::ApiGatewayV2::Api",
    "apigatewayv2",
    lambda api, _, properties: api.create_api(**properties),
    lambda api, made, _: api.delete_api(ApiId=made["ApiId"]),
    physical_id="ApiId",
)
resource(
    "AWS::ApiGatewayV2::Integration",
    "apigatewayv2",
    lambda api, _, properties: api.create_integration(**properties),
    lambda api, made, properties: api.delete_integration(
        ApiId=properties["ApiId"], IntegrationId=made["IntegrationId"]
    ),
    physical_id="IntegrationId",
)
resource(
    "AWS::ApiGatewayV2::Route",
    "apigatewayv2",
    lambda api, _, properties: api.create_route(**properties),
    lambda api, made, properties: api.delete_route(ApiId=properties["ApiId"], RouteId=made["RouteId"]),
    physical_id="RouteId",
)
resource(
    "AWS::ApiGatewayV2::Stage",
    "apigatewayv2",
    lambda api, _, properties: api.create_stage(**properties),
    lambda api, made, properties: api.delete_stage(ApiId=properties["ApiId"], StageName=made["StageName"]),
    physical_id="StageName",
)


def alarm(cloudwatch, name, properties):
    cloudwatch.put_metric_alarm(AlarmName=name, **without(properties, "AlarmName"))
    return {"AlarmName": name}


resource(
    "AWS::CloudWatch::Alarm",
    "cloudwatch",
    alarm,
    lambda cloudwatch, made, _: cloudwatch.delete_alarms(AlarmNames=[made["AlarmName"]]),
    name_property="AlarmName",
    put=True,
)

# Kept only: this endpoint speaks plain HTTP, which those policies deny.
resource("AWS::S3::BucketPolicy", "s3", lambda _, name, __: {"Id": name}, lambda *_: None, physical_id="Id", put=True)


resource(
    "AWS::ApiGatewayV2::Authorizer",
    "apigatewayv2",
    lambda api, _, properties: api.create_authorizer(**properties),
    lambda api, made, properties: api.delete_authorizer(
        ApiId=properties["ApiId"], AuthorizerId=made["AuthorizerId"]
    ),
    physical_id="AuthorizerId",
)


def web_acl(firewall, name, properties):
    made = firewall.create_web_acl(Name=name, **properties)["Summary"]
    return {**made, "Arn": made["ARN"]}


def delete_web_acl(firewall, made, properties):
    fields = {"Name": made["Name"], "Scope": properties["Scope"], "Id": made["Id"]}
    firewall.delete_web_acl(**fields, LockToken=firewall.get_web_acl(**fields)["LockToken"])


resource("AWS::WAFv2::WebACL", "wafv2", web_acl, delete_web_acl, name_property="Name", physical_id="Id")
resource(
    "AWS::WAFv2::WebACLAssociation",
    "wafv2",
    lambda firewall, _, properties: firewall.associate_web_acl(**properties) and properties,
    lambda firewall, _, properties: firewall.disassociate_web_acl(ResourceArn=properties["ResourceArn"]),
    physical_id="ResourceArn",
)


def namespace(discovery, _, properties):
    made = discovery.create_private_dns_namespace(**properties)
    operation = discovery.get_operation(OperationId=made["OperationId"])["Operation"]
    return discovery.get_namespace(Id=operation["Targets"]["NAMESPACE"])["Namespace"]


resource(
    "AWS::ServiceDiscovery::PrivateDnsNamespace",
    "servicediscovery",
    namespace,
    lambda discovery, made, _: discovery.delete_namespace(Id=made["Id"]),
    physical_id="Id",
)


def policy(properties):
    return json.dumps(properties["PolicyDocument"])


def queue_policy(queues, name, properties):
    for url in properties["Queues"]:
        queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(properties)})
    return {"Id": name}


def topic_policy(topics, name, properties):
    for arn in properties["Topics"]:
        topics.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy(properties))
    return {"Id": name}


# They go with what they are of.
resource("AWS::SQS::QueuePolicy", "sqs", queue_policy, lambda *_: None, physical_id="Id", put=True)
resource("AWS::SNS::TopicPolicy", "sns", topic_policy, lambda *_: None, physical_id="Id", put=True)


def metric_filter(logs, name, properties):
    transformations = [
        {**camel(transformation), "dimensions": {each["Key"]: each["Value"] for each in transformation["Dimensions"]}}
        for transformation in properties["MetricTransformations"]
    ]
    fields = {**camel(properties), "metricTransformations": transformations}
    logs.put_metric_filter(filterName=name, **fields)
    return {"Name": name}


resource(
    "AWS::Logs::MetricFilter",
    "logs",
    metric_filter,
    lambda logs, made, properties: logs.delete_metric_filter(
        filterName=made["Name"], logGroupName=properties["LogGroupName"]
    ),
    put=True,
)
