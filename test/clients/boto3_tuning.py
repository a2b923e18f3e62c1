"""A tuning job as people script it with boto3. Knows AWS alone, nothing of the sandbox.

Usage: boto3_tuning.py ENDPOINT_URL ROLE_ARN. Prints one JSON object.
"""

from __future__ import annotations

import io
import json
import sys
import tarfile
import time

import boto3

IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.6.0-cpu-py312"
SCRIPT = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--learning-rate", type=float)
parser.add_argument("--batch-size", type=int)
arguments = parser.parse_args()
print("valid_loss=%.6f;" % ((arguments.learning_rate - 0.01) ** 2 + arguments.batch_size / 1000))
"""


def main(endpoint_url: str, role: str) -> None:
    session = boto3.Session()
    s3 = session.client("s3", endpoint_url=endpoint_url)
    sagemaker = session.client("sagemaker", endpoint_url=endpoint_url)
    bucket = "boto3-tuning"
    s3.create_bucket(Bucket=bucket)
    s3.upload_fileobj(archive("train.py", SCRIPT), bucket, "sourcedir.tar.gz")

    name = f"boto3-{int(time.time())}"
    sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name,
        HyperParameterTuningJobConfig={
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "valid_loss"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 6, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "ContinuousParameterRanges": [
                    {"Name": "learning-rate", "MinValue": "1e-4", "MaxValue": "1e-1", "ScalingType": "Logarithmic"}
                ],
                "CategoricalParameterRanges": [{"Name": "batch-size", "Values": ["16", "32", "64"]}],
            },
        },
        TrainingJobDefinition={
            "AlgorithmSpecification": {
                "TrainingImage": IMAGE,
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "valid_loss", "Regex": "valid_loss=(.*?);"}],
            },
            "RoleArn": role,
            "StaticHyperParameters": {
                "sagemaker_program": json.dumps("train.py"),
                "sagemaker_submit_directory": json.dumps(f"s3://{bucket}/sourcedir.tar.gz"),
            },
            "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/out"},
            "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        },
        Tags=[{"Key": "project", "Value": "dogs"}],
    )
    job = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    while job["HyperParameterTuningJobStatus"] in {"InProgress", "Stopping"}:
        time.sleep(1)
        job = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    pages = sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
        HyperParameterTuningJobName=name,
        SortBy="FinalObjectiveMetricValue",
        SortOrder="Ascending",
        PaginationConfig={"PageSize": 4},
    )
    trials = [trial for page in pages for trial in page["TrainingJobSummaries"]]
    best = sagemaker.describe_training_job(TrainingJobName=job["BestTrainingJob"]["TrainingJobName"])
    print(
        json.dumps(
            {
                "status": job["HyperParameterTuningJobStatus"],
                "counters": job["TrainingJobStatusCounters"],
                "values": [trial["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for trial in trials],
                "bestIsFirst": best["TrainingJobName"] == trials[0]["TrainingJobName"],
                "hyperparameters": best["HyperParameters"],
                "tags": sagemaker.list_tags(ResourceArn=best["TrainingJobArn"])["Tags"],
                "listed": [
                    summary["HyperParameterTuningJobName"] == name
                    for summary in sagemaker.list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"]
                ],
            }
        )
    )


def archive(name: str, text: str) -> io.BytesIO:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(text.encode())
        tar.addfile(info, io.BytesIO(text.encode()))
    packed.seek(0)
    return packed


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
