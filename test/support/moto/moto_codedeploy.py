"""CodeDeploy: configurations, and what moto cannot delete."""

import json
import uuid

from moto.codedeploy.models import DeploymentGroup
from moto.codedeploy.responses import CodeDeployResponse

from moto_resource import camel, resource

CONFIGURATIONS = {}

describe_group = DeploymentGroup.to_dict
DeploymentGroup.to_dict = lambda self: {**describe_group(self), "alarmConfiguration": self.alarm_configuration or {}}


def create_configuration(self):
    name = self._get_param("deploymentConfigName")
    CONFIGURATIONS[name] = {
        "deploymentConfigName": name,
        "deploymentConfigId": name,
        "computePlatform": self._get_param("computePlatform"),
        "trafficRoutingConfig": self._get_param("trafficRoutingConfig"),
    }
    return json.dumps({"deploymentConfigId": name})


def get_configuration(self):
    return json.dumps({"deploymentConfigInfo": CONFIGURATIONS[self._get_param("deploymentConfigName")]})


def delete_configuration(self):
    del CONFIGURATIONS[self._get_param("deploymentConfigName")]
    return "{}"


def delete_application(self):
    self.codedeploy_backend.applications.pop(self._get_param("applicationName"))
    return "{}"


def delete_group(self):
    groups = self.codedeploy_backend.deployment_groups[self._get_param("applicationName")]
    groups.pop(self._get_param("deploymentGroupName"))
    return "{}"


# Verdicts of lifecycle hooks, by the id of their execution.
VERDICTS = {}


def put_verdict(self):
    execution = self._get_param("lifecycleEventHookExecutionId")
    if VERDICTS.get(execution, "") is not None:
        return 400, {}, json.dumps({"__type": "InvalidLifecycleEventHookExecutionIdException"})
    VERDICTS[execution] = self._get_param("status")
    return json.dumps({"lifecycleEventHookExecutionId": execution})


CodeDeployResponse.put_lifecycle_event_hook_execution_status = put_verdict


def passes(functions, deployment, hook):
    """
    Whether the function of a hook reports that it succeeded. CodeDeploy waits for an hour; here nothing is waited for once
    the function has ended.
    https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
    """
    execution = str(uuid.uuid4())
    VERDICTS[execution] = None
    event = {"DeploymentId": deployment, "LifecycleEventHookExecutionId": execution}
    functions.invoke(FunctionName=hook, Payload=json.dumps(event).encode())
    return VERDICTS.pop(execution) == "Succeeded"


CodeDeployResponse.create_deployment_config = create_configuration
CodeDeployResponse.get_deployment_config = get_configuration
CodeDeployResponse.list_deployment_configs = lambda _: json.dumps({"deploymentConfigsList": list(CONFIGURATIONS)})
CodeDeployResponse.delete_deployment_config = delete_configuration
CodeDeployResponse.delete_application = delete_application
CodeDeployResponse.delete_deployment_group = delete_group


def application(deploy, name, properties):
    deploy.create_application(applicationName=name, **camel(properties))
    return {"Name": name}


resource(
    "AWS::CodeDeploy::Application",
    "codedeploy",
    application,
    lambda deploy, made, _: deploy.delete_application(applicationName=made["Name"]),
    name_property="ApplicationName",
)


def configuration(deploy, name, properties):
    deploy.create_deployment_config(deploymentConfigName=name, **camel(properties))
    return {"Name": name}


resource(
    "AWS::CodeDeploy::DeploymentConfig",
    "codedeploy",
    configuration,
    lambda deploy, made, _: deploy.delete_deployment_config(deploymentConfigName=made["Name"]),
    name_property="DeploymentConfigName",
)


def group(deploy, name, properties):
    deploy.create_deployment_group(deploymentGroupName=name, **camel(properties))
    return {"Name": name, "Application": properties["ApplicationName"]}


resource(
    "AWS::CodeDeploy::DeploymentGroup",
    "codedeploy",
    group,
    lambda deploy, made, _: deploy.delete_deployment_group(
        applicationName=made["Application"], deploymentGroupName=made["Name"]
    ),
    name_property="DeploymentGroupName",
)
