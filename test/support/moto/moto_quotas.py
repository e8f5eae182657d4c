"""What AWS refuses by its quotas and rules on content, and moto allows. Each rule names its source."""

import json
import re

from moto.apigateway.exceptions import BadRequestException as RestApiRefusal
from moto.apigateway.models import APIGatewayBackend
from moto.apigatewayv2.exceptions import BadRequestException as HttpApiRefusal
from moto.apigatewayv2.models import ApiGatewayV2Backend
from moto.ec2.models import ec2_backends
from moto.ecr.models import ecr_backends
from moto.elbv2.exceptions import ValidationError as LoadBalancerRefusal
from moto.elbv2.models import ELBv2Backend
from moto.iam.exceptions import LimitExceededException
from moto.iam.models import IAMBackend
from moto.sagemaker.exceptions import ValidationError as SageMakerRefusal
from moto.sagemaker.models import SageMakerModelBackend


def before(backend, call, refuse):
    """Has `refuse` look at the arguments before `call` of a backend does its work."""
    then = getattr(backend, call)

    def looked_at(self, *args, **kwargs):
        refuse(self, *args, **kwargs)
        return then(self, *args, **kwargs)

    setattr(backend, call, looked_at)


def characters(document):
    """White space does not count."""
    return len(re.sub(r"\s", "", document))


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
INLINE_POLICIES_OF_A_ROLE = 10_240
MANAGED_POLICY = 6144


def large_inline_policies(self, role_name, policy_name, policy_json):
    others = {name: text for name, text in self.get_role(role_name).policies.items() if name != policy_name}
    if characters(policy_json) + sum(map(characters, others.values())) > INLINE_POLICIES_OF_A_ROLE:
        raise LimitExceededException(
            f"Maximum policy size of {INLINE_POLICIES_OF_A_ROLE} bytes exceeded for role {role_name}"
        )


def large_managed_policy(self, description, path, policy_document, policy_name, tags):
    if characters(policy_document) > MANAGED_POLICY:
        raise LimitExceededException(f"Cannot exceed quota for PolicySize: {MANAGED_POLICY}")


def zones_of(self, subnet_ids):
    network = ec2_backends[self.account_id][self.region_name]
    return [network.get_subnet(subnet).availability_zone for subnet in subnet_ids]


# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#availability-zones
def subnets_of_one_zone(self, name, security_groups, subnet_ids, *_, **__):
    zones = zones_of(self, subnet_ids)
    if len(set(zones)) < len(zones):
        raise LoadBalancerRefusal(
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
        )
    if len(zones) < 2:
        raise LoadBalancerRefusal("At least two subnets in two different Availability Zones must be specified")


# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
REQUEST_SCHEMA_BYTES = 400 * 1024


def large_schema(self, rest_api_id, name, content_type, description, schema):
    if len(schema.encode()) > REQUEST_SCHEMA_BYTES:
        raise RestApiRefusal(f"Model size exceeds the maximum of {REQUEST_SCHEMA_BYTES} bytes")


# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html: the policy lists every group of
# another name than /aws/vendedlogs/, and none is taken out again.
LOG_DELIVERY_POLICY = 5120
LISTED = {}


def unlistable_log_group(self, api_id, config):
    arn = (config.get("accessLogSettings") or {}).get("destinationArn", "")
    if not arn or ":log-group:/aws/vendedlogs/" in arn:
        return
    listed = LISTED.setdefault((self.account_id, self.region_name), set())
    listed.add(f"{arn}:log-stream:*")
    if len(json.dumps(sorted(listed))) > LOG_DELIVERY_POLICY:
        raise HttpApiRefusal(
            "Cannot enable logging. Policy document length breaking Cloudwatch Logs Constraints, either < 1 or > 5120"
        )


# https://docs.aws.amazon.com/sagemaker/latest/dg/host-vpc.html
def one_zone(self, vpc_config):
    subnets = (vpc_config or {}).get("Subnets", [])
    if subnets and len(set(zones_of(self, subnets))) < 2:
        raise SageMakerRefusal(message="Specify at least two subnets in different Availability Zones")


# https://github.com/aws/amazon-sagemaker-feedback/issues/180
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
ECR_IMAGE = re.compile(r"(\d{12})\.dkr\.ecr\.([\w-]+)\.[\w.]+/([^:@]+)[:@](.+)")


def foreign_manifest(container):
    # A model package of the registry brings its own.
    if not (named := ECR_IMAGE.match(container.get("Image") or "")):
        return
    account, region, repository, reference = named.groups()
    if repository not in ecr_backends[account][region].repositories:
        return
    for image in ecr_backends[account][region].repositories[repository].images:
        if reference in [image.image_digest, *image.image_tags]:
            kind = json.loads(image.image_manifest).get("mediaType")
            if kind != DOCKER_MANIFEST:
                raise SageMakerRefusal(message=f"Unsupported manifest media type {kind} for image {container['Image']}")


def unusable_model(self, model_name, execution_role_arn, primary_container, vpc_config, containers, tags):
    one_zone(self, vpc_config)
    for container in [*(containers or []), *([primary_container] if primary_container else [])]:
        foreign_manifest(container)


# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-create.html
def unreachable_api(self, function_id, *_, **__):
    api = self.get_rest_api(function_id)
    if "PRIVATE" in (api.endpoint_configuration or {}).get("types", []) and not api.policy:
        raise RestApiRefusal("Private REST API doesn't have a resource policy attached to it")


before(IAMBackend, "put_role_policy", large_inline_policies)
before(IAMBackend, "create_policy", large_managed_policy)
before(ELBv2Backend, "create_load_balancer", subnets_of_one_zone)
before(APIGatewayBackend, "create_model", large_schema)
before(APIGatewayBackend, "create_deployment", unreachable_api)
before(ApiGatewayV2Backend, "create_stage", unlistable_log_group)
before(SageMakerModelBackend, "create_model", unusable_model)
