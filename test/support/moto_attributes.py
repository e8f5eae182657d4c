"""Attributes of resources that our templates ask for and moto's CloudFormation does not know."""

from moto.efs.models import AccessPoint, FileSystem

FileSystem.get_cfn_attribute = lambda self, name: {"Arn": self.file_system_arn, "FileSystemId": self.file_system_id}[name]
AccessPoint.physical_resource_id = property(lambda self: self.access_point_id)
AccessPoint.get_cfn_attribute = lambda self, name: {"Arn": self.access_point_arn, "AccessPointId": self.access_point_id}[
    name
]
