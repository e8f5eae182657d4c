"""SageMaker: whole configurations, updates of endpoints, and inference components."""

import boto3
from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import FakeEndpointConfig, SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from moto_memory import recall
from moto_resource import resource, without


def validate_instance_type(_, instance_type):
    """By the service's own list of today; moto's is of 2020."""
    service = boto3.client("sagemaker", region_name="us-east-1").meta.service_model
    allowed = service.shape_for("ProductionVariantInstanceType").enum
    if instance_type not in allowed:
        raise ValidationError(message=f"got the instance type {instance_type}; there are {', '.join(allowed)}")


FakeEndpointConfig.validate_instance_type = validate_instance_type


validate_variants = SageMakerModelBackend.validate_production_variants


def validate_production_variants(self, variants):
    """But for the instances that inference components share, whose models come by those."""
    validate_variants(self, [variant for variant in variants if "ModelName" in variant])


SageMakerModelBackend.validate_production_variants = validate_production_variants


def retain(before, after, excluded):
    """Keeps the numbers and the weights of variants that stay, but for those of the kinds that are excluded."""
    kept = {variant["VariantName"]: variant for variant in before.production_variants}
    for variant in after.production_variants:
        for desired in {"DesiredInstanceCount", "DesiredWeight"} - set(excluded):
            for name in (desired, desired.replace("Desired", "Current")):
                if name in kept.get(variant["VariantName"], {}) and name in variant:
                    variant[name] = kept[variant["VariantName"]][name]


def update_endpoint(self):
    backend, name = self.sagemaker_backend, self._get_param("EndpointName")
    endpoint = backend.endpoints[name]
    made = backend.create_endpoint(name, self._get_param("EndpointConfigName"), endpoint.tags)
    made.creation_time = endpoint.creation_time
    if self._get_param("RetainAllVariantProperties"):
        excluded = self._get_param("ExcludeRetainedVariantProperties") or []
        retain(endpoint, made, [each["VariantPropertyType"] for each in excluded])
    return ActionResult({"EndpointArn": made.arn})


SageMakerResponse.update_endpoint = update_endpoint


COMPONENTS = {}


def component_key(self):
    return self.current_account, self.region, self._get_param("InferenceComponentName")


def require_source(self, specification):
    """A component has a model, or is an adapter of one that has."""
    base = specification.get("BaseInferenceComponentName")
    if base is None:
        self.sagemaker_backend.describe_model(specification["ModelName"])
    elif (self.current_account, self.region, base) not in COMPONENTS:
        raise ValidationError(message=f"Could not find inference component {base}")


def create_inference_component(self):
    name, endpoint = self._get_param("InferenceComponentName"), self._get_param("EndpointName")
    if component_key(self) in COMPONENTS:
        raise ValidationError(message=f"Cannot create already existing inference component {name}")
    self.sagemaker_backend.describe_endpoint(endpoint)
    specification = self._get_param("Specification")
    require_source(self, specification)
    arn = f"arn:aws:sagemaker:{self.region}:{self.current_account}:inference-component/{name}"
    copies = (self._get_param("RuntimeConfig") or {}).get("CopyCount", 0)
    COMPONENTS[component_key(self)] = {
        "InferenceComponentName": name,
        "InferenceComponentArn": arn,
        "EndpointName": endpoint,
        "VariantName": self._get_param("VariantName"),
        "Specification": specification,
        "RuntimeConfig": {"DesiredCopyCount": copies, "CurrentCopyCount": copies},
        "InferenceComponentStatus": "InService",
    }
    return ActionResult({"InferenceComponentArn": arn})


def update_inference_component(self):
    component = described_component(self)
    component["Specification"] = self._get_param("Specification")
    if self._get_param("DeploymentConfig"):
        component["LastDeploymentConfig"] = self._get_param("DeploymentConfig")
    require_source(self, component["Specification"])
    return ActionResult({"InferenceComponentArn": component["InferenceComponentArn"]})


def described_component(self):
    if component_key(self) not in COMPONENTS:
        raise ValidationError(message=f"Could not find inference component {component_key(self)[-1]}")
    return COMPONENTS[component_key(self)]


