"""What there is in EC2, asked through boto3: for each line that is read, a JSON list of lines, one for each resource.

Resources are told by the address that their creation tagged them with, so that one that is there twice shows twice. Left
out is what a new account has, and what EC2 makes along with something else: default groups, main tables, root disks.
"""

import json
import sys

import boto3

ec2 = boto3.client(
    "ec2",
    endpoint_url=sys.argv[1],
    region_name="us-west-2",
    aws_access_key_id="testing",
    aws_secret_access_key="testing",
)


def every(operation, key, **arguments):
    pages = ec2.get_paginator(operation).paginate(**arguments)
    return [item for page in pages for item in page[key]]


def tagged(item):
    tags = {tag["Key"]: tag["Value"] for tag in item.get("Tags", item.get("TagSet", []))}
    return tags.get("ironwright:address")


class Names:
    """What ids are called in the lines: by the address they are tagged with, or by themselves."""

    def __init__(self):
        self.by_id = {}

    def give(self, id, item):
        return self.by_id.setdefault(id, tagged(item) or id)

    def of(self, id):
        return self.by_id.get(id, id)


def networks(name):
    vpcs = {vpc["VpcId"]: vpc for vpc in every("describe_vpcs", "Vpcs") if not vpc["IsDefault"]}
    for id, vpc in vpcs.items():
        hostnames = ec2.describe_vpc_attribute(VpcId=id, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"]
        yield f"vpc {name.give(id, vpc)}, hostnames {hostnames}"
    for subnet in every("describe_subnets", "Subnets"):
        if subnet["VpcId"] in vpcs:
            name.give(subnet["SubnetId"], subnet)
            yield f"subnet {name.of(subnet['SubnetId'])}, public addresses {subnet['MapPublicIpOnLaunch']}"
    for gateway in every("describe_internet_gateways", "InternetGateways"):
        name.give(gateway["InternetGatewayId"], gateway)
        yield f"internet gateway {name.of(gateway['InternetGatewayId'])}"
        for end in gateway["Attachments"]:
            yield f"attachment of {name.of(gateway['InternetGatewayId'])} to {name.of(end['VpcId'])}"
    for nat in every("describe_nat_gateways", "NatGateways"):
        if nat["State"] not in ("deleting", "deleted"):
            name.give(nat["NatGatewayId"], nat)
            yield f"nat gateway {name.of(nat['NatGatewayId'])} in {name.of(nat['SubnetId'])}"
    for table in every("describe_route_tables", "RouteTables"):
        ends = table["Associations"]
        if table["VpcId"] in vpcs and not any(end.get("Main") for end in ends):
            id = name.give(table["RouteTableId"], table)
            yield f"route table {id}"
            for route in table["Routes"]:
                target = route.get("GatewayId") or route.get("NatGatewayId")
                if target != "local":
                    yield f"route of {id}, {route['DestinationCidrBlock']} to {name.of(target)}"
            for end in ends:
                yield f"association of {id} with {name.of(end['SubnetId'])}"


def firewalls(name):
    groups = [group for group in every("describe_security_groups", "SecurityGroups") if group["GroupName"] != "default"]
    rules = every("describe_security_group_rules", "SecurityGroupRules")
    for group in groups:
        name.give(group["GroupId"], group)
    for group in groups:
        own = [r for r in rules if r["GroupId"] == group["GroupId"] and tagged(r) is None]
        told = sorted(("out " if r["IsEgress"] else "in ") + f"{r.get('FromPort')} {r.get('CidrIpv4')}" for r in own)
        yield f"security group {name.of(group['GroupId'])}: {'; '.join(told)}"
    for rule in rules:
        if tagged(rule):
            peer = rule.get("CidrIpv4") or name.of(rule.get("ReferencedGroupInfo", {}).get("GroupId"))
            yield f"rule {tagged(rule)} of {name.of(rule['GroupId'])}, port {rule['FromPort']}, {peer}"


def machines(name):
    instances = [machine for group in every("describe_instances", "Reservations") for machine in group["Instances"]]
    instances = [machine for machine in instances if machine["State"]["Name"] not in ("shutting-down", "terminated")]
    roots = set()
    for machine in instances:
        name.give(machine["InstanceId"], machine)
        disks = machine["BlockDeviceMappings"]
        roots |= {disk["Ebs"]["VolumeId"] for disk in disks if disk["DeviceName"] == machine["RootDeviceName"]}
        checked = machine.get("SourceDestCheck")
        yield f"instance {name.of(machine['InstanceId'])}, {machine['State']['Name']}, checked {checked}"
    for volume in every("describe_volumes", "Volumes"):
        if volume["VolumeId"] not in roots:
            yield f"volume {name.give(volume['VolumeId'], volume)}"
            for end in volume["Attachments"]:
                yield f"disk {name.of(volume['VolumeId'])} at {name.of(end['InstanceId'])}"
    # EC2 makes interfaces for machines and gateways; moto keeps them. Those are not tagged.
    for interface in every("describe_network_interfaces", "NetworkInterfaces"):
        if tagged(interface):
            yield f"network interface {tagged(interface)} in {name.of(interface['SubnetId'])}"
    for address in ec2.describe_addresses()["Addresses"]:
        name.give(address["AllocationId"], address)
        yield f"address {name.of(address['AllocationId'])}"
        if address.get("InstanceId"):
            yield f"address {name.of(address['AllocationId'])} at {name.of(address['InstanceId'])}"
    for key in ec2.describe_key_pairs()["KeyPairs"]:
        yield f"key {tagged(key)}"


for _ in sys.stdin:
    name = Names()
    found = [*networks(name), *firewalls(name), *machines(name)]
    print(json.dumps(sorted(found)), flush=True)
