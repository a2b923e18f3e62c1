/**
 * What SageMaker says of endpoints. The forms are those of real answers quoted in public threads; each names one.
 */

/** An error of InvokeEndpoint, without its HTTP status. */
export interface ModelErrorMembers {
  readonly ErrorCode: string;
  readonly OriginalStatusCode: number;
  readonly OriginalMessage: string;
  readonly LogStreamArn: string;
}

/** Whose endpoint answered. */
export interface EndpointAddress {
  readonly account: string;
  readonly region: string;
  readonly endpoint: string;
}

export function logGroup(endpoint: string): string {
  return `/aws/sagemaker/Endpoints/${endpoint}`;
}

/** The SDK follows the streams whose name starts with `AllTraffic/` (sagemaker-python-sdk, session.py). */
export function logStream(variant: string, instanceId: string): string {
  return `${variant}/${instanceId}`;
}

/** aws/amazon-sagemaker-examples#293. An endpoint that is being created is not found either. */
export function endpointNotFound({ endpoint, account }: EndpointAddress): string {
  return `Endpoint ${endpoint} of account ${account} not found.`;
}

/** aws/amazon-sagemaker-examples#1026. */
export function noTargetModel(endpoint: string): string {
  return `Endpoint ${endpoint} is not a multi-model endpoint and does not support target model header.`;
}

/**
 * ModelError's message and members for what a container answered. `status` 0 is SageMaker itself, which got no answer.
 * Client errors and server errors differ in a word (aws/sagemaker-python-sdk#2955, aws/amazon-sagemaker-examples#407);
 * a body that is no text is not quoted (#4324). The members' values: opensearch-project/ml-commons, a recorded answer.
 */
export function modelError(
  address: EndpointAddress,
  status: number,
  body: Uint8Array,
): { readonly message: string; readonly members: ModelErrorMembers } {
  const client = status >= 400 && status < 500;
  const original = text(body);
  const quoted = original === undefined ? 'and could not load the entire response body' : `with message "${original}"`;
  const { account, region, endpoint } = address;
  const log = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#logEventViewer:group=${logGroup(endpoint)}`;
  return {
    message: `Received ${client ? 'client' : 'server'} error (${status}) from primary ${quoted}. See ${log} in account ${account} for more information.`,
    members: {
      ErrorCode: client ? 'CLIENT_ERROR_FROM_MODEL' : 'INTERNAL_FAILURE_FROM_MODEL',
      OriginalStatusCode: status,
      OriginalMessage: original ?? '',
      LogStreamArn: `arn:aws:logs:${region}:${account}:log-group:${logGroup(endpoint)}`,
    },
  };
}

/** RamVegiraju/SageMaker-Deployment#3; the status is 0, because the container gave none. */
export const invocationTimedOut =
  'Your invocation timed out while waiting for a response from container primary. ' +
  'Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again.';

/** What TorchServe answers for a worker that ended, or that it ended for being late (kserve/kserve#3445). */
export const workerDied = torchServeError(500, 'InternalServerException', 'Worker died.');

/** What TorchServe answers when more requests wait than its queue holds, or no worker is left (pytorch/serve, docs/FAQs). */
export const noWorker = torchServeError(
  503,
  'ServiceUnavailableException',
  'Model "model" has no worker to serve inference request. Please use scale workers API to add workers.',
);

/** aws-solutions-library-samples/fraud-detection-using-machine-learning#9. */
export function downloadFailed(url: string): string {
  return (
    `Failed to download model data for container "container_1" from URL: "${url}". Please ensure that there is an ` +
    'object located at the URL and that the role passed to CreateModel has permissions to download the object.'
  );
}

/** aws/deep-learning-containers#569. */
export function extractionFailed(url: string): string {
  return (
    `Failed to extract model data archive for container "container_1" from URL "${url}". ` +
    'Please ensure that the object located at the URL is a valid tar.gz archive.'
  );
}

/** aws/sagemaker-python-sdk#787. */
export function pingFailed(variant: string): string {
  return (
    `The primary container for production variant ${variant} did not pass the ping health check. ` +
    'Please check CloudWatch logs for this endpoint.'
  );
}

/** FailureReason holds 1,024 characters (botocore sagemaker, FailureReason). */
export function failureReason(...sentences: readonly (string | undefined)[]): string {
  return sentences.filter(Boolean).join(' ').slice(0, 1024);
}

/** TorchServe's errors are JSON in two-space indentation with a line break at the end. */
function torchServeError(code: number, type: string, message: string): { status: number; body: Uint8Array } {
  return { status: code, body: new TextEncoder().encode(`${JSON.stringify({ code, type, message }, null, 2)}\n`) };
}

/** The body as text; undefined when it is not UTF-8. */
function text(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}
