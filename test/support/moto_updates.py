"""What CloudFormation does at an update and moto does not."""

from moto.cloudformation import parsing
from moto.ecs.models import TaskDefinition, ecs_backends

# moto updates a resource if its text in the template has changed. CloudFormation also updates whatever refers to a
# resource that was replaced: the endpoint of a new configuration, the service of a new task definition. So each
# resource's values are kept as they were when it was made, and compared once the rest is done.

update = parsing.ResourceMap.update
make = parsing.parse_and_create_resource
change = parsing.parse_and_update_resource


def values(resources, logical_id):
    return parsing.clean_json(resources._resource_json_map[logical_id].get("Properties", {}), resources)


def remember(function):
    def wrapped(logical_id, resource_json, resources_map, account_id, region_name):
        result = function(logical_id, resource_json, resources_map, account_id, region_name)
        if not hasattr(resources_map, "made_of"):
            resources_map.made_of = {}
        resources_map.made_of[logical_id] = values(resources_map, logical_id)
        return result

    return wrapped


def update_with_dependents(resources, template, parameters=None):
    update(resources, template, parameters)
    settled = False
    while not settled:
        settled = True
        for logical_id, resource_json in template["Resources"].items():
            made_of = resources.made_of.get(logical_id)
            if made_of is None or made_of == values(resources, logical_id):
                continue
            changed = parsing.parse_and_update_resource(
                logical_id, resource_json, resources, resources._account_id, resources._region_name
            )
            if changed:
                resources._parsed_resources[logical_id] = changed
            settled = False


parsing.parse_and_create_resource = remember(make)
parsing.parse_and_update_resource = remember(change)
parsing.ResourceMap.update = update_with_dependents


def new_revision(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
    """Made as it is at a creation; moto's own registers the text of the template, under another family."""
    made = cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)
    ecs_backends[account_id][region_name].deregister_task_definition(original_resource.arn)
    return made


TaskDefinition.update_from_cloudformation_json = classmethod(new_revision)


def delete_in_reverse(resources):
    """What was made last goes first, as what refers goes before what it refers to. moto tries at random."""
    for logical_id, made in reversed(list(resources._parsed_resources.items())):
        resource_json = resources._resource_json_map.get(logical_id)
        if resource_json is None or made is None or resource_json.get("DeletionPolicy") == "Retain":
            continue
        resources._delete_resource(made, {**resource_json, "Properties": resources.made_of.get(logical_id, {})})
        del resources._parsed_resources[logical_id]


parsing.ResourceMap.delete = delete_in_reverse
