"""Trains hpo.py and deploys infernce2.py with boto3, as the usual course notebook does.

Usage: seed_scripts.py ENDPOINT_URL SCRIPTS_FOLDER IMAGES_FOLDER ROLE_ARN. Prints one JSON object.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import boto3
from boto3_main_job import IMAGE, archive, with_code

BUCKET = "dog-breeds"


def main(endpoint_url: str, scripts: Path, images: Path, role: str) -> None:
    s3, sagemaker, runtime = (
        boto3.client(service, endpoint_url=endpoint_url) for service in ("s3", "sagemaker", "sagemaker-runtime")
    )
    s3.create_bucket(Bucket=BUCKET)
    for file in images.rglob("*.jpg"):
        s3.upload_file(str(file), BUCKET, str(file.relative_to(images)))
    s3.upload_fileobj(archive({"hpo.py": scripts / "hpo.py"}), BUCKET, "source/sourcedir.tar.gz")

    sagemaker.create_training_job(
        TrainingJobName="dog-hpo",
        RoleArn=role,
        AlgorithmSpecification={
            "TrainingImage": IMAGE.format("training", "1.4.0", ""),
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "Test Loss", "Regex": "Testing Loss: ([0-9\\.]+)"}],
        },
        HyperParameters={
            "batch_size": '"2"',
            "learning_rate": "0.01",
            "sagemaker_program": '"hpo.py"',
            "sagemaker_submit_directory": json.dumps(f"s3://{BUCKET}/source/sourcedir.tar.gz"),
        },
        InputDataConfig=[
            {
                "ChannelName": "training",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/"}},
            }
        ],
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out"},
        ResourceConfig={"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )
    waiter = sagemaker.get_waiter("training_job_completed_or_stopped")
    try:
        waiter.wait(TrainingJobName="dog-hpo", WaiterConfig={"Delay": 1, "MaxAttempts": 300})
    finally:
        job = sagemaker.describe_training_job(TrainingJobName="dog-hpo")
        if job["TrainingJobStatus"] != "Completed":
            sys.exit(f"{job['TrainingJobStatus']}: {job.get('FailureReason')}")

    model = io.BytesIO()
    s3.download_fileobj(BUCKET, "out/dog-hpo/output/model.tar.gz", model)
    s3.upload_fileobj(with_code(model, scripts / "infernce2.py"), BUCKET, "model/model.tar.gz")
    sagemaker.create_model(
        ModelName="dogs",
        ExecutionRoleArn=role,
        PrimaryContainer={
            "Image": IMAGE.format("inference", "1.4.0", ""),
            "ModelDataUrl": f"s3://{BUCKET}/model/model.tar.gz",
            "Environment": {"SAGEMAKER_PROGRAM": "infernce2.py"},
        },
    )
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "dogs",
        "InstanceType": "ml.t2.medium",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName="dogs", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="dogs", EndpointConfigName="dogs")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="dogs", WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    picture = next(images.rglob("*.jpg")).read_bytes()
    answer = runtime.invoke_endpoint(EndpointName="dogs", ContentType="image/jpeg", Body=picture)
    metrics = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    print(json.dumps({"metrics": metrics, "answer": json.loads(answer["Body"].read())}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
