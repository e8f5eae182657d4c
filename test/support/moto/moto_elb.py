"""Load balancers with their attributes, listeners with certificates, and rules that check tokens."""

from moto.elbv2.models import ELBv2Backend

from moto_resource import resource, without

validate = ELBv2Backend._validate_actions


def validate_actions(self, actions):
    """Those that check a token too, which came after moto's list."""
    validate(self, [action for action in actions if action.type != "jwt-validation"])


ELBv2Backend._validate_actions = validate_actions


def load_balancer(balancers, name, properties):
    fields = without(properties, "LoadBalancerAttributes")
    (made,) = balancers.create_load_balancer(Name=name, **fields)["LoadBalancers"]
    arn = made["LoadBalancerArn"]
    changed_load_balancer(balancers, name, made, properties)
    return {**made, "LoadBalancerFullName": arn.split(":loadbalancer/")[1]}


def changed_load_balancer(balancers, _, made, properties):
    balancers.modify_load_balancer_attributes(
        LoadBalancerArn=made["LoadBalancerArn"], Attributes=properties["LoadBalancerAttributes"]
    )
    return made


resource(
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "elbv2",
    load_balancer,
    lambda balancers, made, _: balancers.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"]),
    name_property="Name",
    physical_id="LoadBalancerArn",
    update=changed_load_balancer,
)


def target_group(balancers, name, properties):
    (made,) = balancers.create_target_group(Name=name, **without(properties, "TargetGroupAttributes"))["TargetGroups"]
    arn = made["TargetGroupArn"]
    balancers.modify_target_group_attributes(TargetGroupArn=arn, Attributes=properties["TargetGroupAttributes"])
    return {**made, "TargetGroupFullName": arn.split(":")[-1]}


resource(
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "elbv2",
    target_group,
    lambda balancers, made, _: balancers.delete_target_group(TargetGroupArn=made["TargetGroupArn"]),
    name_property="Name",
    physical_id="TargetGroupArn",
)
resource(
    "AWS::ElasticLoadBalancingV2::Listener",
    "elbv2",
    lambda balancers, _, properties: balancers.create_listener(**properties)["Listeners"][0],
    lambda balancers, made, _: balancers.delete_listener(ListenerArn=made["ListenerArn"]),
    physical_id="ListenerArn",
)
resource(
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "elbv2",
    lambda balancers, _, properties: balancers.create_rule(**properties)["Rules"][0],
    lambda balancers, made, _: balancers.delete_rule(RuleArn=made["RuleArn"]),
    physical_id="RuleArn",
)
