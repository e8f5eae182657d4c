"""Attributes of resources that our templates ask for and moto's CloudFormation does not know."""

from moto.efs.models import AccessPoint, FileSystem
from moto.moto_api._internal import mock_random


def file_system_attribute(files, name):
    return {"Arn": files.file_system_arn, "FileSystemId": files.file_system_id}[name]


def access_point_attribute(point, name):
    return {"Arn": point.access_point_arn, "AccessPointId": point.access_point_id}[name]


FileSystem.get_cfn_attribute = file_system_attribute
AccessPoint.get_cfn_attribute = access_point_attribute
AccessPoint.physical_resource_id = property(lambda point: point.access_point_id)

made_access_point = AccessPoint.__init__


def access_point(self, *args, **kwargs):
    """AWS's ids have 17 characters, which its own patterns demand, and moto's 8."""
    made_access_point(self, *args, **kwargs)
    rest = mock_random.get_random_hex(9)
    self.access_point_id += rest
    self.access_point_arn += rest


AccessPoint.__init__ = access_point
