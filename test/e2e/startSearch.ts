import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { Ready } from '../../src/sandbox/lock.js';
import { upload } from '../support/jobs.js';
import { clientConfig } from '../support/sandboxProcess.js';
import { createTuning, range } from '../support/tuning.js';

/** A search over numbers alone, whose trials wait for each other long enough to be watched; one corner crashes. */
const script = `
import argparse, math, time
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--batch-size", type=int)
arguments = parser.parse_args()
time.sleep(0.5)
if arguments.lr > 0.05:
    raise RuntimeError("loss is NaN")
print("loss=%r" % (0.4 + (math.log10(arguments.lr) + 2.5) ** 2 + arguments.batch_size / 1000))
`;

/** Starts a search by an unchanged client. */
export async function startSearch(sandbox: Ready, name: string, jobs: number): Promise<SageMakerClient> {
  const config = clientConfig(sandbox);
  const client = new SageMakerClient(config);
  const source = await upload(new S3Client(config), 'data', 'search/source.tar.gz', { 'train.py': script });
  await createTuning(client, {
    ...{ name, source, roleArn: sandbox.executionRoleArn, jobs, parallel: 2 },
    config: {
      ParameterRanges: {
        ContinuousParameterRanges: [{ ...range('lr', '0.0001', '0.1'), ScalingType: 'Logarithmic' }],
        CategoricalParameterRanges: [{ Name: 'batch-size', Values: ['16', '32', '64'] }],
      },
      RandomSeed: 1,
    },
  });
  return client;
}
