"""Writes src/sandbox/models/: what the sandbox needs of the models that botocore carries (Apache-2.0, see the NOTICE).

    python3 scripts/generateModels.py                  newest botocore from PyPI (pip, into a temporary folder)
    python3 scripts/generateModels.py --botocore DIR   an unpacked one: the folder that holds `data/`

To let the sandbox speak one operation more, name it in SERVICES and run this again; the output is never edited by hand.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

OLDEST = (1, 43)
OUTPUT = Path(__file__).resolve().parent.parent / "src" / "sandbox" / "models"

SERVICES: dict[str, str] = {
    "sagemaker": """
        CreateTrainingJob DescribeTrainingJob ListTrainingJobs StopTrainingJob DeleteTrainingJob UpdateTrainingJob
        CreateModel DescribeModel ListModels DeleteModel
        CreateEndpointConfig DescribeEndpointConfig ListEndpointConfigs DeleteEndpointConfig
        CreateEndpoint DescribeEndpoint ListEndpoints UpdateEndpoint DeleteEndpoint UpdateEndpointWeightsAndCapacities
        AddTags ListTags DeleteTags
        CreateHyperParameterTuningJob DescribeHyperParameterTuningJob ListHyperParameterTuningJobs
        StopHyperParameterTuningJob DeleteHyperParameterTuningJob ListTrainingJobsForHyperParameterTuningJob""",
    "sagemaker-runtime": "InvokeEndpoint",
    "sts": "GetCallerIdentity AssumeRole",
    "iam": """
        CreateRole GetRole ListRoles UpdateRole DeleteRole UpdateAssumeRolePolicy TagRole UntagRole ListRoleTags
        PutRolePolicy GetRolePolicy ListRolePolicies DeleteRolePolicy
        CreatePolicy GetPolicy ListPolicies DeletePolicy GetPolicyVersion ListPolicyVersions
        AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies
        SimulatePrincipalPolicy ListInstanceProfilesForRole""",
    "logs": """
        CreateLogGroup DeleteLogGroup DescribeLogGroups PutRetentionPolicy DeleteRetentionPolicy
        CreateLogStream DeleteLogStream DescribeLogStreams
        PutLogEvents GetLogEvents FilterLogEvents
        TagLogGroup UntagLogGroup ListTagsLogGroup TagResource UntagResource ListTagsForResource""",
    "cloudwatch": "PutMetricData GetMetricData GetMetricStatistics ListMetrics",
    "lambda": """
        CreateFunction GetFunction GetFunctionConfiguration ListFunctions DeleteFunction
        UpdateFunctionCode UpdateFunctionConfiguration
        PublishVersion ListVersionsByFunction
        CreateAlias UpdateAlias GetAlias ListAliases DeleteAlias
        AddPermission GetPolicy RemovePermission
        PutFunctionConcurrency GetFunctionConcurrency DeleteFunctionConcurrency
        PutProvisionedConcurrencyConfig GetProvisionedConcurrencyConfig ListProvisionedConcurrencyConfigs
        DeleteProvisionedConcurrencyConfig
        TagResource UntagResource ListTags GetAccountSettings Invoke""",
}

METADATA = ("apiVersion", "jsonVersion", "targetPrefix", "xmlNamespace", "protocols", "awsQueryCompatible")
SHAPE = (
    "type", "required", "enum", "min", "max", "pattern", "sensitive", "member", "key", "value", "flattened", "payload",
    "timestampFormat", "exception", "error", "fault",
)  # fmt: skip
REFERENCE = (
    "shape", "location", "locationName", "flattened", "timestampFormat",
)  # fmt: skip


def pick(source: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """The `keys` that `source` has, without those that say what is so anyway (false)."""
    return {key: source[key] for key in keys if key in source and source[key] is not False}


def compact_shape(shape: dict[str, Any]) -> dict[str, Any]:
    compact = pick(shape, SHAPE)
    for part in ("member", "key", "value"):
        if part in compact:
            compact[part] = pick(compact[part], REFERENCE)
    if "members" in shape:
        compact["members"] = {name: pick(member, REFERENCE) for name, member in shape["members"].items()}
    return compact


def references(shape: dict[str, Any]) -> list[str]:
    parts = [*shape.get("members", {}).values(), *(shape[part] for part in ("member", "key", "value") if part in shape)]
    return [part["shape"] for part in parts]


def compact_operation(operation: dict[str, Any]) -> dict[str, Any]:
    compact: dict[str, Any] = {"http": operation["http"]}
    if "input" in operation:
        compact["input"] = operation["input"]["shape"]
    if "output" in operation:
        compact["output"] = pick(operation["output"], ("shape", "resultWrapper"))
    if operation.get("errors"):
        compact["errors"] = [error["shape"] for error in operation["errors"]]
    return compact


def compact_model(model: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
    unknown = [name for name in wanted if name not in model["operations"]]
    if unknown:
        raise SystemExit(f"botocore's model of {model['metadata']['serviceId']} has no operation {', '.join(unknown)}.")
    operations = {name: compact_operation(model["operations"][name]) for name in sorted(wanted)}

    reachable: set[str] = set()
    pending = [
        shape
        for operation in operations.values()
        for shape in (operation.get("input"), operation.get("output", {}).get("shape"), *operation.get("errors", []))
        if shape
    ]
    while pending:
        name = pending.pop()
        if name not in reachable:
            reachable.add(name)
            pending += references(model["shapes"][name])

    metadata = model["metadata"]
    return {
        "metadata": {
            # Credential scopes carry this name.
            "signingName": metadata.get("signingName", metadata["endpointPrefix"]),
            **pick(metadata, METADATA),
        },
        "operations": operations,
        # REST requests do not carry the operation's name: this says which one it is that the sandbox does not have.
        **(
            {
                "others": [
                    [operation["http"]["method"], operation["http"]["requestUri"], name]
                    for name, operation in sorted(model["operations"].items())
                    if name not in operations
                ]
            }
            if "rest-json" in metadata["protocols"]
            else {}
        ),
        "shapes": {name: compact_shape(model["shapes"][name]) for name in sorted(reachable)},
    }


def read_model(botocore: Path, service: str) -> dict[str, Any]:
    # Versions are dates: the last one is the newest.
    folder = max(path for path in (botocore / "data" / service).iterdir() if path.is_dir())
    plain = folder / "service-2.json"
    if plain.exists():
        return json.loads(plain.read_text(encoding="utf-8"))
    return json.loads(gzip.decompress((folder / "service-2.json.gz").read_bytes()))


def version_of(botocore: Path) -> str:
    found = re.search(r"^__version__ = ['\"]([\d.]+)['\"]", (botocore / "__init__.py").read_text("utf-8"), re.MULTILINE)
    if not found:
        raise SystemExit(f"{botocore} is no unpacked botocore: its __init__.py names no version.")
    return found.group(1)


def download(folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), "botocore"]
    subprocess.run(pip, check=True)
    (wheel,) = folder.glob("botocore-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder / "botocore"


def generate(botocore: Path) -> None:
    version = version_of(botocore)
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise SystemExit(f"botocore {version} is too old: {'.'.join(map(str, OLDEST))} or newer is needed.")
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for service, operations in SERVICES.items():
        model = compact_model(read_model(botocore, service), operations.split())
        text = json.dumps(model, ensure_ascii=False, separators=(",", ":")) + "\n"
        (OUTPUT / f"{service}.json").write_text(text, encoding="utf-8")
        print(f"{service}.json: {len(model['operations'])} operations, {len(text.encode()) / 1024:.0f} KiB")
    (OUTPUT / "NOTICE").write_text(
        "The JSON files of this folder are generated by scripts/generateModels.py from the service models of botocore\n"
        f"{version} (https://github.com/boto/botocore): operations and shapes that the sandbox does not use, and all\n"
        "documentation, are left out.\n\n"
        "botocore\nCopyright 2012-2026 Amazon.com, Inc. or its affiliates. All Rights Reserved.\n"
        "Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0\n",
        encoding="utf-8",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Generates the sandbox's service models from botocore.")
    parser.add_argument("--botocore", type=Path, help="an unpacked botocore (the folder that holds data/)")
    given: Path | None = parser.parse_args().botocore
    if given:
        generate(given)
        return
    with tempfile.TemporaryDirectory() as folder:
        generate(download(Path(folder)))


if __name__ == "__main__":
    main()
