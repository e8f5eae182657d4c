"""Application Auto Scaling: what is scaled today, by whom."""

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
