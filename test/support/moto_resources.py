"""Resources that our templates have and moto's CloudFormation lacks, made by the calls of moto's own services."""

import os

import boto3
from moto.core.common_models import CloudFormationModel
from moto.ec2.models import ec2_backends
from moto.ec2.models.route_tables import RouteTable
from moto.ecs.models import Cluster, Service, ecs_backends
from moto.elbv2.models import FakeLoadBalancer
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import FakeEndpointConfig


KEPT = []


def resource(kind, service, create, delete, name_property="", physical_id=None, put=False):
    """Teaches moto the resource `kind`.

    create: (client, name, properties) -> the attributes of what is there now
    delete: (client, attributes, properties)
    physical_id: the attribute that `Ref` gives; else the name
    put: whether `create` changes what is there already; else an update replaces it
    """

    def client(region_name):
        return boto3.client(service, region_name=region_name, endpoint_url=os.environ["AWS_ENDPOINT_URL"])

    class Model(CloudFormationModel):
        # moto tells the service by the module's second part.
        __module__ = f"moto.{service.replace('-', '')}.models"

        def __init__(self, name, properties, region_name):
            self.name = name
            self.properties = properties
            self.attributes = create(client(region_name), name, properties) or {}

        @property
        def physical_resource_id(self):
            return self.attributes[physical_id] if physical_id else self.name

        def get_cfn_attribute(self, attribute):
            return self.attributes[attribute]

        def delete(self, account_id, region_name):
            delete(client(region_name), self.attributes, self.properties)

        @staticmethod
        def cloudformation_name_type():
            return name_property

        @staticmethod
        def cloudformation_type():
            return kind

        @classmethod
        def create_from_cloudformation_json(cls, name, resource_json, account_id, region_name, **kwargs):
            return cls(name, resource_json["Properties"], region_name)

        @classmethod
        def update_from_cloudformation_json(
            cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
        ):
            name = original_resource.name if put else new_resource_name
            made = cls(name, cloudformation_json["Properties"], region_name)
            if not put:
                original_resource.delete(account_id, region_name)
            return made

    # moto finds it among the subclasses, which do not keep a class alive.
    KEPT.append(Model)


def without(properties, *names):
    return {name: value for name, value in properties.items() if name not in names}


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


def function_url(functions, _, properties):
    made = functions.create_function_url_config(
        FunctionName=properties["TargetFunctionArn"], **without(properties, "TargetFunctionArn")
    )
    # moto's lacks the slash that AWS's has.
    return {"FunctionArn": made["FunctionArn"], "FunctionUrl": made["FunctionUrl"] + "/"}


resource(
    "AWS::Lambda::Url",
    "lambda",
    function_url,
    lambda functions, _, properties: functions.delete_function_url_config(
        FunctionName=properties["TargetFunctionArn"], Qualifier=properties["Qualifier"]
    ),
    physical_id="FunctionArn",
)


def scalable_target(scaling, _, properties):
    scaling.register_scalable_target(**without(properties, "ScheduledActions"))
    keys = ("ResourceId", "ScalableDimension", "ServiceNamespace")
    return {"Id": "|".join(properties[key] for key in keys)}


resource(
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "application-autoscaling",
    scalable_target,
    lambda scaling, _, properties: scaling.deregister_scalable_target(
        **{key: properties[key] for key in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
    ),
    physical_id="Id",
    put=True,
)


def policy_of(properties):
    """Whose policy it is, which CloudFormation may say by the target's id."""
    if "ScalingTargetId" not in properties:
        return {key: properties[key] for key in ("ResourceId", "ScalableDimension", "ServiceNamespace")}
    return dict(zip(("ResourceId", "ScalableDimension", "ServiceNamespace"), properties["ScalingTargetId"].split("|")))


resource(
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "application-autoscaling",
    lambda scaling, _, properties: scaling.put_scaling_policy(
        **policy_of(properties), **without(properties, "ScalingTargetId", *policy_of(properties))
    ),
    lambda scaling, _, properties: scaling.delete_scaling_policy(
        PolicyName=properties["PolicyName"], **policy_of(properties)
    ),
    physical_id="PolicyARN",
    put=True,
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

attribute_of = FakeLoadBalancer.get_cfn_attribute


def attribute_of_load_balancer(balancer, name):
    if name == "LoadBalancerFullName":
        return balancer.arn.split(":loadbalancer/")[1]
    return attribute_of(balancer, name)


FakeLoadBalancer.get_cfn_attribute = attribute_of_load_balancer


def delete_route_table(table, account_id, region_name):
    """With its associations, which moto's CloudFormation does not delete either; a VPC is refused until then."""
    table._associations.clear()
    ec2_backends[account_id][region_name].delete_route_table(table.id)


RouteTable.delete = delete_route_table


def delete_service(service, account_id, region_name):
    ecs_backends[account_id][region_name].delete_service(service.cluster_name, service.name, force=True)


def delete_cluster(cluster, account_id, region_name):
    ecs_backends[account_id][region_name].delete_cluster(cluster.name)


Service.delete = delete_service
Cluster.delete = delete_cluster


def validate_instance_type(_, instance_type):
    """By the service's own list of today; moto's is of 2020."""
    service = boto3.client("sagemaker", region_name="us-east-1").meta.service_model
    allowed = service.shape_for("ProductionVariantInstanceType").enum
    if instance_type not in allowed:
        raise ValidationError(message=f"got the instance type {instance_type}; there are {', '.join(allowed)}")


FakeEndpointConfig.validate_instance_type = validate_instance_type
