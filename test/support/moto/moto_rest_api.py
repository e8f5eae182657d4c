"""What a REST API of API Gateway has beside its methods."""

import json

from moto.apigateway.models import apigateway_backends

from moto_resource import ACCOUNT, camel, resource, without


def rest_api(api, _, properties):
    policy = properties.get("Policy")
    fields = {"policy": json.dumps(policy)} if policy else {}
    made = api.create_rest_api(**camel(without(properties, "Policy")), **fields)
    return {"RestApiId": made["id"], "RootResourceId": made["rootResourceId"]}


def changed_rest_api(api, _, made, properties):
    patches = [{"op": "replace", "path": "/name", "value": properties["Name"]}]
    api.update_rest_api(restApiId=made["RestApiId"], patchOperations=patches)
    return made


resource(
    "AWS::ApiGateway::RestApi",
    "apigateway",
    rest_api,
    lambda api, made, _: api.delete_rest_api(restApiId=made["RestApiId"]),
    physical_id="RestApiId",
    update=changed_rest_api,
)
resource(
    "AWS::ApiGateway::Resource",
    "apigateway",
    lambda api, _, properties: api.create_resource(**camel(properties)),
    lambda api, made, properties: api.delete_resource(restApiId=properties["RestApiId"], resourceId=made["id"]),
    physical_id="id",
)


def account(api, name, properties):
    role = properties.get("CloudWatchRoleArn", "")
    api.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}])
    return {"Id": name}


resource(
    "AWS::ApiGateway::Account",
    "apigateway",
    account,
    lambda api, made, _: account(api, made["Id"], {}),
    physical_id="Id",
    put=True,
)


def child(kind, create, delete, physical_id="id"):
    """Teaches a resource that an API has, whose calls take the names of the properties."""
    resource(
        f"AWS::ApiGateway::{kind}",
        "apigateway",
        lambda api, name, properties: create(api)(**{"name": name, **camel(properties)}),
        lambda api, made, properties: delete(api, made, properties["RestApiId"]),
        physical_id=physical_id,
    )


child(
    "RequestValidator",
    lambda api: api.create_request_validator,
    lambda api, made, of: api.delete_request_validator(restApiId=of, requestValidatorId=made["id"]),
)
child(
    "Authorizer",
    lambda api: api.create_authorizer,
    lambda api, made, of: api.delete_authorizer(restApiId=of, authorizerId=made["id"]),
)


def deployment(api, _, properties):
    return api.create_deployment(**camel(properties))


resource(
    "AWS::ApiGateway::Deployment",
    "apigateway",
    deployment,
    lambda api, made, properties: api.delete_deployment(restApiId=properties["RestApiId"], deploymentId=made["id"]),
    physical_id="id",
)


PLACE = ("RestApiId", "ResourceId", "HttpMethod")


def method(api, name, properties):
    place = camel({key: properties[key] for key in PLACE})
    fields = camel(without(properties, *PLACE, "Integration", "RequestModels"))
    api.put_method(**place, **fields, requestModels=properties.get("RequestModels", {}))
    api.put_integration(**place, **camel(properties["Integration"]))
    return {"Id": name, **place}


resource(
    "AWS::ApiGateway::Method",
    "apigateway",
    method,
    lambda api, made, _: api.delete_method(**without(made, "Id")),
    physical_id="Id",
    put=True,
)


def model(api, name, properties):
    # A name is made of letters and digits.
    fields = {"name": name.replace("-", ""), **camel(without(properties, "Schema"))}
    return api.create_model(**fields, schema=json.dumps(properties["Schema"]))


resource(
    "AWS::ApiGateway::Model",
    "apigateway",
    model,
    lambda api, made, properties: api.delete_model(restApiId=properties["RestApiId"], modelName=made["name"]),
    physical_id="name",
)


def gateway_response(api, name, properties):
    templates = properties.get("ResponseTemplates", {})
    fields = camel(without(properties, "ResponseTemplates"))
    api.put_gateway_response(**fields, responseTemplates=templates)
    return {"Id": name}


resource(
    "AWS::ApiGateway::GatewayResponse",
    "apigateway",
    gateway_response,
    lambda api, _, properties: api.delete_gateway_response(
        restApiId=properties["RestApiId"], responseType=properties["ResponseType"]
    ),
    physical_id="Id",
    put=True,
)

METHOD_SETTINGS = {
    "DataTraceEnabled": "logging/dataTrace",
    "LoggingLevel": "logging/loglevel",
    "MetricsEnabled": "metrics/enabled",
    "ThrottlingBurstLimit": "throttling/burstLimit",
    "ThrottlingRateLimit": "throttling/rateLimit",
}


def settings(properties):
    """What is said of a stage only after it is there."""
    yield "/deploymentId", properties["DeploymentId"]
    yield "/tracingEnabled", properties["TracingEnabled"]
    for key, value in camel(properties.get("AccessLogSetting", {})).items():
        yield f"/accessLogSettings/{key}", value
    for setting in properties["MethodSettings"]:
        # A slash within a path is written so.
        path = setting["ResourcePath"].lstrip("/") or "~1"
        for key, value in without(setting, "HttpMethod", "ResourcePath").items():
            yield f"/{path}/{setting['HttpMethod']}/{METHOD_SETTINGS[key]}", value


def configure(api, name, made, properties):
    patches = [
        {"op": "replace", "path": path, "value": value if isinstance(value, str) else json.dumps(value)}
        for path, value in settings(properties)
    ]
    if destination := properties.get("AccessLogSetting", {}).get("DestinationArn"):
        patches.append({"op": "replace", "path": "/accessLogSettings/destinationArn", "value": destination})
    api.update_stage(restApiId=properties["RestApiId"], stageName=made["stageName"], patchOperations=patches)
    return {"stageName": made["stageName"]}


def stage(api, name, properties):
    made = api.create_stage(**camel(without(properties, "AccessLogSetting", "MethodSettings", "TracingEnabled")))
    return configure(api, name, made, properties)


resource(
    "AWS::ApiGateway::Stage",
    "apigateway",
    stage,
    lambda api, made, properties: api.delete_stage(restApiId=properties["RestApiId"], stageName=made["stageName"]),
    physical_id="stageName",
    update=configure,
)


def delete_key(api, made, _):
    # moto's own call leaves the key among those of the usage plans.
    backend = apigateway_backends[ACCOUNT][api.meta.region_name]
    for keys in backend.usage_plan_keys.values():
        keys.pop(made["id"], None)
    api.delete_api_key(apiKey=made["id"])


resource(
    "AWS::ApiGateway::ApiKey",
    "apigateway",
    lambda api, name, properties: api.create_api_key(name=name, **camel(properties)),
    delete_key,
    physical_id="id",
)
resource(
    "AWS::ApiGateway::UsagePlan",
    "apigateway",
    lambda api, name, properties: api.create_usage_plan(name=name, **camel(properties)),
    lambda api, made, _: api.delete_usage_plan(usagePlanId=made["id"]),
    physical_id="id",
)
resource(
    "AWS::ApiGateway::UsagePlanKey",
    "apigateway",
    lambda api, _, properties: api.create_usage_plan_key(**camel(properties)),
    lambda api, made, properties: api.delete_usage_plan_key(usagePlanId=properties["UsagePlanId"], keyId=made["id"]),
    physical_id="id",
)
