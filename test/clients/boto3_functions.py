"""Every operation on functions as people script it with boto3. Knows AWS alone, nothing of the sandbox.

Usage: boto3_functions.py ENDPOINT_URL. Prints one JSON object.
"""

from __future__ import annotations

import base64
import io
import json
import sys
import time
import urllib.request
import zipfile
from typing import Any

import boto3

HANDLER = """
import os

def handler(event, context):
    print("hello from", context.function_version)
    if event.get("fail"):
        raise ValueError("as asked")
    return {"n": event.get("n"), "stage": os.environ.get("STAGE"), "version": context.function_version}
"""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def main(endpoint_url: str) -> None:
    session = boto3.Session()
    functions = session.client("lambda", endpoint_url=endpoint_url)
    s3 = session.client("s3", endpoint_url=endpoint_url)
    iam = session.client("iam", endpoint_url=endpoint_url)
    name = f"boto3-{int(time.time())}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    package = zipped(HANDLER)
    result: dict[str, Any] = {}

    created = functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="app.handler",
        Role=role,
        Code={"ZipFile": package},
        Environment={"Variables": {"STAGE": "one"}},
        Timeout=20,
        Tags={"project": "boto3"},
    )
    wait(functions, "function_active_v2", name)
    arn = created["FunctionArn"]
    found = functions.get_function(FunctionName=name)
    with urllib.request.urlopen(found["Code"]["Location"]) as answer:
        result["same_code"] = answer.read() == package
    result["states"] = [created["State"], functions.get_function_configuration(FunctionName=name)["State"]]

    def invoke(qualifier: str | None = None, **event: Any) -> dict[str, Any]:
        more = {"Qualifier": qualifier} if qualifier else {}
        reply = functions.invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail", **more)
        log = base64.b64decode(reply["LogResult"]).decode()
        return {
            "error": reply.get("FunctionError"),
            "version": reply["ExecutedVersion"],
            "payload": json.loads(reply["Payload"].read()),
            "logged": "hello from" in log and "REPORT" in log,
        }

    result["first"] = invoke(n=1)
    result["failed"] = invoke(fail=True)
    result["dry_run"] = functions.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"]
    result["event"] = functions.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")["StatusCode"]

    one = functions.publish_version(FunctionName=name, Description="one")["Version"]
    bucket = f"{name}-code"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="app.zip", Body=zipped(HANDLER + "\n# another\n"))
    functions.update_function_code(FunctionName=name, S3Bucket=bucket, S3Key="app.zip")
    wait(functions, "function_updated_v2", name)
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": {"STAGE": "two"}})
    wait(functions, "function_updated_v2", name)
    two = functions.publish_version(FunctionName=name)["Version"]
    pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    result["versions"] = [version["Version"] for page in pages for version in page["Versions"]]
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion=one)
    result["alias_before"] = invoke("live", n=2)
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion=two)
    result["alias_after"] = invoke("live", n=3)
    result["alias"] = functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
    result["aliases"] = [alias["Name"] for alias in functions.list_aliases(FunctionName=name)["Aliases"]]

    functions.add_permission(
        FunctionName=name, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    result["policy"] = json.loads(functions.get_policy(FunctionName=name)["Policy"])["Statement"][0]["Principal"]
    functions.remove_permission(FunctionName=name, StatementId="s3")

    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
    reserved = functions.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"]
    place = {"FunctionName": name, "Qualifier": "live"}
    functions.put_provisioned_concurrency_config(ProvisionedConcurrentExecutions=1, **place)
    status = "IN_PROGRESS"
    while status == "IN_PROGRESS":
        time.sleep(0.1)
        status = functions.get_provisioned_concurrency_config(**place)["Status"]
    configs = functions.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"]
    result["concurrency"] = [reserved, status, len(configs)]
    functions.delete_provisioned_concurrency_config(**place)
    functions.delete_function_concurrency(FunctionName=name)
    result["account"] = functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]

    functions.tag_resource(Resource=arn, Tags={"stage": "test"})
    functions.untag_resource(Resource=arn, TagKeys=["project"])
    result["tags"] = functions.list_tags(Resource=arn)["Tags"]
    listed = functions.get_paginator("list_functions").paginate()
    result["listed"] = name in [each["FunctionName"] for page in listed for each in page["Functions"]]

    functions.delete_alias(FunctionName=name, Name="live")
    functions.delete_function(FunctionName=name, Qualifier=one)
    functions.delete_function(FunctionName=name)
    try:
        functions.get_function(FunctionName=name)
    except functions.exceptions.ResourceNotFoundException as error:
        result["gone"] = error.response["Error"]["Message"] == f"Function not found: {arn}"
    print(json.dumps(result))


def wait(functions: Any, waiter: str, name: str) -> None:
    functions.get_waiter(waiter).wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def zipped(source: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.py", source)
    return packed.getvalue()


if __name__ == "__main__":
    main(sys.argv[1])
