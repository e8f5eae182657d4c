"""What AWS refuses while something else is not there yet, and moto allows."""

from moto.apigateway.exceptions import BadRequestException
from moto.apigateway.responses import APIGatewayResponse
from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.responses import LambdaResponse
from moto.cloudwatch.models import cloudwatch_backends
from moto.ec2.models import ec2_backends
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.models import ecs_backends
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.efs.models import efs_backends
from moto.elbv2.models import elbv2_backends
from moto.iam.models import iam_backends
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse

import moto_sagemaker


def first(responses, call, refuse):
    """Has `refuse` look at what is asked before `call` does."""
    then = getattr(responses, call)

    def looked_at(self):
        refuse(self)
        return then(self)

    setattr(responses, call, looked_at)


def of(backends, self):
    return backends[self.current_account][self.region]


def unreachable_targets(self):
    """Targets of a service that no load balancer forwards to."""
    groups = of(elbv2_backends, self).target_groups
    for balancer in self._get_param("loadBalancers") or []:
        alternate = balancer.get("advancedConfiguration", {}).get("alternateTargetGroupArn")
        for arn in filter(None, [balancer["targetGroupArn"], alternate]):
            if not groups[arn].load_balancer_arns:
                raise InvalidParameterException(f"The target group {arn} does not have an associated load balancer.")


def nothing_to_scale(self):
    kind, *names = self._get_param("ResourceId").split("/")
    found = {
        "service": lambda cluster, name: f"{cluster}:{name}" in of(ecs_backends, self).services,
        "endpoint": lambda name, *_: name in of(sagemaker_backends, self).endpoints,
        "inference-component": lambda name: any(key[-1] == name for key in moto_sagemaker.COMPONENTS),
    }
    if kind in found and not found[kind](*names):
        raise AWSValidationException(f"there is no {kind} {names}")


def missing_alarms(self):
    rollback = (self._get_param("DeploymentConfig") or {}).get("AutoRollbackConfiguration", {})
    for alarm in rollback.get("Alarms", []):
        if alarm["AlarmName"] not in of(cloudwatch_backends, self).alarms:
            raise ValidationError(message=f"there is no alarm {alarm['AlarmName']}")


def unmounted_files(self):
    """File systems that have no mount target where the function is."""
    configuration = self.json_body
    files, network = of(efs_backends, self), of(ec2_backends, self)
    subnets = configuration.get("VpcConfig", {}).get("SubnetIds", [])
    zones = {network.get_subnet(subnet).availability_zone for subnet in subnets}
    for config in configuration.get("FileSystemConfigs", []):
        point = files.access_points.get(config["Arn"].split("/")[-1])
        targets = files.file_systems_by_id[point.file_system_id].iter_mount_targets() if point else []
        if point and not zones <= {target.availability_zone_name for target in targets}:
            raise InvalidParameterValueException(f"{config['Arn']} cannot be mounted in each of {zones}")


def logs_without_role(self):
    # Both kinds of logs: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
    logs = [
        patch
        for patch in self._get_param("patchOperations") or []
        if patch["path"].startswith("/accessLogSettings") or ("logging/loglevel" in patch["path"] and patch["value"] != "OFF")
    ]
    if logs and not self.backend.get_account().cloudwatch_role_arn:
        raise BadRequestException("CloudWatch Logs role ARN must be set in account settings to enable logging")


def unreadable_queue(self):
    """Queues that the function's role may not read."""
    if ":sqs:" not in self.json_body.get("EventSourceArn", ""):
        return
    function = self.backend.get_function(self.json_body["FunctionName"])
    policies = iam_backends[self.current_account]["aws"].get_role_by_arn(function.role).policies
    if not any("sqs:ReceiveMessage" in document for document in policies.values()):
        raise InvalidParameterValueException("The execution role may not call ReceiveMessage on SQS")


first(EC2ContainerServiceResponse, "create_service", unreachable_targets)
first(ApplicationAutoScalingResponse, "register_scalable_target", nothing_to_scale)
first(SageMakerResponse, "create_endpoint", missing_alarms)
first(SageMakerResponse, "update_endpoint", missing_alarms)
first(LambdaResponse, "create_function", unmounted_files)
first(LambdaResponse, "create_event_source_mapping", unreadable_queue)
first(APIGatewayResponse, "update_stage", logs_without_role)
