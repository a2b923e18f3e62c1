"""fit, deploy and predict with the SageMaker Python SDK v2, as its documentation does it.

Usage: sagemaker_sdk_v2.py SAMPLE_FOLDER ROLE_ARN. The environment names endpoint and keys. Prints one JSON object.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import boto3
import sagemaker
from sagemaker.deserializers import JSONDeserializer
from sagemaker.pytorch import PyTorch
from sagemaker.serializers import IdentitySerializer


def main(sample: Path, role: str) -> None:
    # The SDK asks STS for the default bucket's name at an address of its own; named, it need not ask.
    session = sagemaker.Session(boto3.Session(), default_bucket="sdk-v2-main-job")
    session.boto_session.client("s3").create_bucket(Bucket="sdk-v2-main-job")
    data = session.upload_data(str(sample / "data" / "fashion-mnist"), key_prefix="data")
    estimator = PyTorch(
        entry_point="train.py",
        source_dir=str(sample),
        role=role,
        framework_version="2.6.0",
        py_version="py312",
        instance_count=1,
        instance_type="ml.m5.xlarge",
        hyperparameters={"epochs": 1, "learning-rate": 0.001},
        metric_definitions=[{"Name": "valid_accuracy", "Regex": r"valid_accuracy=([0-9.]+)"}],
        sagemaker_session=session,
    )
    estimator.fit({"training": data}, logs="None")
    predictor = estimator.deploy(
        initial_instance_count=1,
        instance_type="ml.m5.large",
        entry_point="inference.py",
        source_dir=str(sample),
        serializer=IdentitySerializer("image/png"),
        deserializer=JSONDeserializer(),
    )
    picture = next((sample / "data" / "fashion-mnist" / "test").rglob("*.png"))
    answer = predictor.predict(picture.read_bytes())
    metrics = estimator.training_job_analytics.dataframe().to_dict("records")
    predictor.delete_model()
    predictor.delete_endpoint()
    print("\n" + json.dumps({"job": estimator.latest_training_job.name, "metrics": metrics, "answer": answer}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
