"""What somebody made in a region and has not deleted, as AWS itself tells it: JSON, by kind, each thing with its tags.

Left out is what AWS gives to every account (default networks, main tables, default groups) and what comes and goes with
a machine or a gateway (its first interface). Endpoint, region and credentials are boto3's own configuration.
"""

import json

import boto3

ec2 = boto3.client("ec2")
iam = boto3.client("iam")


def listed(operation, key, **filters):
    """Everything a paginated operation of EC2 lists."""
    if not ec2.can_paginate(operation):
        return getattr(ec2, operation)(**filters)[key]
    return ec2.get_paginator(operation).paginate(**filters).build_full_result().get(key, [])


def tags(thing):
    return {tag["Key"]: tag["Value"] for tag in thing.get("Tags") or thing.get("TagSet") or []}


def entries(things, id_key, keep=lambda thing: True):
    return [{"id": thing[id_key], "tags": tags(thing)} for thing in things if keep(thing)]


def state(thing):
    return str(thing["State"]).lower()


def machines():
    alive = [{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}]
    reservations = listed("describe_instances", "Reservations", Filters=alive)
    return [machine for reservation in reservations for machine in reservation["Instances"]]


def rules(groups):
    ids = {group["id"] for group in groups}
    found = listed("describe_security_group_rules", "SecurityGroupRules")
    return entries(found, "SecurityGroupRuleId", lambda rule: rule["GroupId"] in ids)


def routes(tables):
    made = [route for table in tables for route in table["Routes"] if route["Origin"] == "CreateRoute"]
    return [{"id": route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock")} for route in made]


def associations(tables):
    made = [each for table in tables for each in table["Associations"] if not each.get("Main")]
    return [{"id": association["RouteTableAssociationId"]} for association in made]


def interfaces(gateways):
    """Neither the first of a machine nor that of a gateway: those are made and deleted with what they belong to."""
    of_gateways = {address["NetworkInterfaceId"] for gateway in gateways for address in gateway["NatGatewayAddresses"]}

    def is_own(interface):
        attachment = interface.get("Attachment", {})
        of_machine = "InstanceId" in attachment and attachment["DeviceIndex"] == 0
        return not of_machine and interface["NetworkInterfaceId"] not in of_gateways

    return entries(listed("describe_network_interfaces", "NetworkInterfaces"), "NetworkInterfaceId", is_own)


def region():
    groups = entries(
        listed("describe_security_groups", "SecurityGroups"), "GroupId", lambda group: group["GroupName"] != "default"
    )
    tables = listed("describe_route_tables", "RouteTables")
    own_tables = [table for table in tables if not any(each.get("Main") for each in table["Associations"])]
    gateways = listed("describe_nat_gateways", "NatGateways")
    options = listed("describe_dhcp_options", "DhcpOptions")
    return {
        "addresses": entries(listed("describe_addresses", "Addresses"), "AllocationId"),
        "associations": associations(tables),
        "dhcp_options": entries(options, "DhcpOptionsId", lambda it: it["DhcpOptionsId"] != "default"),
        "endpoints": entries(
            listed("describe_vpc_endpoints", "VpcEndpoints"), "VpcEndpointId", lambda it: state(it) != "deleted"
        ),
        "flow_logs": entries(listed("describe_flow_logs", "FlowLogs"), "FlowLogId"),
        "groups": groups,
        "instances": entries(machines(), "InstanceId"),
        "interfaces": interfaces(gateways),
        "internet_gateways": entries(listed("describe_internet_gateways", "InternetGateways"), "InternetGatewayId"),
        "keys": entries(listed("describe_key_pairs", "KeyPairs"), "KeyName"),
        "launch_templates": entries(listed("describe_launch_templates", "LaunchTemplates"), "LaunchTemplateId"),
        "nat_gateways": entries(gateways, "NatGatewayId", lambda it: state(it) not in ("deleting", "deleted")),
        "network_acls": entries(
            listed("describe_network_acls", "NetworkAcls"), "NetworkAclId", lambda acl: not acl["IsDefault"]
        ),
        "peerings": entries(
            listed("describe_vpc_peering_connections", "VpcPeeringConnections"),
            "VpcPeeringConnectionId",
            lambda it: it["Status"]["Code"] not in ("deleting", "deleted"),
        ),
        "profiles": entries(iam.list_instance_profiles()["InstanceProfiles"], "InstanceProfileName"),
        "roles": entries(iam.list_roles()["Roles"], "RoleName"),
        "route_tables": entries(own_tables, "RouteTableId"),
        "routes": routes(tables),
        "rules": rules(groups),
        "subnets": entries(listed("describe_subnets", "Subnets"), "SubnetId", lambda it: not it["DefaultForAz"]),
        "volumes": entries(listed("describe_volumes", "Volumes"), "VolumeId", lambda it: it["State"] != "deleting"),
        "vpcs": entries(listed("describe_vpcs", "Vpcs"), "VpcId", lambda vpc: not vpc["IsDefault"]),
    }


if __name__ == "__main__":
    print(json.dumps(region(), indent=1))
