"""Tasks of Step Functions that moto lacks: requests to API Gateway, and jobs of SageMaker.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-api-gateway.html
"""

import json
import os

import boto3
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_unsupported
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_api_gateway import (
    StateTaskServiceApiGateway,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

# API Gateway, which stands on this machine


class RefusedRequest(Exception):
    pass


def invoke(task, env, resource_runtime_part, normalised_parameters, state_credentials):
    parameters = normalised_parameters
    host = parameters["ApiEndpoint"]
    path = "".join(f"/{parameters[part].strip('/')}" for part in ("Stage", "Path") if part in parameters)
    task._verify_size_quota(env, parameters)
    method = parameters["Method"]
    headers = {"Host": host, "Content-Type": "application/json", "Accept": "application/json"}
    request = AWSRequest(method, f"https://{host}{path}", headers, json.dumps(parameters["RequestBody"]).encode())
    if parameters.get("AuthType") == "IAM_ROLE":
        credentials = boto3.Session().get_credentials()
        SigV4Auth(credentials, "execute-api", resource_runtime_part.region).add_auth(request)
    answer = requests.request(
        method, os.environ["EXECUTE_API_URL"] + path, data=request.data, headers=dict(request.headers.items())
    )
    if not answer.ok:
        raise RefusedRequest(answer.status_code, answer.text)
    body = answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.text
    headers = {name: [value] for name, value in answer.headers.items()}
    env.stack.append(
        {"Headers": headers, "ResponseBody": body, "StatusCode": answer.status_code, "StatusText": answer.reason}
    )


def from_error(task, env, ex):
    if isinstance(ex, FailureEventException):
        return ex.failure_event
    code, cause = ex.args if isinstance(ex, RefusedRequest) else (type(ex).__name__, str(ex))
    name = f"ApiGateway.{code}"
    details = TaskFailedEventDetails(error=name, cause=cause, resource="invoke", resourceType="apigateway")
    return FailureEvent(
        env, CustomErrorName(name), HistoryEventType.TaskFailed, EventDetails(taskFailedEventDetails=details)
    )


StateTaskServiceApiGateway._SUPPORTED_API_PARAM_BINDINGS["invoke"] = {
    *("ApiEndpoint", "Method", "Headers", "Stage", "Path", "QueryParameters"),
    *("RequestBody", "AllowNullValues", "AuthType"),
}
StateTaskServiceApiGateway._eval_service_task = invoke
StateTaskServiceApiGateway._from_error = from_error

# Jobs of SageMaker, which moto has done as soon as they are there


def sync_resolver(task, env, resource_runtime_part, normalised_parameters, state_credentials):
    client = state_task_service_unsupported.boto_client_for(resource_runtime_part.region, "sagemaker")
    name = normalised_parameters["TransformJobName"]
    return lambda: json.loads(json.dumps(client.describe_transform_job(TransformJobName=name), default=str))


state_task_service_unsupported._SUPPORTED_INTEGRATION_PATTERNS.add(ResourceCondition.Sync)
state_task_service_unsupported.StateTaskServiceUnsupported._build_sync_resolver = sync_resolver
