"""moto's server, with what our templates have and its CloudFormation lacks."""

import sys

import moto_resources  # noqa: F401
import moto_updates  # noqa: F401

from moto.awslambda.models import LambdaVersion, LayerVersion, lambda_backends
from moto.core.common_models import CloudFormationModel
from moto.server import main


class CloudFormationAlias(CloudFormationModel):
    # moto tells the service by the module's second part.
    __module__ = "moto.awslambda.models"

    def __init__(self, alias):
        self.alias = alias

    @property
    def physical_resource_id(self):
        return self.alias.arn

    @staticmethod
    def cloudformation_name_type():
        return ""

    @staticmethod
    def cloudformation_type():
        return "AWS::Lambda::Alias"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        name, function, version = cls.identity(cloudformation_json["Properties"])
        return cls(lambda_backends[account_id][region_name].create_alias(name, function, version, "", None))

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    ):
        name, function, version = cls.identity(cloudformation_json["Properties"])
        return cls(lambda_backends[account_id][region_name].update_alias(name, function, version, "", None))

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name):
        name, function, _ = cls.identity(cloudformation_json["Properties"])
        lambda_backends[account_id][region_name].delete_alias(name, function)

    @staticmethod
    def identity(properties):
        return properties["Name"], properties["FunctionName"], properties["FunctionVersion"]


def version_attribute(version, name):
    if name == "Version":
        return str(version.version)
    raise KeyError(name)


LambdaVersion.get_cfn_attribute = version_attribute
LayerVersion.physical_resource_id = property(lambda layer: layer.arn)

if __name__ == "__main__":
    main(sys.argv[1:])
