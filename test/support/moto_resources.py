"""Resources that our templates have and moto's CloudFormation lacks, made by the calls of moto's own services."""

import json

from moto.ec2.models import ec2_backends
from moto.ec2.models.route_tables import RouteTable

from moto_resource import resource, without


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

# Not AWS::S3::BucketPolicy: this endpoint speaks plain HTTP, which those policies deny.


def egress(properties):
    rule = {"IpProtocol": str(properties["IpProtocol"])}
    rule |= {key: properties[key] for key in ("FromPort", "ToPort") if key in properties}
    if "DestinationSecurityGroupId" in properties:
        rule["UserIdGroupPairs"] = [{"GroupId": properties["DestinationSecurityGroupId"]}]
    if "CidrIp" in properties:
        rule["IpRanges"] = [{"CidrIp": properties["CidrIp"]}]
    return {"GroupId": properties["GroupId"], "IpPermissions": [rule]}


resource(
    "AWS::EC2::SecurityGroupEgress",
    "ec2",
    lambda ec2, _, properties: ec2.authorize_security_group_egress(**egress(properties)),
    lambda ec2, _, properties: ec2.revoke_security_group_egress(**egress(properties)),
)

def delete_route_table(table, account_id, region_name):
    """With its associations, which moto's CloudFormation does not delete either; a VPC is refused until then."""
    table._associations.clear()
    ec2_backends[account_id][region_name].delete_route_table(table.id)


RouteTable.delete = delete_route_table

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
