"""ECS: whole services and task definitions, and capacity providers."""

from moto.core.utils import pascal_to_camelcase, remap_nested_keys
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.models import CapacityProvider
from moto.ecs.responses import EC2ContainerServiceResponse

from moto_memory import keep
from moto_resource import resource, without

keep(EC2ContainerServiceResponse, ["create_service"], "capacityProviderStrategy", "healthCheckGracePeriodSeconds")
keep(EC2ContainerServiceResponse, ["create_service", "update_service"], "deploymentConfiguration")
keep(EC2ContainerServiceResponse, ["create_capacity_provider"], "managedInstancesProvider", "cluster")

create_service = EC2ContainerServiceResponse.create_service


def refuse_strangers(self):
    """A strategy may name providers of the cluster alone."""
    cluster = self.ecs_backend._get_cluster(self._get_param("cluster", "default"))
    for name in [item["capacityProvider"] for item in self._get_param("capacityProviderStrategy") or []]:
        provider = self.ecs_backend._get_provider(name)
        made_for_it = getattr(provider, "cluster", None) in (cluster.name, cluster.arn)
        if not made_for_it and name not in (cluster.capacity_providers or []):
            raise InvalidParameterException(f"The capacity provider {name} is not associated with the cluster")


def create_connected_service(self):
    refuse_strangers(self)
    result = create_service(self)
    told = self._get_param("serviceConnectConfiguration")
    for deployment in result._result["service"].deployments if told else []:
        deployment["serviceConnectConfiguration"] = told
    return result


EC2ContainerServiceResponse.create_service = create_connected_service

prepare = CapacityProvider._prepare_asg_provider
# Instances that ECS manages are in no group.
CapacityProvider._prepare_asg_provider = lambda self, details: details and prepare(self, details)


# Where a capital is not all that differs.
NAMES = {
    "EFSVolumeConfiguration": "efsVolumeConfiguration",
    "S3FilesVolumeConfiguration": "s3filesVolumeConfiguration",
    "FilesystemId": "fileSystemId",
    "IAM": "iam",
}


def lower(properties):
    return remap_nested_keys(properties, lambda name: NAMES.get(name) or pascal_to_camelcase(name))


def cluster(ecs, name, properties):
    settings = lower(properties.get("ClusterSettings", []))
    fields = lower(without(properties, "ClusterName", "ClusterSettings"))
    made = ecs.create_cluster(clusterName=name, settings=settings, **fields)
    return {"clusterName": name, "Arn": made["cluster"]["clusterArn"]}


resource(
    "AWS::ECS::Cluster",
    "ecs",
    cluster,
    lambda ecs, made, _: ecs.delete_cluster(cluster=made["clusterName"]),
    name_property="ClusterName",
    physical_id="clusterName",
)


def task_definition(ecs, _, properties):
    made = ecs.register_task_definition(**lower(properties))
    return {"Arn": made["taskDefinition"]["taskDefinitionArn"]}


resource(
    "AWS::ECS::TaskDefinition",
    "ecs",
    task_definition,
    lambda ecs, made, _: ecs.deregister_task_definition(taskDefinition=made["Arn"]),
    physical_id="Arn",
)


def service(ecs, name, properties):
    # CloudFormation begins with one task where no number is said.
    made = ecs.create_service(**{"serviceName": name, "desiredCount": 1, **lower(properties)})["service"]
    return {"Name": name, "ServiceArn": made["serviceArn"], "Cluster": made["clusterArn"]}


# What cannot be changed makes another service.
FIXED = ("DeploymentController", "LaunchType", "SchedulingStrategy")


def changed_service(ecs, name, made, properties):
    fields = lower(without(properties, "Cluster", "ServiceName", *FIXED))
    ecs.update_service(cluster=made["Cluster"], service=name, **fields)
    return made


resource(
    "AWS::ECS::Service",
    "ecs",
    service,
    lambda ecs, made, _: ecs.delete_service(cluster=made["Cluster"], service=made["Name"], force=True),
    name_property="ServiceName",
    physical_id="ServiceArn",
    update=changed_service,
)
resource(
    "AWS::ECS::CapacityProvider",
    "ecs",
    lambda ecs, name, properties: ecs.create_capacity_provider(name=name, **renamed_cluster(properties))[
        "capacityProvider"
    ],
    lambda ecs, made, _: ecs.delete_capacity_provider(capacityProvider=made["name"]),
    name_property="Name",
    physical_id="name",
)


def renamed_cluster(properties):
    fields = lower(without(properties, "ClusterName"))
    return {**fields, "cluster": properties["ClusterName"]} if "ClusterName" in properties else fields


def associations(ecs, name, properties):
    ecs.put_cluster_capacity_providers(**lower(properties))
    return {"Id": name}


resource(
    "AWS::ECS::ClusterCapacityProviderAssociations",
    "ecs",
    associations,
    lambda ecs, _, properties: ecs.put_cluster_capacity_providers(
        cluster=properties["Cluster"], capacityProviders=[], defaultCapacityProviderStrategy=[]
    ),
    physical_id="Id",
    put=True,
)
