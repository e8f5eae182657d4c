"""Lambda: whole functions, and aliases that CodeDeploy moves."""

import base64
import hashlib
import io
import json
import os
import tempfile
import urllib.request
import zipfile
from urllib.parse import unquote

from moto.awslambda.models import LambdaFunction, LayerVersion, lambda_backends
from moto.awslambda.responses import LambdaResponse
from moto.awslambda.urls import url_paths
from moto.cloudformation.exceptions import ValidationError
from moto.core.common_models import CloudFormationModel

from moto_codedeploy import passes
from moto_resource import client, resource, without

# What a function is told to have and moto forgets.
FORGOTTEN = ("FileSystemConfigs", "LoggingConfig", "KMSKeyArn")
begin, change, tell = LambdaFunction.__init__, LambdaFunction.update_configuration, LambdaFunction.get_configuration


def remember(function, spec):
    kept = {key: spec[key] for key in FORGOTTEN if key in spec}
    function.told = {**getattr(function, "told", {}), **kept}


def begin_and_remember(self, account_id, spec, region, version=1):
    remember(self, spec)
    begin(self, account_id, spec, region, version)


def change_and_remember(self, spec):
    remember(self, spec)
    return change(self, spec)


LambdaFunction.__init__ = begin_and_remember
LambdaFunction.update_configuration = change_and_remember
LambdaFunction.get_configuration = lambda self, on_create=False: {**tell(self, on_create), **self.told}


def code(properties):
    if "ZipFile" not in properties["Code"]:
        return properties["Code"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        # The same text makes the same archive.
        files.writestr(zipfile.ZipInfo("index.js"), properties["Code"]["ZipFile"])
    return {"ZipFile": archive.getvalue()}


def configuration(properties):
    fields = without(properties, "Architectures", "Code", "KmsKeyArn", "PackageType", "ReservedConcurrentExecutions")
    if "KmsKeyArn" in properties:
        fields["KMSKeyArn"] = properties["KmsKeyArn"]
    if "FileSystemConfigs" in properties:
        # Newer than botocore.
        fields["FileSystemConfigs"] = [without(each, "S3FilesConfig") for each in properties["FileSystemConfigs"]]
    return fields


def reserve(functions, name, properties):
    if "ReservedConcurrentExecutions" in properties:
        functions.put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=properties["ReservedConcurrentExecutions"]
        )
    else:
        functions.delete_function_concurrency(FunctionName=name)


def function(functions, name, properties):
    fixed = {key: properties[key] for key in ("Architectures", "PackageType") if key in properties}
    made = functions.create_function(
        FunctionName=name, Code=code(properties), **configuration(properties), **fixed
    )
    reserve(functions, name, properties)
    return {"Arn": made["FunctionArn"]}


def changed_function(functions, name, made, properties):
    functions.update_function_configuration(FunctionName=name, **configuration(properties))
    functions.update_function_code(FunctionName=name, **code(properties))
    reserve(functions, name, properties)
    return made


resource(
    "AWS::Lambda::Function",
    "lambda",
    function,
    lambda functions, made, _: functions.delete_function(FunctionName=made["Arn"]),
    name_property="FunctionName",
    update=changed_function,
)


def url(functions, _, properties):
    made = functions.create_function_url_config(
        FunctionName=properties["TargetFunctionArn"], **without(properties, "TargetFunctionArn")
    )
    # moto's lacks the slash that AWS's has.
    return {"FunctionArn": made["FunctionArn"], "FunctionUrl": made["FunctionUrl"] + "/"}


resource(
    "AWS::Lambda::Url",
    "lambda",
    url,
    lambda functions, _, properties: functions.delete_function_url_config(
        FunctionName=properties["TargetFunctionArn"], Qualifier=properties["Qualifier"]
    ),
    physical_id="FunctionArn",
)


