"""Refuses names and other values that a service or CloudFormation does not allow, which moto takes."""

from botocore.model import OperationNotFoundError
from flask import has_request_context, request
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse

from aws_constraints import longest_name, parameter_faults, property_faults, service_model


# A hyphen and twelve characters at random.
SUFFIX = 13


class InvalidParameter(ServiceException):
    code = "ValidationException"


def created_resource(logical_id, resource_json, resources_map):
    made = parse(logical_id, resource_json, resources_map)
    if made:
        _, resolved, _ = made
        faults = property_faults(resolved["Type"], resolved.get("Properties", {}), resources_map["AWS::Region"])
        if faults:
            message = f"Properties validation failed for resource {logical_id} with message: {'; '.join(faults)}"
            raise ValidationError(message=message)
    return made


def generated_name(kind, stack_name, logical_id):
    """As CloudFormation does, shortened to what the service allows. Its end tells it from others."""
    name, longest = generate(kind, stack_name, logical_id), longest_name(kind)
    return name if longest is None or len(name) <= longest else name[: longest - SUFFIX] + name[-SUFFIX:]


def called(self):
    if has_request_context() and (faults := call_faults(self)):
        refusal = InvalidParameter("; ".join(faults))
        # moto writes an error as the service of its module does.
        refusal.__module__ = type(self).__module__
        status, headers, body = self.serialized(ActionResult(refusal))
        return status, {**headers, "status": str(status)}, body
    return call(self)


def call_faults(self):
    try:
        operation = service_model(self.boto3_service_name).operation_model(self._get_action())
    except OperationNotFoundError:
        return []
    if not self.automated_parameter_parsing:
        self.parse_parameters(request)
    return parameter_faults(operation, self.params)


generate = parsing.generate_resource_name
parsing.generate_resource_name = generated_name
parse = parsing.parse_resource_and_generate_name
parsing.parse_resource_and_generate_name = created_resource
call = BaseResponse.call_action
BaseResponse.call_action = called
