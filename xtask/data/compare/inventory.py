"""What there is in EC2 at the endpoint given, by another client than the ones compared: ids by kind, as JSON.

Left out is what a new account has, and what EC2 makes along with something else: default groups, main tables, root disks.
"""

import json
import sys

import boto3

ec2 = boto3.client("ec2", endpoint_url=sys.argv[1])


def every(operation, key, **arguments):
    pages = ec2.get_paginator(operation).paginate(**arguments)
    return [item for page in pages for item in page[key]]


vpcs = {vpc["VpcId"] for vpc in every("describe_vpcs", "Vpcs") if not vpc["IsDefault"]}
subnets = [subnet["SubnetId"] for subnet in every("describe_subnets", "Subnets") if subnet["VpcId"] in vpcs]
gateways = every("describe_internet_gateways", "InternetGateways")
attachments = [(g["InternetGatewayId"], a["VpcId"]) for g in gateways for a in g["Attachments"] if a["VpcId"] in vpcs]
tables = every("describe_route_tables", "RouteTables")
tables = [t for t in tables if t["VpcId"] in vpcs and not any(a.get("Main") for a in t["Associations"])]
routes = [(t["RouteTableId"], r) for t in tables for r in t["Routes"] if r.get("GatewayId") != "local"]
associations = [a["RouteTableAssociationId"] for t in tables for a in t["Associations"]]
groups = every("describe_security_groups", "SecurityGroups")
groups = [g for g in groups if g["GroupName"] != "default"]
instances = [i for r in every("describe_instances", "Reservations") for i in r["Instances"]]
instances = [i for i in instances if i["State"]["Name"] not in ("shutting-down", "terminated")]
roots = {d["Ebs"]["VolumeId"] for i in instances for d in i["BlockDeviceMappings"] if d["DeviceName"] == i["RootDeviceName"]}
volumes = [v for v in every("describe_volumes", "Volumes") if v["VolumeId"] not in roots]
disks = [(v["VolumeId"], a["InstanceId"]) for v in volumes for a in v["Attachments"]]
nats = every("describe_nat_gateways", "NatGateways")
interfaces = every("describe_network_interfaces", "NetworkInterfaces")
# moto keeps the interfaces that came with machines and gateways which are gone.
made = {i["NetworkInterfaceId"] for i in interfaces if i.get("Attachment", {}).get("DeviceIndex") == 0}
made |= {a["NetworkInterfaceId"] for n in nats for a in n["NatGatewayAddresses"] if "NetworkInterfaceId" in a}
machines = {i["InstanceId"] for i in instances}
addresses = ec2.describe_addresses()["Addresses"]
keys = ec2.describe_key_pairs()["KeyPairs"]

found = {
    "vpc": sorted(vpcs),
    "subnet": subnets,
    "internet gateway": [g["InternetGatewayId"] for g in gateways],
    "attachment": [f"{gateway} {vpc}" for gateway, vpc in attachments],
    "route table": [t["RouteTableId"] for t in tables],
    "route": [f"{t} {r.get('DestinationCidrBlock') or r.get('DestinationIpv6CidrBlock')}" for t, r in routes],
    "association": associations,
    "security group": [g["GroupId"] for g in groups],
    "ingress rule": [f"{g['GroupId']} {json.dumps(rule)}" for g in groups for rule in g["IpPermissions"]],
    "egress rule": [f"{g['GroupId']} {json.dumps(rule)}" for g in groups for rule in g["IpPermissionsEgress"]],
    "instance": [i["InstanceId"] for i in instances],
    "volume": [v["VolumeId"] for v in volumes],
    "disk": [f"{volume} {instance}" for volume, instance in disks],
    "nat gateway": [n["NatGatewayId"] for n in nats if n["State"] not in ("deleting", "deleted")],
    "network interface": [i["NetworkInterfaceId"] for i in interfaces if i["NetworkInterfaceId"] not in made],
    "address": [a["AllocationId"] for a in addresses],
    "address association": [a["AssociationId"] for a in addresses if a.get("InstanceId") in machines],
    "key": [k["KeyPairId"] for k in keys],
}
print(json.dumps({kind: ids for kind, ids in found.items() if ids}))
