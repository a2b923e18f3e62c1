#!/usr/bin/env bash
# The main job with nothing but the AWS CLI and tar: upload, train, deploy, predict, clean up.
# Usage: aws_cli_main_job.sh SAMPLE_FOLDER ROLE_ARN SCRATCH_FOLDER. The environment names endpoint and keys.
set -euo pipefail
sample=$1 role=$2 scratch=$3
account=$(aws sts get-caller-identity --query Account --output text)
bucket=cli-main-job-$account
job=cli-$(date +%s)
images=763104351884.dkr.ecr.us-east-1.amazonaws.com

aws s3 mb "s3://$bucket" >&2
aws s3 sync "$sample/data/fashion-mnist" "s3://$bucket/data" --only-show-errors --exclude '*' --include '*/*/*0.png' >&2
tar -czf "$scratch/sourcedir.tar.gz" -C "$sample" --exclude=./data --exclude=__pycache__ .
aws s3 cp "$scratch/sourcedir.tar.gz" "s3://$bucket/source/sourcedir.tar.gz" --only-show-errors >&2

aws sagemaker create-training-job --training-job-name "$job" --role-arn "$role" \
  --algorithm-specification "TrainingImage=$images/pytorch-training:2.6.0-cpu-py312,TrainingInputMode=File" \
  --hyper-parameters "epochs=1,sagemaker_program=train.py,sagemaker_submit_directory=s3://$bucket/source/sourcedir.tar.gz" \
  --input-data-config "ChannelName=training,DataSource={S3DataSource={S3DataType=S3Prefix,S3Uri=s3://$bucket/data}}" \
  --output-data-config "S3OutputPath=s3://$bucket/out" \
  --resource-config InstanceType=ml.m5.xlarge,InstanceCount=1,VolumeSizeInGB=30 \
  --stopping-condition MaxRuntimeInSeconds=600 >&2
status=InProgress
while [ "$status" = InProgress ]; do
  status=$(aws sagemaker describe-training-job --training-job-name "$job" --query TrainingJobStatus --output text)
done
if [ "$status" != Completed ]; then
  aws sagemaker describe-training-job --training-job-name "$job" --query FailureReason >&2
  exit 1
fi

aws s3 cp "s3://$bucket/out/$job/output/model.tar.gz" "$scratch/trained.tar.gz" --only-show-errors >&2
mkdir -p "$scratch/model/code"
tar -xzf "$scratch/trained.tar.gz" -C "$scratch/model"
cp "$sample/inference.py" "$scratch/model/code/"
tar -czf "$scratch/model.tar.gz" -C "$scratch/model" .
aws s3 cp "$scratch/model.tar.gz" "s3://$bucket/model/model.tar.gz" --only-show-errors >&2

aws sagemaker create-model --model-name "$job" --execution-role-arn "$role" --primary-container \
  "Image=$images/pytorch-inference:2.6.0-cpu-py312,ModelDataUrl=s3://$bucket/model/model.tar.gz,Environment={SAGEMAKER_PROGRAM=inference.py}" >&2
aws sagemaker create-endpoint-config --endpoint-config-name "$job" --production-variants \
  "VariantName=AllTraffic,ModelName=$job,InstanceType=ml.m5.large,InitialInstanceCount=1" >&2
aws sagemaker create-endpoint --endpoint-name "$job" --endpoint-config-name "$job" >&2
aws sagemaker wait endpoint-in-service --endpoint-name "$job"

pictures=("$sample"/data/fashion-mnist/test/*/*.png)
aws sagemaker-runtime invoke-endpoint --endpoint-name "$job" --content-type image/png --body "fileb://${pictures[0]}" \
  "$scratch/answer.json" >&2
aws sagemaker delete-endpoint --endpoint-name "$job"
aws sagemaker delete-endpoint-config --endpoint-config-name "$job"
aws sagemaker delete-model --model-name "$job"
cat "$scratch/answer.json"
