"""Stores every order of a batch in the table and in the archive; what fails goes back to the queue alone."""

import json
import os

import boto3

TABLE = boto3.resource("dynamodb").Table(os.environ["TABLE"])
S3 = boto3.client("s3")


def handle(event, _context):
    failed = []
    for record in event["Records"]:
        try:
            store(json.loads(record["body"]))
        except Exception as error:  # whatever it is, the other orders of the batch are not to wait for it
            print(f"{record['messageId']}: {error!r}")
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def store(order):
    TABLE.put_item(Item={"id": order["id"], "order": json.dumps(order)})
    S3.put_object(Bucket=os.environ["ARCHIVE"], Key=f"orders/{order['id']}.json", Body=json.dumps(order))
