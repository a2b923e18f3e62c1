#!/usr/bin/env bash
# Every operation on functions with nothing but the AWS CLI and Python's zip. What does not need one another runs at one
# time: most of a call is the start of the CLI.
# Usage: aws_cli_functions.sh SCRATCH_FOLDER. The environment names endpoint and keys. Prints what the alias answered.
set -euo pipefail
cd "$1"
name=cli-$(date +%s)
lambda() { aws lambda "$@" --function-name "$name" --output text; }

pids=()
begin() {
  "$@" >&2 &
  pids+=($!)
}
finish() {
  for pid in "${pids[@]}"; do wait "$pid"; done
  pids=()
}

cat > app.py << 'HANDLER'
def handler(event, context):
    return {"version": context.function_version, "event": event}
HANDLER
/usr/bin/python3 -m zipfile -c app.zip app.py
role=$(aws iam create-role --role-name "$name" --query Role.Arn --output text --assume-role-policy-document \
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}')

arn=$(lambda create-function --runtime python3.12 --handler app.handler --role "$role" --zip-file fileb://app.zip \
  --timeout 20 --query FunctionArn)
lambda wait function-active-v2
lambda update-function-configuration --memory-size 256 >&2
lambda wait function-updated-v2
echo '# another' >> app.py
/usr/bin/python3 -m zipfile -c app.zip app.py
lambda update-function-code --zip-file fileb://app.zip >&2
lambda wait function-updated-v2
version=$(lambda publish-version --query Version)
lambda create-alias --name live --function-version "$version" >&2

begin lambda update-alias --name live --description 'for people'
begin lambda add-permission --statement-id s3 --action lambda:InvokeFunction --principal s3.amazonaws.com
begin lambda put-function-concurrency --reserved-concurrent-executions 3
begin lambda put-provisioned-concurrency-config --qualifier live --provisioned-concurrent-executions 1
begin aws lambda tag-resource --resource "$arn" --tags stage=test
finish

begin lambda invoke --qualifier live --cli-binary-format raw-in-base64-out --payload '{"n":1}' answer.json
begin lambda get-function --query Code.Location
begin lambda get-function-configuration --query LastUpdateStatus
begin lambda list-versions-by-function --query 'Versions[].Version'
begin lambda get-alias --name live
begin lambda list-aliases
begin lambda get-policy
begin lambda get-function-concurrency
begin lambda get-provisioned-concurrency-config --qualifier live --query Status
begin lambda list-provisioned-concurrency-configs
begin aws lambda list-tags --resource "$arn" --query Tags.stage
begin aws lambda list-functions --query "Functions[?FunctionName=='$name'].Runtime"
begin aws lambda get-account-settings --query AccountUsage.FunctionCount
finish

begin lambda remove-permission --statement-id s3
begin lambda delete-provisioned-concurrency-config --qualifier live
begin lambda delete-function-concurrency
begin aws lambda untag-resource --resource "$arn" --tag-keys stage
finish
lambda delete-alias --name live
lambda delete-function
cat answer.json
