"""A training job with ModelTrainer of the SageMaker Python SDK v3, whose jobs bring their own launcher.

Usage: sagemaker_sdk_v3.py SAMPLE_FOLDER ROLE_ARN. The environment names endpoint and keys. Prints one JSON object.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import boto3
from sagemaker.core.helper.session_helper import Session
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode


def main(sample: Path, role: str) -> None:
    session = Session(boto3.Session(), default_bucket="sdk-v3-main-job")
    session.boto_session.client("s3").create_bucket(Bucket="sdk-v3-main-job")
    data = session.upload_data(str(sample / "data" / "fashion-mnist"), key_prefix="data")
    trainer = ModelTrainer(
        training_image="763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.8.0-cpu-py312",
        source_code=SourceCode(source_dir=str(sample), entry_script="train.py"),
        compute=Compute(instance_type="ml.m5.xlarge", instance_count=1, volume_size_in_gb=30),
        hyperparameters={"epochs": 1},
        base_job_name="sdk-v3",
        role=role,
        sagemaker_session=session,
    )
    trainer.train(input_data_config=[InputData(channel_name="training", data_source=data)], wait=True, logs=False)
    job = trainer._latest_training_job
    job.refresh()
    print("\n" + json.dumps({"status": job.training_job_status, "model": job.model_artifacts.s3_model_artifacts}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
