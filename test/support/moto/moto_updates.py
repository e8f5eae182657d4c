"""What CloudFormation does at an update and moto does not."""

import re
import traceback
from random import Random

from botocore.exceptions import ClientError, ParamValidationError
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import Stack

# CloudFormation goes from what is referred to to what refers to it, changes whatever has other values than before,
# and deletes what is no longer there, unless that is to be kept, when all else is done. moto deletes first, and changes
# only what has another text in the template. So each resource's values are kept as they were when it was made.

make = parsing.parse_and_create_resource
change = parsing.parse_and_update_resource


def values(resources, logical_id):
    return parsing.clean_json(resources._resource_json_map[logical_id].get("Properties", {}), resources)


def remember(function):
    def wrapped(logical_id, resource_json, resources_map, account_id, region_name):
        try:
            result = function(logical_id, resource_json, resources_map, account_id, region_name)
        except (ClientError, ParamValidationError, KeyError, TypeError, AttributeError) as error:
            # Else the server would fail, and be asked again.
            traceback.print_exc()
            raise ValidationError(message=f"{logical_id}, a {resource_json['Type']}: {error!r}") from error
        if not hasattr(resources_map, "made_of"):
            resources_map.made_of = {}
        resources_map.made_of[logical_id] = values(resources_map, logical_id)
        return result

    return wrapped


parsing.parse_and_create_resource = remember(make)
parsing.parse_and_update_resource = remember(change)


def referred(value):
    """Whatever `value` refers to, and some words beside."""
    if isinstance(value, list):
        for item in value:
            yield from referred(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from referred(item)
    elif isinstance(value, str):
        yield value.split(".")[0]
        yield from re.findall(r"\$\{(\w+)", value)


def in_order(resources):
    """
    What is referred to before what refers to it, and otherwise in any order, another one for each stack: nothing but
    references and DependsOn is sure to hold, so that what needs more finds it missing.
    """
    template_resources = resources._resource_json_map
    visited, ordered = set(), []

    def visit(logical_id):
        if logical_id in visited:
            return
        visited.add(logical_id)
        resource_json = template_resources[logical_id]
        for other in referred([resource_json.get("Properties", {}), resource_json.get("DependsOn", [])]):
            if other in template_resources:
                visit(other)
        ordered.append(logical_id)

    logical_ids = list(template_resources)
    # The same at every run.
    Random(resources["AWS::StackName"]).shuffle(logical_ids)
    for logical_id in logical_ids:
        visit(logical_id)
    return ordered


def update(resources, template, parameters=None):
    before = resources._resource_json_map
    resources._template = template
    if parameters:
        resources.input_parameters = parameters
    resources.load_mapping()
    resources.load_parameters()
    resources.load_conditions()
    resources._resource_json_map = template["Resources"]
    resources.created = set()
    place = resources._account_id, resources._region_name
    for logical_id in in_order(resources):
        if logical_id not in resources._parsed_resources:
            resources[logical_id]
            resources.created.add(logical_id)
        elif resources.made_of.get(logical_id) != values(resources, logical_id):
            resource_json = template["Resources"][logical_id]
            changed = parsing.parse_and_update_resource(logical_id, resource_json, resources, *place)
            if changed is None:
                raise NotImplementedError(f"moto cannot update {logical_id}, a {resource_json['Type']}")
            resources._parsed_resources[logical_id] = changed
    gone = {logical_id: json for logical_id, json in before.items() if logical_id not in template["Resources"]}
    delete(resources, gone)


def delete(resources, resource_jsons):
    """
    What was made last goes first, as what refers goes before what it refers to. moto tries at random. What a failed update
    has created goes although it is to be kept, if it is not to be kept in that case.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    """
    undone = getattr(resources, "undone", set())
    for logical_id, made in reversed(list(resources._parsed_resources.items())):
        resource_json = resource_jsons.get(logical_id)
        if resource_json is None or made is None:
            continue
        policy = resource_json.get("DeletionPolicy", "Delete")
        if policy == "Delete" or (policy == "RetainExceptOnCreate" and logical_id in undone):
            resources._delete_resource(made, {**resource_json, "Properties": resources.made_of.get(logical_id, {})})
        del resources._parsed_resources[logical_id]


def update_or_go_back(self, template, role_arn=None, parameters=None, tags=None):
    """An update that fails is rolled back: the stack has the template of before again."""
    before, had = self.template, dict(self.parameters)
    try:
        update_stack(self, template, role_arn, parameters, tags)
    except ValidationError as error:
        self._add_stack_event("UPDATE_ROLLBACK_IN_PROGRESS", resource_status_reason=str(error))
        self.resource_map.undone = self.resource_map.created
        update_stack(self, before, self.role_arn, had)
        self.resource_map.undone = set()
        self._add_stack_event("UPDATE_ROLLBACK_COMPLETE")
        self.status = "UPDATE_ROLLBACK_COMPLETE"


update_stack = Stack.update
Stack.update = update_or_go_back
parsing.ResourceMap.update = update
parsing.ResourceMap.delete = lambda resources: delete(resources, resources._resource_json_map)
parsing.ResourceMap._ResourceMap__get_resources_in_dependency_order = in_order
