import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { AttachRolePolicyCommand, CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateFunctionCommand, InvokeCommand, LambdaClient, waitUntilFunctionActiveV2 } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  SageMakerClient,
  waitUntilEndpointInService,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tarGz } from '../support/archives.js';
import { inferenceImage } from '../support/images.js';
import { pythonWith } from '../support/pythonWith.js';
import { SandboxProcess } from '../support/sandboxProcess.js';
import { zip } from '../support/zips.js';

/** In the way of courses: a client for all invocations, the event passed through whole, a body that is a string. */
const handler = `
import json
import boto3

ENDPOINT = "breeds"
runtime = boto3.Session().client("sagemaker-runtime")

def lambda_handler(event, context):
    print("Context:", context)
    response = runtime.invoke_endpoint(
        EndpointName=ENDPOINT, ContentType="application/json", Accept="application/json", Body=json.dumps(event)
    )
    result = response["Body"].read().decode("utf-8")
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "text/plain", "Access-Control-Allow-Origin": "*"},
        "type-result": str(type(result)),
        "body": json.dumps(json.loads(result)),
    }
`;

const inference = `
import json
def model_fn(model_dir): return None
def input_fn(body, content_type): return json.loads(body)
def predict_fn(event, model): return [[0.5, -1.25, len(event["url"])]]
def output_fn(scores, accept): return json.dumps(scores)
`;

/** A sandbox with an endpoint, and functions that call it. */
class Course {
  private constructor(readonly sandbox: SandboxProcess) {}

  static async start(args: string[]): Promise<Course> {
    const course = new Course(await SandboxProcess.start({ args }));
    await course.deployEndpoint();
    return course;
  }

  /** @param trusted the service that the role trusts */
  async role(name: string, trusted: string, mayInvoke: boolean): Promise<string> {
    const iam = new IAMClient(this.sandbox.clientConfig);
    const trust = { Effect: 'Allow', Principal: { Service: trusted }, Action: 'sts:AssumeRole' };
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: policy(trust) }));
    const PolicyArn = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
    await iam.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn }));
    const allowed = { Effect: 'Allow', Action: 'sagemaker:InvokeEndpoint', Resource: '*' };
    if (mayInvoke) {
      await iam.send(
        new PutRolePolicyCommand({ RoleName: name, PolicyName: 'invoke', PolicyDocument: policy(allowed) }),
      );
    }
    return Role!.Arn!;
  }

  async create(name: string, role: string): Promise<void> {
    const client = new LambdaClient(this.sandbox.clientConfig);
    await client.send(
      new CreateFunctionCommand({
        ...{ FunctionName: name, Role: role, Runtime: 'python3.12', Handler: 'lambda_function.lambda_handler' },
        ...{ Timeout: 30, MemorySize: 512, Code: { ZipFile: zip({ 'lambda_function.py': handler }) } },
      }),
    );
    await waitUntilFunctionActiveV2({ client, maxWaitTime: 30, minDelay: 1 }, { FunctionName: name });
  }

  async invoke(name: string) {
    const event = { url: 'https://example.com/dog.jpg' };
    const answer = await new LambdaClient(this.sandbox.clientConfig).send(
      new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event), LogType: 'Tail' }),
    );
    return {
      error: answer.FunctionError,
      value: JSON.parse(Buffer.from(answer.Payload ?? []).toString()) as Record<string, unknown>,
      log: Buffer.from(answer.LogResult ?? '', 'base64').toString(),
    };
  }

  private async deployEndpoint(): Promise<void> {
    const s3 = new S3Client(this.sandbox.clientConfig);
    await s3.send(new CreateBucketCommand({ Bucket: 'models' }));
    const Body = await tarGz({ 'code/inference.py': inference });
    await s3.send(new PutObjectCommand({ Bucket: 'models', Key: 'model.tar.gz', Body }));
    const client = new SageMakerClient(this.sandbox.clientConfig);
    await client.send(
      new CreateModelCommand({
        ModelName: 'breeds',
        ExecutionRoleArn: this.sandbox.ready.executionRoleArn,
        PrimaryContainer: {
          Image: inferenceImage,
          ModelDataUrl: 's3://models/model.tar.gz',
          Environment: { SAGEMAKER_MODEL_SERVER_WORKERS: '1' },
        },
      }),
    );
    const variant = { VariantName: 'AllTraffic', ModelName: 'breeds', InitialInstanceCount: 1 };
    await client.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: 'breeds',
        ProductionVariants: [{ ...variant, InstanceType: 'ml.m5.large' }],
      }),
    );
    await client.send(new CreateEndpointCommand({ EndpointName: 'breeds', EndpointConfigName: 'breeds' }));
    await waitUntilEndpointInService({ client, maxWaitTime: 60, minDelay: 1 }, { EndpointName: 'breeds' });
  }
}