def qualified(arn):
    """A function, and which version or alias of it, that a permission is for."""
    name, _, qualifier = arn.split(":function:")[-1].partition(":")
    return {"FunctionName": name, **({"Qualifier": qualifier} if qualifier else {})}


def permission(functions, name, properties):
    fields = {**without(properties, "FunctionName"), **qualified(properties["FunctionName"])}
    # CloudFormation makes up the id. Its end is what tells permissions apart.
    statement = name[-100:]
    functions.add_permission(StatementId=statement, **fields)
    return {"Id": statement}


resource(
    "AWS::Lambda::Permission",
    "lambda",
    permission,
    lambda functions, made, properties: functions.remove_permission(
        StatementId=made["Id"], **qualified(properties["FunctionName"])
    ),
    physical_id="Id",
)


def changed_mapping(functions, _, made, properties):
    fields = without(properties, "EventSourceArn", "StartingPosition")
    functions.update_event_source_mapping(UUID=made["UUID"], **fields)
    return made


resource(
    "AWS::Lambda::EventSourceMapping",
    "lambda",
    lambda functions, _, properties: functions.create_event_source_mapping(**properties),
    lambda functions, made, _: functions.delete_event_source_mapping(UUID=made["UUID"]),
    physical_id="UUID",
    update=changed_mapping,
)


PROVISIONED = {}
url_paths[r"{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[\w_:%-]+)/provisioned-concurrency/?$"] = (
    LambdaResponse.dispatch
)


def provisioned_key(self):
    return self.region, self.path.rsplit("/", 2)[-2], self._get_param("Qualifier")


def put_provisioned(self):
    PROVISIONED[provisioned_key(self)] = self._get_param("ProvisionedConcurrentExecutions")
    return 202, {}, json.dumps({"Status": "READY"})


def get_provisioned(self):
    number = PROVISIONED[provisioned_key(self)]
    return 200, {}, json.dumps({"RequestedProvisionedConcurrentExecutions": number, "Status": "READY"})


def delete_provisioned(self):
    PROVISIONED.pop(provisioned_key(self), None)
    return 204, {}, "{}"


LambdaResponse.put_provisioned_concurrency_config = put_provisioned
LambdaResponse.get_provisioned_concurrency_config = get_provisioned
LambdaResponse.delete_provisioned_concurrency_config = delete_provisioned


# Where functions run, each under AWS's runtime interface client. moto would start a container.
FUNCTIONS_URL = os.environ.get("FUNCTIONS_URL")
UNPACKED = {}


def unpacked(code):
    """The folder with the files of an archive."""
    digest = hashlib.sha256(code).hexdigest()
    if digest not in UNPACKED:
        folder = tempfile.mkdtemp(prefix="function-")
        zipfile.ZipFile(io.BytesIO(code)).extractall(folder)
        UNPACKED[digest] = folder
    return UNPACKED[digest]


