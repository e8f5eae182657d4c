"""Lengths and patterns of strings and lists, by botocore's models of the services and by the schemas of CloudFormation."""

import re
from functools import lru_cache

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

SESSION = botocore.session.get_session()

# botocore's names of services whose CloudFormation namespace has another.
SERVICES = {
    "ApplicationAutoScaling": "application-autoscaling",
    "ElasticLoadBalancingV2": "elbv2",
    "ServiceDiscovery": "servicediscovery",
}
# Operations that create a resource, where the name of its type does not tell.
OPERATIONS = {
    "AWS::CloudWatch::Alarm": "PutMetricAlarm",
    "AWS::ElasticLoadBalancingV2::ListenerRule": "CreateRule",
    "AWS::IAM::Policy": "PutRolePolicy",
    "AWS::IAM::ManagedPolicy": "CreatePolicy",
    "AWS::Lambda::Url": "CreateFunctionUrlConfig",
}
VERBS = ("Create", "Put", "Register", "Publish", "Add")
# API Gateway v2 has no metadata: the names of its shapes have the lengths.
LENGTH_IN_NAME = re.compile(r"StringWithLengthBetween(\d+)And(\d+)")


@lru_cache
def service_model(name):
    return SESSION.get_service_model(name)


@lru_cache
def creation(kind):
    """Shape of the request that creates a resource of the type, if botocore has one."""
    _, namespace, name = kind.split("::")
    try:
        model = service_model(SERVICES.get(namespace, namespace.lower()))
    except UnknownServiceError:
        return None
    operations = [OPERATIONS[kind]] if kind in OPERATIONS else [verb + name for verb in VERBS]
    for operation in operations:
        try:
            return model.operation_model(operation).input_shape
        except OperationNotFoundError:
            continue
    return None


@lru_cache
def compiled(pattern):
    try:
        return re.compile(pattern)
    except re.error:
        # Python has no such expression, such as a class of Java.
        return None


def bounds_of(shape):
    named = LENGTH_IN_NAME.fullmatch(shape.name)
    return map(int, named.groups()) if named else (shape.metadata.get("min"), shape.metadata.get("max"))


def name_members(kind):
    """What the type's name is called: CloudFormation puts the type before `Name`, or leaves it out, as services do."""
    return [f"{kind.split('::')[-1].lower()}name", "name"]


def longest_name(kind):
    """Number of characters of the longest name of a resource, or None."""
    shape = creation(kind)
    members = {member.lower(): each for member, each in shape.members.items()} if shape else {}
    for name in name_members(kind):
        if name in members:
            _, high = bounds_of(members[name])
            return high
    return None


def length_fault(path, count, low, high, what):
    if (low is not None and count < low) or (high is not None and count > high):
        return [f"{path}: {count} {what}, allowed are {low or 0} to {high if high is not None else 'any number'}"]
    return []


def pattern_fault(path, value, pattern, matches):
    expression = pattern and compiled(pattern)
    return [f"{path}: {value} does not match {pattern}"] if expression and not matches(expression, value) else []


def shape_faults(shape, value, path):
    """What of `value` botocore's model of the service does not allow. Names of members match in any case."""
    if shape.type_name == "string" and isinstance(value, str):
        pattern = pattern_fault(path, value, shape.metadata.get("pattern"), re.Pattern.fullmatch)
        return length_fault(path, len(value), *bounds_of(shape), "characters") + pattern
    if shape.type_name == "list" and isinstance(value, list):
        own = length_fault(path, len(value), *bounds_of(shape), "elements")
        members = (shape_faults(shape.member, each, f"{path}/{index}") for index, each in enumerate(value))
        return own + sum(members, [])
    if shape.type_name == "structure" and isinstance(value, dict):
        given = {name.lower(): each for name, each in value.items()}
        members = shape.members.items()
        faults = (shape_faults(m, given[n.lower()], f"{path}/{n}") for n, m in members if n.lower() in given)
        return sum(faults, [])
    return []


def schema_faults(schema, root, value, path):
    """What of `value` the schema of CloudFormation does not allow."""
    while "$ref" in schema:
        schema = root["definitions"][schema["$ref"].split("/")[-1]]
    if isinstance(value, str):
        length = length_fault(path, len(value), schema.get("minLength"), schema.get("maxLength"), "characters")
        return length + pattern_fault(path, value, schema.get("pattern"), re.Pattern.search)
    if isinstance(value, list):
        own = length_fault(path, len(value), schema.get("minItems"), schema.get("maxItems"), "elements")
        members = (
            schema_faults(schema.get("items", {}), root, each, f"{path}/{index}") for index, each in enumerate(value)
        )
        return own + sum(members, [])
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        members = value.items()
        return sum((schema_faults(properties[n], root, v, f"{path}/{n}") for n, v in members if n in properties), [])
    return []


@lru_cache
def schema_of(kind, region):
    try:
        return PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind).schema
    except Exception:  # noqa: BLE001  cfn-lint has an error of its own for each cause, such as a custom resource.
        return None


def property_faults(kind, properties, region):
    """What of a resource's properties its service or CloudFormation would refuse. Unresolved values pass."""
    schema, shape = schema_of(kind, region), creation(kind) if kind.startswith("AWS::") else None
    faults = schema_faults(schema, schema, properties, "#") if schema else []
    if shape:
        given = {key.lower(): value for key, value in properties.items()}
        names = [given[name] for name in name_members(kind) if name in given]
        # The service's model has one of the two.
        faults += shape_faults(shape, {**given, **{name: names[0] for name in name_members(kind) if names}}, "#")
    return faults


def parameter_faults(operation, parameters):
    """What of a call's parameters the service would refuse."""
    return shape_faults(operation.input_shape, parameters, "#") if operation.input_shape else []
