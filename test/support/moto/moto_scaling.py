"""What is scaled today by Application Auto Scaling, and groups of instances."""

from enum import Enum

import boto3
from moto.applicationautoscaling import models, responses

from moto_resource import resource, without

# The service's own list; moto's is older than inference components.
shape = boto3.client("application-autoscaling", region_name="us-east-1").meta.service_model.shape_for
dimensions = Enum("ScalableDimensionValueSet", {name: name for name in shape("ScalableDimension").enum})
models.ScalableDimensionValueSet = responses.ScalableDimensionValueSet = dimensions


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


def group(properties):
    """As the calls take it: numbers as numbers, and a list as one text."""
    sizes = {key: int(properties[key]) for key in ("MinSize", "MaxSize", "DesiredCapacity") if key in properties}
    return {**properties, **sizes, "VPCZoneIdentifier": ",".join(properties["VPCZoneIdentifier"])}


def create_group(groups, name, properties):
    groups.create_auto_scaling_group(AutoScalingGroupName=name, **group(properties))
    return {"Name": name}


def update_group(groups, name, made, properties):
    groups.update_auto_scaling_group(AutoScalingGroupName=name, **group(properties))
    return made


resource(
    "AWS::AutoScaling::AutoScalingGroup",
    "autoscaling",
    create_group,
    lambda groups, made, _: groups.delete_auto_scaling_group(AutoScalingGroupName=made["Name"], ForceDelete=True),
    name_property="AutoScalingGroupName",
    update=update_group,
)
