import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Cloud } from '../../src/aws/cloud.js';
import { connect } from '../../src/aws/load.js';
import { deploy } from '../../src/hosting/deploy.js';
import { ask, type Asking } from '../../src/testBench/ask.js';
import { runBatch } from '../../src/testBench/batch.js';
import type { Classification } from '../../src/testBench/classes.js';
import { compare, summarizeDifferences } from '../../src/testBench/compare.js';
import { summarize } from '../../src/testBench/confusion.js';
import { LocalScripts } from '../../src/testBench/localScripts.js';
import { ModelFolders } from '../../src/testBench/modelFolders.js';
import { namedClasses } from '../../src/testBench/namedClasses.js';
import { picturesIn } from '../../src/testBench/pictures.js';
import type { Target } from '../../src/testBench/target.js';
import { inferenceImage } from '../support/images.js';
import { interpreters } from '../support/interpreters.js';
import { SampleCopy, sampleFolder } from '../support/samplePython.js';
import { SandboxProcess } from '../support/sandboxProcess.js';

/** The sample has 200 test pictures: every tenth stands for them, all in the long form. */
const every = process.env['WORKBENCH_LONG'] ? 1 : 10;
const never = new AbortController().signal;
const archive = { bucket: 'same-scores', key: 'model.tar.gz' };

let sample: SampleCopy;
let sandbox: SandboxProcess;
let cloud: Cloud;
let scripts: LocalScripts;

beforeAll(async () => {
  [sample, sandbox] = await Promise.all([SampleCopy.make(), SandboxProcess.start()]);
  const model = path.join(sample.scratch, 'model');
  const options = ['--model', 'small', '--epochs', '1', '--learning-rate', '0.03', '--model-dir', model];
  const { code, stderr } = await sample.run([path.join(sample.folder, 'train.py'), ...options]);
  if (code !== 0) throw new Error(stderr);

  const { endpoint, region, profile, configFile, credentialsFile } = sandbox.ready;
  cloud = await connect({ endpoint, region, profile, configFile, credentialsFile });
  await cloud.objects.createBucket(archive.bucket).send();
  await cloud.objects.write(archive, execFileSync('tar', ['-cz', '-C', model, '.'], { maxBuffer: 2 ** 28 }), never);
  const plan = {
    ...{ endpoint: 'sample', config: 'sample', model: 'sample', image: inferenceImage, program: 'inference.py' },
    ...{ roleArn: sandbox.ready.executionRoleArn, region, tags: {} },
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

test('a model gives the same scores from its script here and from its endpoint, and the batch says how good it is', async () => {
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
        const question = { body: readFileSync(file), contentType: '', accept: 'application/json' };
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
  const differences = here.answers.map((answer, index) => compare(answer, there.answers[index]!));
  expect(differences.filter(({ equal, sameOrder }) => !equal || !sameOrder)).toEqual([]);
  const { length } = pictures;
  expect(summarizeDifferences(differences)).toMatchObject({ compared: length, equal: length, sameFirst: length });
  // Scores, not only the best class: all ten have been compared.
  expect(differences.every(({ classes }) => classes.length === 10)).toBe(true);
  expect(here.summary).toMatchObject({ answered: pictures.length, failed: 0, known: pictures.length });
  expect(here.summary).toEqual(there.summary);
  // A model that answers the same to every picture would show nothing.
  expect(new Set(here.answers.map(({ sum }) => sum)).size).toBeGreaterThan(pictures.length / 2);
});
