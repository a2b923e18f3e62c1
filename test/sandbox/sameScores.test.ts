import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Cloud } from '../../src/aws/cloud.js';
import { connect } from '../../src/aws/load.js';
import { deploy } from '../../src/hosting/deploy.js';
import { ask, type Asking } from '../../src/testBench/ask.js';
import { runBatch } from '../../src/testBench/batch.js';
import type { Classification } from '../../src/testBench/classes.js';
import { compare, summarizeDifferences } from '../../src/testBench/compare.js';
import { summarize } from '../../src/testBench/confusion.js';
import { eventOf } from '../../src/testBench/events.js';
import { LocalScripts } from '../../src/testBench/localScripts.js';
import { ModelFolders } from '../../src/testBench/modelFolders.js';
import { namedClasses } from '../../src/testBench/namedClasses.js';
import { picturesIn } from '../../src/testBench/pictures.js';
import type { Target } from '../../src/testBench/target.js';
import { inferenceImage } from '../support/images.js';
import { interpreters } from '../support/interpreters.js';
import { SampleCopy, sampleFolder } from '../support/samplePython.js';
import { SandboxProcess } from '../support/sandboxProcess.js';
import { zip } from '../support/zips.js';

/** The sample has 200 test pictures: every tenth stands for them, all in the long form. */
const every = process.env['WORKBENCH_LONG'] ? 1 : 10;
const never = new AbortController().signal;
/** The event goes to the endpoint as it is, and what that answers comes back as the body of an answer for API Gateway. */
const handler = `
import json, os, boto3

runtime = boto3.client("sagemaker-runtime")

def lambda_handler(event, context):
    response = runtime.invoke_endpoint(
        EndpointName=os.environ["ENDPOINT_NAME"], ContentType="application/json", Body=json.dumps(event)
    )
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": response["Body"].read().decode()}
`;
const archive = { bucket: 'same-scores', key: 'model.tar.gz' };

let sample: SampleCopy;
let sandbox: SandboxProcess;
let cloud: Cloud;
let scripts: LocalScripts;
let iam: IAMClient;

beforeAll(async () => {
  [sample, sandbox] = await Promise.all([SampleCopy.make(), SandboxProcess.start()]);
  const model = path.join(sample.scratch, 'model');
  const options = ['--model', 'small', '--epochs', '1', '--learning-rate', '0.03', '--model-dir', model];
  const { code, stderr } = await sample.run([path.join(sample.folder, 'train.py'), ...options]);
  if (code !== 0) throw new Error(stderr);

  cloud = await connect(sandbox.source);
  await cloud.objects.createBucket(archive.bucket).send();
  await cloud.objects.write(archive, execFileSync('tar', ['-cz', '-C', model, '.'], { maxBuffer: 2 ** 28 }), never);
  const plan = {
    ...{ endpoint: 'sample', config: 'sample', model: 'sample', image: inferenceImage, program: 'inference.py' },
    ...{ roleArn: sandbox.ready.executionRoleArn, region: sandbox.ready.region, tags: {} },
    modelData: `s3://${archive.bucket}/${archive.key}`,
    environment: { SAGEMAKER_MODEL_SERVER_WORKERS: '1' },
    instance: { type: 'ml.m5.large', count: 1 },
  };
  const facts = { entry: 'endpoints.it', usdPerHour: undefined };
  await deploy(
    cloud,
    (change) => change.send(),
    plan,
    facts,
    () => undefined,
    never,
  );
  await createFunction();
  scripts = new LocalScripts({
    resources: path.resolve('resources/python'),
    python: async () => (await interpreters(undefined).find()).path,
    models: new ModelFolders(path.join(sample.scratch, 'models')),
    environment: process.env,
  });
});
afterAll(async () => {
  scripts.dispose();
  cloud.close();
  await sandbox.stop();
  sample.remove();
});

/** With a role that may invoke the endpoint. */
async function createFunction(): Promise<void> {
  iam = new IAMClient(sandbox.clientConfig);
  const policy = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const trust = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const RoleName = 'sample-role';
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: policy(trust) }));
  const PolicyArn = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  const allowed = { Effect: 'Allow', Action: 'sagemaker:InvokeEndpoint', Resource: '*' };
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'invoke', PolicyDocument: policy(allowed) }));
  const request = {
    ...({ FunctionName: 'sample', Role: Role!.Arn!, Runtime: 'python3.12', Handler: 'app.lambda_handler' } as const),
    ...{ Timeout: 60, MemorySize: 512, Environment: { Variables: { ENDPOINT_NAME: 'sample' } } },
    Code: { ZipFile: zip({ 'app.py': handler }) },
  };
  await cloud.functions.create(request).send();
  while ((await cloud.functions.describe('sample', never))?.state !== 'Active') await delay(50);
}

