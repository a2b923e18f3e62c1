"""The main job as people script it with boto3: upload, train, deploy, predict. Knows AWS alone, nothing of the sandbox.

Usage: boto3_main_job.py ENDPOINT_URL SAMPLE_FOLDER ROLE_ARN. Prints one JSON object.
"""

from __future__ import annotations

import io
import json
import sys
import tarfile
import time
from pathlib import Path

import boto3

IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-{}:{}-cpu-py3{}"


def main(endpoint_url: str, sample: Path, role: str) -> None:
    session = boto3.Session()
    s3 = session.client("s3", endpoint_url=endpoint_url)
    sagemaker = session.client("sagemaker", endpoint_url=endpoint_url)
    runtime = session.client("sagemaker-runtime", endpoint_url=endpoint_url)
    logs = session.client("logs", endpoint_url=endpoint_url)
    account = session.client("sts", endpoint_url=endpoint_url).get_caller_identity()["Account"]
    bucket = f"boto3-main-job-{account}"
    s3.create_bucket(Bucket=bucket)

    data = sample / "data" / "fashion-mnist"
    for split, count in {"train": 12, "valid": 4, "test": 4}.items():
        for folder in sorted((data / split).iterdir()):
            for image in sorted(folder.iterdir())[:count]:
                s3.upload_file(str(image), bucket, f"data/{image.relative_to(data)}")
    source = archive({name: sample / name for name in source_files(sample)})
    s3.upload_fileobj(source, bucket, "source/sourcedir.tar.gz")

    job = f"boto3-{int(time.time())}"
    sagemaker.create_training_job(
        TrainingJobName=job,
        RoleArn=role,
        AlgorithmSpecification={
            "TrainingImage": IMAGE.format("training", "2.6.0", "12"),
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "valid_accuracy", "Regex": r"valid_accuracy=([0-9.]+)"}],
        },
        HyperParameters={
            "epochs": "2",
            "sagemaker_program": '"train.py"',
            "sagemaker_submit_directory": json.dumps(f"s3://{bucket}/source/sourcedir.tar.gz"),
        },
        InputDataConfig=[
            {
                "ChannelName": "training",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/data"}},
            }
        ],
        OutputDataConfig={"S3OutputPath": f"s3://{bucket}/out"},
        ResourceConfig={"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )
    waiter = sagemaker.get_waiter("training_job_completed_or_stopped")
    try:
        waiter.wait(TrainingJobName=job, WaiterConfig={"Delay": 1, "MaxAttempts": 300})
    finally:
        described = sagemaker.describe_training_job(TrainingJobName=job)
        if described["TrainingJobStatus"] != "Completed":
            sys.exit(f"{described['TrainingJobStatus']}: {described.get('FailureReason')}")

    group = "/aws/sagemaker/TrainingJobs"
    stream = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/")["logStreams"][0]
    lines = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)["events"]

    trained = described["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{bucket}/")
    model = io.BytesIO()
    s3.download_fileobj(bucket, trained, model)
    s3.upload_fileobj(with_code(model, sample / "inference.py"), bucket, "model/model.tar.gz")

    sagemaker.create_model(
        ModelName=job,
        ExecutionRoleArn=role,
        PrimaryContainer={
            "Image": IMAGE.format("inference", "2.6.0", "12"),
            "ModelDataUrl": f"s3://{bucket}/model/model.tar.gz",
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
        },
    )
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": job,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=job, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=job, EndpointConfigName=job)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=job, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    picture = next((data / "test").rglob("*.png"))
    answer = runtime.invoke_endpoint(EndpointName=job, ContentType="image/png", Body=picture.read_bytes())
    body = json.loads(answer["Body"].read())

    sagemaker.delete_endpoint(EndpointName=job)
    sagemaker.delete_endpoint_config(EndpointConfigName=job)
    sagemaker.delete_model(ModelName=job)
    print(
        json.dumps(
            {
                "metrics": {metric["MetricName"]: metric["Value"] for metric in described["FinalMetricDataList"]},
                "statuses": [transition["Status"] for transition in described["SecondaryStatusTransitions"]],
                "lines": len(lines),
                "variant": answer["InvokedProductionVariant"],
                "answer": body,
            }
        )
    )


def source_files(sample: Path) -> list[str]:
    return [path.name for path in sample.iterdir() if path.is_file() and path.suffix in {".py", ".txt", ".pt", ".pth"}]


def archive(files: dict[str, Path]) -> io.BytesIO:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, path in files.items():
            tar.add(path, arcname=name)
    packed.seek(0)
    return packed


def with_code(model: io.BytesIO, handler: Path) -> io.BytesIO:
    """The trained archive with the handler beside the weights, as the SageMaker SDK repacks it."""
    model.seek(0)
    packed = io.BytesIO()
    with tarfile.open(fileobj=model, mode="r:gz") as old, tarfile.open(fileobj=packed, mode="w:gz") as new:
        for member in old.getmembers():
            new.addfile(member, old.extractfile(member) if member.isfile() else None)
        new.add(handler, arcname=f"code/{handler.name}")
    packed.seek(0)
    return packed


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
