"""What others do to a deployment: operations of EC2 through boto3, `{"operation": …, "arguments": …}` one a line.

Each is answered on one line. The operation `inventory` is answered with what is there by then.
"""

import json
import sys

import inventory


def answer(request):
    if request["operation"] == "inventory":
        return inventory.region()
    return getattr(inventory.ec2, request["operation"])(**request["arguments"])


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line)), default=str), flush=True)
