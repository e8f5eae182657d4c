"""Attributes of resources that our templates ask for and moto's CloudFormation does not know."""

from moto.efs.models import AccessPoint, FileSystem


def file_system_attribute(files, name):
    return {"Arn": files.file_system_arn, "FileSystemId": files.file_system_id}[name]


def access_point_attribute(point, name):
    return {"Arn": point.access_point_arn, "AccessPointId": point.access_point_id}[name]


FileSystem.get_cfn_attribute = file_system_attribute
AccessPoint.get_cfn_attribute = access_point_attribute
AccessPoint.physical_resource_id = property(lambda point: point.access_point_id)
