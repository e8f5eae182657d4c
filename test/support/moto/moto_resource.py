"""How moto's CloudFormation is taught a resource."""

import os
from functools import lru_cache
from threading import Lock

import boto3
import moto.cloudformation.parsing  # noqa: F401  Of two models of one type moto takes the later one: ours.
from moto.core.common_models import CloudFormationModel
from moto.core.utils import pascal_to_camelcase, remap_nested_keys

ACCOUNT = "123456789012"

KEPT = []


LOCK = Lock()


@lru_cache
def made_client(service, region_name):
    return boto3.client(service, region_name=region_name, endpoint_url=os.environ["AWS_ENDPOINT_URL"])


def client(service, region_name):
    # Stacks are made at once, and boto3 makes clients one after the other only.
    with LOCK:
        return made_client(service, region_name)


def resource(kind, service, create, delete, name_property="", physical_id=None, put=False, update=None):
    """Teaches moto the resource `kind`.

    create: (client, name, properties) -> the attributes of what is there now
    delete: (client, attributes, properties)
    physical_id: the attribute that `Ref` gives; else the name
    put: whether `create` changes what is there already; else an update replaces it
    update: (client, name, attributes, properties) -> its attributes, where a call of its own changes what is there
    """

    class Model(CloudFormationModel):
        # moto tells the service by the module's second part.
        __module__ = f"moto.{service.replace('-', '')}.models"

        def __init__(self, name, properties, attributes):
            self.name = name
            self.properties = properties
            self.attributes = attributes or {}

        @property
        def physical_resource_id(self):
            return self.attributes[physical_id] if physical_id else self.name

        def get_cfn_attribute(self, attribute):
            return self.attributes[attribute]

        def delete(self, account_id, region_name):
            delete(client(service, region_name), self.attributes, self.properties)

        @staticmethod
        def cloudformation_name_type():
            return name_property

        @staticmethod
        def cloudformation_type():
            return kind

        @classmethod
        def create_from_cloudformation_json(cls, name, resource_json, account_id, region_name, **kwargs):
            properties = resource_json["Properties"]
            return cls(name, properties, create(client(service, region_name), name, properties))

        @classmethod
        def update_from_cloudformation_json(
            cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
        ):
            service_client = client(service, region_name)
            properties = cloudformation_json["Properties"]
            name = original_resource.name if put or update else new_resource_name
            if update:
                return cls(name, properties, update(service_client, name, original_resource.attributes, properties))
            made = cls(name, properties, create(service_client, name, properties))
            if not put:
                original_resource.delete(account_id, region_name)
            return made

    # moto finds it among the subclasses, which do not keep a class alive.
    KEPT.append(Model)


def without(properties, *names):
    return {name: value for name, value in properties.items() if name not in names}


def camel(properties):
    """As the APIs that begin names in lower case have them."""
    return remap_nested_keys(properties, pascal_to_camelcase)
