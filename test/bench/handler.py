"""A handler that does nothing, and the bare loop around it that a runtime is measured against: lines over a pipe."""

import json
import sys


def lambda_handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(lambda_handler(json.loads(line), None)), flush=True)
