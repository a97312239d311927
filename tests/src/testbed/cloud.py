"""Tells, one JSON object a line, which machines there are of a sudden and which are no more. Endpoint, region and credentials
are boto3's own configuration. It ends when its standard input does."""

import base64
import json
import select
import sys

import boto3

ec2 = boto3.client("ec2")


def running():
    alive = [{"Name": "instance-state-name", "Values": ["running"]}]
    reservations = ec2.describe_instances(Filters=alive)["Reservations"]
    return {machine["InstanceId"]: machine for group in reservations for machine in group["Instances"]}


def public_key(machine):
    """That of its key pair."""
    if "KeyName" not in machine:
        return None
    pairs = ec2.describe_key_pairs(KeyNames=[machine["KeyName"]], IncludePublicKey=True)["KeyPairs"]
    return pairs[0]["PublicKey"]


def user_data(machine):
    """In base64, as it came."""
    answer = ec2.describe_instance_attribute(InstanceId=machine["InstanceId"], Attribute="userData")
    return answer.get("UserData", {}).get("Value", "")


def tell(**what):
    print(json.dumps(what), flush=True)


known = {}
while True:
    machines = running()
    for id, address in list(known.items()):
        if machines.get(id, {}).get("PublicIpAddress") != address:
            tell(gone=id)
            del known[id]
    for id, machine in machines.items():
        if id not in known and "PublicIpAddress" in machine:
            known[id] = machine["PublicIpAddress"]
            data = base64.b64decode(user_data(machine)).decode()
            tell(id=id, address=known[id], user_data=data, public_key=public_key(machine))
    if select.select([sys.stdin], [], [], 0.2)[0]:
        break