test('a model gives the same scores from its script here, its endpoint and the function in front of that', async () => {
  const all = await picturesIn(path.join(sampleFolder, 'data/fashion-mnist'), never);
  const pictures = all.filter(({ name }) => name.startsWith('test/')).filter((_, index) => index % every === 0);
  expect(pictures).toHaveLength(200 / every);

  const asking: Asking = { cloud: async () => cloud, scripts };
  const script: Target = {
    ...{ kind: 'script', file: path.join(sample.folder, 'inference.py') },
    model: { archive: `s3://${archive.bucket}/${archive.key}` },
  };
  const answersOf = async (target: Target) => {
    const answers: Classification[] = [];
    const batch = await runBatch(
      pictures,
      async ({ file }, signal) => {
        const content = readFileSync(file);
        const event = () => Buffer.from(eventOf('image', { content, contentType: 'image/png' }));
        const body = target.kind === 'function' ? event() : content;
        const question = { body, contentType: '', accept: 'application/json' };
        const reply = await ask(asking, target, question, signal);
        if (reply.outcome === 'failure') throw new Error(reply.failure.message);
        if (reply.reading.kind === 'other') throw new Error(reply.reading.heading);
        const classes = (await namedClasses(reply.reading, [], signal)).rows[0]!;
        answers.push(classes);
        return { reply, classes };
      },
      {},
      never,
    );
    return { answers, summary: summarize(batch.rows) };
  };
  const here = await answersOf(script);
  const there = await answersOf({ kind: 'endpoint', name: 'sample' });
  const behind = await answersOf({ kind: 'function', name: 'sample' });
  const { length } = pictures;
  for (const other of [there, behind]) {
    const differences = here.answers.map((answer, index) => compare(answer, other.answers[index]!));
    expect(differences.filter(({ equal, sameOrder }) => !equal || !sameOrder)).toEqual([]);
    expect(summarizeDifferences(differences)).toMatchObject({ compared: length, equal: length, sameFirst: length });
    // Scores, not only the best class: all ten have been compared.
    expect(differences.every(({ classes }) => classes.length === 10)).toBe(true);
    expect(other.summary).toEqual(here.summary);
  }
  expect(here.summary).toMatchObject({ answered: length, failed: 0, known: length });
  // A model that answers the same to every picture would show nothing.
  expect(new Set(here.answers.map(({ sum }) => sum)).size).toBeGreaterThan(length / 2);
});

test('what the role of a function may not do is said by principal, action and resource, with the log of exactly this call', async () => {
  const asking: Asking = { cloud: async () => cloud, scripts };
  const asked = async (name: string, event: string, qualifier?: string) => {
    const target: Target = { kind: 'function', name, ...(qualifier !== undefined && { qualifier }) };
    return ask(asking, target, { body: Buffer.from(event), contentType: '', accept: '' }, never);
  };
  const unreadable = await asked('sample', '{"image": "no base64!"}');
  expect(unreadable).toMatchObject({
    outcome: 'failure',
    failure: { kind: 'code', advice: expect.stringContaining("endpoint's log") as string },
    version: '$LATEST',
  });
  expect(unreadable.log?.at(0)).toBe(`START RequestId: ${unreadable.requestId} Version: $LATEST`);
  expect(unreadable.report?.requestId).toBe(unreadable.requestId);
  const { total, parts } = unreadable.latency;
  expect(parts.reduce((sum, { milliseconds }) => sum + milliseconds, 0)).toBeCloseTo(total, 6);

  await iam.send(new DeleteRolePolicyCommand({ RoleName: 'sample-role', PolicyName: 'invoke' }));
  expect(await asked('sample', '{"image": ""}')).toMatchObject({
    outcome: 'failure',
    failure: {
      kind: 'denied',
      denial: {
        principal: expect.stringContaining('assumed-role/sample-role/') as string,
        role: 'sample-role',
        action: 'sagemaker:InvokeEndpoint',
        resource: expect.stringMatching(/:endpoint\/sample$/) as string,
      },
    },
  });
  expect(await asked('no-such-function', '{}')).toMatchObject({ failure: { kind: 'gone' } });
  expect(await asked('sample', '{}', 'no-such-alias')).toMatchObject({ failure: { kind: 'gone' } });
  expect(await asked('sample', '{')).toMatchObject({ failure: { kind: 'input' } });
  await cloud.functions.reserve('sample', 0).send();
  expect(await asked('sample', '{}')).toMatchObject({ failure: { kind: 'busy' } });
});