def delete_inference_component(self):
    described_component(self)
    del COMPONENTS[component_key(self)]
    return EmptyResult()


SageMakerResponse.create_inference_component = create_inference_component
SageMakerResponse.update_inference_component = update_inference_component
SageMakerResponse.describe_inference_component = lambda self: ActionResult(described_component(self))
SageMakerResponse.delete_inference_component = delete_inference_component
SageMakerResponse.list_inference_components = lambda self: ActionResult(
    {"InferenceComponents": list(COMPONENTS.values())}
)

recall(
    SageMakerResponse,
    ["create_endpoint_config"],
    "describe_endpoint_config",
    "EndpointConfigName",
    {
        name: name
        for name in (
            "ShadowProductionVariants",
            "ExplainerConfig",
            "ExecutionRoleArn",
            "VpcConfig",
            "EnableNetworkIsolation",
        )
    },
)
recall(
    SageMakerResponse,
    ["create_model"],
    "describe_model",
    "ModelName",
    {"EnableNetworkIsolation": "EnableNetworkIsolation"},
)
recall(
    SageMakerResponse,
    ["create_endpoint", "update_endpoint"],
    "describe_endpoint",
    "EndpointName",
    {"DeploymentConfig": "LastDeploymentConfig"},
)


def renamed(variants):
    """The one name that differs between CloudFormation and the API."""
    return [
        {"VolumeSizeInGB" if name == "VolumeSizeInGb" else name: value for name, value in variant.items()}
        for variant in variants
    ]


def endpoint_config(sagemaker, name, properties):
    lists = ("ProductionVariants", "ShadowProductionVariants")
    variants = {key: renamed(properties[key]) for key in lists if key in properties}
    made = sagemaker.create_endpoint_config(EndpointConfigName=name, **{**properties, **variants})
    return {"EndpointConfigName": name, "Arn": made["EndpointConfigArn"]}


resource(
    "AWS::SageMaker::EndpointConfig",
    "sagemaker",
    endpoint_config,
    lambda sagemaker, made, _: sagemaker.delete_endpoint_config(EndpointConfigName=made["EndpointConfigName"]),
    physical_id="Arn",
)


def model(sagemaker, name, properties):
    made = sagemaker.create_model(ModelName=name, **properties)
    return {"ModelName": name, "Arn": made["ModelArn"]}


resource(
    "AWS::SageMaker::Model",
    "sagemaker",
    model,
    lambda sagemaker, made, _: sagemaker.delete_model(ModelName=made["ModelName"]),
    physical_id="Arn",
)


def endpoint(sagemaker, name, properties):
    # What an update keeps is nothing to a creation.
    fields = without(properties, "RetainAllVariantProperties", "ExcludeRetainedVariantProperties")
    made = sagemaker.create_endpoint(**fields)
    return {"EndpointName": properties["EndpointName"], "Arn": made["EndpointArn"]}


def changed_endpoint(sagemaker, _, made, properties):
    sagemaker.update_endpoint(**properties)
    return made


resource(
    "AWS::SageMaker::Endpoint",
    "sagemaker",
    endpoint,
    lambda sagemaker, made, _: sagemaker.delete_endpoint(EndpointName=made["EndpointName"]),
    name_property="EndpointName",
    physical_id="Arn",
    update=changed_endpoint,
)


def component(sagemaker, name, properties):
    made = sagemaker.create_inference_component(**without(properties, "DeploymentConfig"))
    return {"InferenceComponentName": properties["InferenceComponentName"], **made}


def changed_component(sagemaker, _, made, properties):
    # The number is the scaling's, once it is there.
    sagemaker.update_inference_component(
        **without(properties, "EndpointName", "VariantName", "RuntimeConfig"),
    )
    return made


resource(
    "AWS::SageMaker::InferenceComponent",
    "sagemaker",
    component,
    lambda sagemaker, made, _: sagemaker.delete_inference_component(
        InferenceComponentName=made["InferenceComponentName"]
    ),
    name_property="InferenceComponentName",
    physical_id="InferenceComponentArn",
    update=changed_component,
)