/** The course's answer, and what its log says. */
async function answers(course: Course): Promise<void> {
  await course.create('predict', await course.role('predict', 'lambda.amazonaws.com', true));
  const { error, value, log } = await course.invoke('predict');
  expect(value).toEqual({
    ...{ statusCode: 200, headers: { 'Content-Type': 'text/plain', 'Access-Control-Allow-Origin': '*' } },
    ...{ 'type-result': "<class 'str'>", body: '[[0.5, -1.25, 27]]' },
  });
  expect(error).toBeUndefined();
  expect(log).toContain('Context: LambdaContext([aws_request_id=');
}

function policy(statement: object): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
}

describe("a course's handler in front of an endpoint", () => {
  let course: Course;
  beforeAll(async () => {
    course = await Course.start(['--python', '/usr/bin/python3']);
  });
  afterAll(() => course.sandbox.stop());

  test("runs as it is with Debian's boto3, and its log is in the function's group", async () => {
    await answers(course);
    const logs = new CloudWatchLogsClient(course.sandbox.clientConfig);
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/predict' }));
    expect(events.map(({ message = '' }) => message.split(' ')[0])).toEqual(
      expect.arrayContaining(['INIT_START', 'START', 'Context:', 'END', 'REPORT']),
    );
  });

  test('whose role may not invoke the endpoint hears who, what and on which', async () => {
    await course.create('denied', await course.role('denied', 'lambda.amazonaws.com', false));
    const { error, value } = await course.invoke('denied');
    expect(error).toBe('Unhandled');
    const { region, accountId } = course.sandbox.ready;
    expect(value).toMatchObject({
      errorType: 'ClientError',
      errorMessage:
        'An error occurred (AccessDeniedException) when calling the InvokeEndpoint operation: ' +
        `User: arn:aws:sts::${accountId}:assumed-role/denied/denied is not authorized to perform: sagemaker:InvokeEndpoint ` +
        `on resource: arn:aws:sagemaker:${region}:${accountId}:endpoint/breeds because no identity-based policy allows the ` +
        'sagemaker:InvokeEndpoint action',
    });
  });

  test('whose role does not trust Lambda cannot be made', async () => {
    const role = await course.role('untrusting', 'sagemaker.amazonaws.com', true);
    await expect(course.create('untrusted', role)).rejects.toThrow(
      'The role defined for the function cannot be assumed by Lambda.',
    );
  });
});

// Packages from PyPI.
describe.runIf(process.env['WORKBENCH_LONG'])("a course's handler with other packages", () => {
  test.for<[string, string, string[]]>([
    ['a current boto3', 'boto3', ['boto3']],
    ["AWS's own runtime interface client", 'awslambdaric', ['boto3', 'awslambdaric']],
  ])('runs with %s', async ([, name, requirements], { skip }) => {
    const python = pythonWith(name, ...requirements);
    if (!python) return skip(`PyPI cannot be reached, or has no ${requirements.join(' or ')} for this Python`);
    const course = await Course.start(['--python', python]);
    try {
      await answers(course);
    } finally {
      await course.sandbox.stop();
    }
  });
});