def invoke(self):
    """moto takes the name of the version from another parameter than clients send."""
    name = unquote(self.path.split("?")[0].rsplit("/", 2)[-2])
    called = self.backend.get_function(name, self.querystring.get("Qualifier", [None])[0])
    layers = [
        self.backend.layers_versions_by_arn(layer["Arn"]) for layer in called.layers
    ]
    request = {
        "name": called.function_name,
        "version": str(called.version),
        "handler": called.handler,
        "environment": called.environment_vars,
        "timeoutSeconds": int(called.timeout),
        "codeFolder": unpacked(called.code_bytes),
        "layerFolder": unpacked(layers[0].code_bytes) if layers else None,
        "event": json.loads(self.body or "{}"),
    }
    asked = urllib.request.Request(FUNCTIONS_URL, json.dumps(request).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(asked) as response:
        answered = json.load(response)
    headers = {"x-amz-function-error": "Unhandled"} if answered["isError"] else {}
    return 200, headers, base64.b64decode(answered["payload"])


if FUNCTIONS_URL:
    LambdaResponse.invoke = invoke


def provision(region_name, properties):
    place = {"FunctionName": properties["FunctionName"], "Qualifier": properties["Name"]}
    if "ProvisionedConcurrencyConfig" in properties:
        provisioned = properties["ProvisionedConcurrencyConfig"]
        client("lambda", region_name).put_provisioned_concurrency_config(**place, **provisioned)
    else:
        client("lambda", region_name).delete_provisioned_concurrency_config(**place)


class Alias(CloudFormationModel):
    # moto tells the service by the module's second part.
    __module__ = "moto.awslambda.models"

    def __init__(self, alias):
        self.alias = alias

    @property
    def physical_resource_id(self):
        return self.alias.arn

    @staticmethod
    def cloudformation_name_type():
        return ""

    @staticmethod
    def cloudformation_type():
        return "AWS::Lambda::Alias"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        name, function_name, version = cls.identity(cloudformation_json["Properties"])
        made = lambda_backends[account_id][region_name].create_alias(name, function_name, version, "", None)
        provision(region_name, cloudformation_json["Properties"])
        return cls(made)

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    ):
        name, function_name, version = cls.identity(cloudformation_json["Properties"])
        shift = cloudformation_json.get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate")
        before = original_resource.alias.function_version
        if shift and version != before:
            deploy(region_name, shift, function_name, name, before, version)
        provision(region_name, cloudformation_json["Properties"])
        return cls(lambda_backends[account_id][region_name].update_alias(name, function_name, version, "", None))

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name):
        name, function_name, _ = cls.identity(cloudformation_json["Properties"])
        lambda_backends[account_id][region_name].delete_alias(name, function_name)

    @staticmethod
    def identity(properties):
        return properties["Name"], properties["FunctionName"], properties["FunctionVersion"]


def deploy(region_name, shift, function_name, alias, before, version):
    """CloudFormation leaves the alias to CodeDeploy, and waits; here it arrives at once, unless a hook reports a failure."""
    target = {"Name": function_name, "Alias": alias, "CurrentVersion": before, "TargetVersion": version}
    content = {
        "version": 0.0,
        "Resources": [{function_name: {"Type": "AWS::Lambda::Function", "Properties": target}}],
    }
    hook = shift.get("BeforeAllowTrafficHook")
    if hook:
        content["Hooks"] = [{"BeforeAllowTraffic": hook}]
    made = client("codedeploy", region_name).create_deployment(
        applicationName=shift["ApplicationName"],
        deploymentGroupName=shift["DeploymentGroupName"],
        revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(content)}},
    )
    # Without what runs functions, no hook can be asked: aws-gate.test.ts asks those of gates.
    if hook and FUNCTIONS_URL and not passes(client("lambda", region_name), made["deploymentId"], hook):
        raise ValidationError(message="The following lifecycle event hook failed: BeforeAllowTraffic")


def settings(version):
    names = ("Version", "FunctionArn", "LastModified", "RevisionId", "MasterArn")
    return {name: value for name, value in version.items() if name not in names}


# https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html: no version is published of what has not changed, and
# CloudFormation fails on it: https://github.com/aws/aws-cdk/issues/28252
def refuse_unchanged(functions, name):
    latest, *published = functions.list_versions_by_function(FunctionName=name)["Versions"]
    if published and settings(latest) == settings(published[-1]):
        raise ValidationError(
            message=f"Version already exists for function {name}. Please modify the function to create a new version"
        )


def version(functions, _, properties):
    refuse_unchanged(functions, properties["FunctionName"])
    made = functions.publish_version(**properties)
    return {"Version": made["Version"], "FunctionArn": made["FunctionArn"]}


resource(
    "AWS::Lambda::Version",
    "lambda",
    version,
    lambda functions, made, properties: functions.delete_function(
        FunctionName=properties["FunctionName"], Qualifier=made["Version"]
    ),
    physical_id="FunctionArn",
)
LayerVersion.physical_resource_id = property(lambda layer: layer.arn)
