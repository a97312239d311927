"""A session of boto3 with the served cloud: `session.py ENDPOINT`. Fails with a traceback where anything is not as at AWS."""

import json
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
OPTIONS = {
    "endpoint_url": ENDPOINT,
    "region_name": "eu-west-1",
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
    "config": Config(retries={"max_attempts": 0}),
}
control = boto3.client("cloudcontrol", **OPTIONS)
GROUP = "AWS::Logs::LogGroup"


def ended(event):
    """The last event of a request."""
    while event["OperationStatus"] in ("PENDING", "IN_PROGRESS", "CANCEL_IN_PROGRESS"):
        time.sleep(0.01)
        event = control.get_resource_request_status(RequestToken=event["RequestToken"])["ProgressEvent"]
    return event


def create(type_name, desired, **more):
    answer = control.create_resource(TypeName=type_name, DesiredState=json.dumps(desired), **more)
    return answer["ProgressEvent"]


def made(type_name, desired, **more):
    event = ended(create(type_name, desired, **more))
    assert event["OperationStatus"] == "SUCCESS", event
    return event["Identifier"]


def get(type_name, identifier):
    answer = control.get_resource(TypeName=type_name, Identifier=identifier)
    return json.loads(answer["ResourceDescription"]["Properties"])


def refused(code, call, **inputs):
    try:
        call(**inputs)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        assert error.response["Error"]["Message"], error
        assert type(error) is getattr(control.exceptions, code, ClientError), type(error)
        return
    raise AssertionError(f"{code} was to come")


identity = boto3.client("sts", **OPTIONS).get_caller_identity()
assert identity["Account"] == "123456789012", identity
assert identity["Arn"] == "arn:aws:iam::123456789012:user/simulated", identity

# Create, read, list.
group = made(GROUP, {"LogGroupName": "journal", "RetentionInDays": 7})
assert group == "journal"
assert get(GROUP, group)["RetentionInDays"] == 7
control.get_waiter("resource_request_success").wait(
    RequestToken=create("AWS::SNS::Topic", {"TopicName": "events"})["RequestToken"],
    WaiterConfig={"Delay": 1, "MaxAttempts": 5},
)
[topic] = control.list_resources(TypeName="AWS::SNS::Topic")["ResourceDescriptions"]
assert topic["Identifier"].endswith(":events"), topic
assert boto3.client("cloudcontrol", **{**OPTIONS, "region_name": "us-east-1"}).list_resources(TypeName=GROUP)[
    "ResourceDescriptions"
] == []

# Pages.
for number in range(5):
    made("AWS::SSM::Parameter", {"Name": f"/p/{number}", "Type": "String", "Value": "x"})
pages = control.get_paginator("list_resources").paginate(
    TypeName="AWS::SSM::Parameter", PaginationConfig={"PageSize": 2}
)
found = [[resource["Identifier"] for resource in page["ResourceDescriptions"]] for page in pages]
assert found == [["/p/0", "/p/1"], ["/p/2", "/p/3"], ["/p/4"]], found

# Change by a patch.
patch = [{"op": "replace", "path": "/RetentionInDays", "value": 30}]
event = control.update_resource(TypeName=GROUP, Identifier=group, PatchDocument=json.dumps(patch))["ProgressEvent"]
assert ended(event)["OperationStatus"] == "SUCCESS"
assert get(GROUP, group)["RetentionInDays"] == 30
renamed = json.dumps([{"op": "replace", "path": "/LogGroupName", "value": "other"}])
event = control.update_resource(TypeName=GROUP, Identifier=group, PatchDocument=renamed)["ProgressEvent"]
assert ended(event)["ErrorCode"] == "NotUpdatable"

# Tokens.
first = create("AWS::SQS::Queue", {"DelaySeconds": 5}, ClientToken="once")
again = create("AWS::SQS::Queue", {"DelaySeconds": 5}, ClientToken="once")
assert first["RequestToken"] == again["RequestToken"], (first, again)
queue = ended(again)["Identifier"]
assert len(control.list_resources(TypeName="AWS::SQS::Queue")["ResourceDescriptions"]) == 1
refused(
    "ClientTokenConflictException",
    control.create_resource,
    TypeName="AWS::SQS::Queue",
    DesiredState="{}",
    ClientToken="once",
)

# What is wrong.
refused("TypeNotFoundException", control.create_resource, TypeName="AWS::No::Such", DesiredState="{}")
refused("ResourceNotFoundException", control.get_resource, TypeName=GROUP, Identifier="nobody")
refused("RequestTokenNotFoundException", control.get_resource_request_status, RequestToken="unheard-of")
taken = ended(create(GROUP, {"LogGroupName": "journal"}))
assert (taken["OperationStatus"], taken["ErrorCode"]) == ("FAILED", "AlreadyExists"), taken
refused("UnsupportedOperation", boto3.client("ec2", **OPTIONS).describe_vpcs)
refused("UnsupportedOperation", boto3.client("iam", **OPTIONS).list_roles)
refused("UnsupportedOperation", boto3.client("dynamodb", **OPTIONS).list_tables)

# Requests.
pending = create("AWS::SQS::Queue", {}, ClientToken="cancelled")
cancelled = control.cancel_resource_request(RequestToken=pending["RequestToken"])["ProgressEvent"]
assert ended(cancelled)["OperationStatus"] == "CANCEL_COMPLETE"
filtered = {"Operations": ["UPDATE"], "OperationStatuses": ["SUCCESS", "FAILED"]}
requests = control.list_resource_requests(ResourceRequestStatusFilter=filtered)["ResourceRequestStatusSummaries"]
assert [request["OperationStatus"] for request in requests] == ["SUCCESS", "FAILED"], requests

# A secret is not returned.
secret = made("AWS::SecretsManager::Secret", {"Name": "word", "SecretString": "the-plain-word"})
assert "SecretString" not in get("AWS::SecretsManager::Secret", secret)

# Delete everything; nothing is left.
for type_name in (GROUP, "AWS::SNS::Topic", "AWS::SSM::Parameter", "AWS::SQS::Queue", "AWS::SecretsManager::Secret"):
    for resource in control.list_resources(TypeName=type_name)["ResourceDescriptions"]:
        event = control.delete_resource(TypeName=type_name, Identifier=resource["Identifier"])["ProgressEvent"]
        assert ended(event)["OperationStatus"] == "SUCCESS", event
    assert control.list_resources(TypeName=type_name)["ResourceDescriptions"] == [], type_name
refused("ResourceNotFoundException", control.get_resource, TypeName="AWS::SQS::Queue", Identifier=queue)
print("done")
