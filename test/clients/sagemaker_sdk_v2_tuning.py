"""tuner.fit, best_estimator, attach and analytics with the SageMaker Python SDK v2, as its documentation does it.

Usage: sagemaker_sdk_v2_tuning.py ANY_FOLDER ROLE_ARN. The environment names endpoint and keys. Prints a JSON object.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import boto3
import sagemaker
from sagemaker.analytics import HyperparameterTuningJobAnalytics
from sagemaker.pytorch import PyTorch
from sagemaker.tuner import (
    CategoricalParameter,
    ContinuousParameter,
    HyperparameterTuner,
    WarmStartConfig,
    WarmStartTypes,
)

SCRIPT = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--learning_rate", type=float)
parser.add_argument("--batch_size", type=int)
arguments = parser.parse_args()
print("Testing Loss: %.6f" % ((arguments.learning_rate - 0.01) ** 2 + arguments.batch_size / 1000))
"""


def main(role: str, folder: Path) -> None:
    # The SDK asks STS for the default bucket's name at an address of its own; named, it need not ask.
    session = sagemaker.Session(boto3.Session(), default_bucket="sdk-v2-tuning")
    session.boto_session.client("s3").create_bucket(Bucket="sdk-v2-tuning")
    (folder / "hpo.py").write_text(SCRIPT)
    (folder / "data.txt").write_text("data")
    data = session.upload_data(str(folder / "data.txt"), key_prefix="data")
    estimator = PyTorch(
        entry_point="hpo.py",
        source_dir=str(folder),
        role=role,
        framework_version="2.6.0",
        py_version="py312",
        instance_count=1,
        instance_type="ml.m5.xlarge",
        sagemaker_session=session,
    )
    settings = {
        "estimator": estimator,
        "objective_metric_name": "Test Loss",
        "objective_type": "Minimize",
        "metric_definitions": [{"Name": "Test Loss", "Regex": r"Testing Loss: ([0-9\.]+)"}],
        "hyperparameter_ranges": {
            "learning_rate": ContinuousParameter(0.001, 0.1),
            "batch_size": CategoricalParameter([32, 64, 128]),
        },
        "max_jobs": 4,
        "max_parallel_jobs": 2,
    }
    tuner = HyperparameterTuner(**settings)
    tuner.fit({"training": data})
    name = tuner.latest_tuning_job.name

    best = tuner.best_estimator()
    attached = HyperparameterTuner.attach(name, sagemaker_session=session)
    trials = HyperparameterTuningJobAnalytics(name, sagemaker_session=session).dataframe()
    child = HyperparameterTuner(
        **settings, warm_start_config=WarmStartConfig(WarmStartTypes.IDENTICAL_DATA_AND_ALGORITHM, parents={name})
    )
    # Left to itself, the SDK names a tuning job by the minute.
    child.fit({"training": data}, job_name="sdk-v2-child")
    print(
        "\n"
        + json.dumps(
            {
                "best": best.latest_training_job.name,
                "hyperparameters": best.hyperparameters(),
                "attachedBest": attached.best_training_job(),
                "values": sorted(trials["FinalObjectiveValue"]),
                "columns": sorted(trials.columns),
                "child": child.describe()["OverallBestTrainingJob"]["TrainingJobStatus"],
            }
        )
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        main(sys.argv[2], Path(scratch))
