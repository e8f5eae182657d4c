"""Networks, made and taken away whole."""

from moto.ec2.models import ec2_backends
from moto.ec2.models.route_tables import RouteTable

from moto_resource import resource, without


def untagged(properties):
    return without(properties, "Tags")


def rule(properties):
    """Of a security group, as the calls that add and take away have it."""
    permission = {"IpProtocol": str(properties["IpProtocol"])}
    permission |= {key: properties[key] for key in ("FromPort", "ToPort") if key in properties}
    for key in ("SourceSecurityGroupId", "DestinationSecurityGroupId"):
        if key in properties:
            permission["UserIdGroupPairs"] = [{"GroupId": properties[key]}]
    if "CidrIp" in properties:
        permission["IpRanges"] = [{"CidrIp": properties["CidrIp"]}]
    return {"GroupId": properties["GroupId"], "IpPermissions": [permission]}


resource(
    "AWS::EC2::SecurityGroupEgress",
    "ec2",
    lambda ec2, _, properties: ec2.authorize_security_group_egress(**rule(properties)),
    lambda ec2, _, properties: ec2.revoke_security_group_egress(**rule(properties)),
)
resource(
    "AWS::EC2::SecurityGroupIngress",
    "ec2",
    lambda ec2, _, properties: ec2.authorize_security_group_ingress(**rule(properties)),
    lambda ec2, _, properties: ec2.revoke_security_group_ingress(**rule(properties)),
)
resource(
    "AWS::EC2::EIP",
    "ec2",
    lambda ec2, _, properties: ec2.allocate_address(**untagged(properties)),
    lambda ec2, made, _: ec2.release_address(AllocationId=made["AllocationId"]),
    physical_id="PublicIp",
)
resource(
    "AWS::EC2::NatGateway",
    "ec2",
    lambda ec2, _, properties: ec2.create_nat_gateway(**untagged(properties))["NatGateway"],
    lambda ec2, made, _: ec2.delete_nat_gateway(NatGatewayId=made["NatGatewayId"]),
    physical_id="NatGatewayId",
)
resource(
    "AWS::EC2::InternetGateway",
    "ec2",
    lambda ec2, *_: ec2.create_internet_gateway()["InternetGateway"],
    lambda ec2, made, _: ec2.delete_internet_gateway(InternetGatewayId=made["InternetGatewayId"]),
    physical_id="InternetGatewayId",
)
resource(
    "AWS::EC2::VPCGatewayAttachment",
    "ec2",
    lambda ec2, _, properties: ec2.attach_internet_gateway(**properties),
    lambda ec2, _, properties: ec2.detach_internet_gateway(**properties),
)


def route(ec2, _, properties):
    ec2.create_route(**properties)
    return {key: properties[key] for key in ("RouteTableId", "DestinationCidrBlock")}


resource("AWS::EC2::Route", "ec2", route, lambda ec2, made, _: ec2.delete_route(**made))
resource(
    "AWS::EC2::SubnetRouteTableAssociation",
    "ec2",
    lambda ec2, _, properties: ec2.associate_route_table(**properties),
    lambda ec2, made, _: ec2.disassociate_route_table(AssociationId=made["AssociationId"]),
    physical_id="AssociationId",
)
resource(
    "AWS::EC2::VPCEndpoint",
    "ec2",
    lambda ec2, _, properties: ec2.create_vpc_endpoint(**untagged(properties))["VpcEndpoint"],
    lambda ec2, made, _: ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]]),
    physical_id="VpcEndpointId",
)


def flow_log(ec2, _, properties):
    fields = {**untagged(properties), "ResourceIds": [properties["ResourceId"]]}
    (made,) = ec2.create_flow_logs(**without(fields, "ResourceId"))["FlowLogIds"]
    return {"Id": made}


resource(
    "AWS::EC2::FlowLog",
    "ec2",
    flow_log,
    lambda ec2, made, _: ec2.delete_flow_logs(FlowLogIds=[made["Id"]]),
    physical_id="Id",
)


def delete_route_table(table, account_id, region_name):
    ec2_backends[account_id][region_name].delete_route_table(table.id)


RouteTable.delete = delete_route_table
