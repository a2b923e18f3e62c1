import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import {
  CreateFunctionCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  GetProvisionedConcurrencyConfigCommand,
  InvokeCommand,
  LambdaClient,
  PublishVersionCommand,
  PutProvisionedConcurrencyConfigCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { repository, type SandboxProcess } from '../support/sandboxProcess.js';
import { zip } from '../support/zips.js';
import { figure, median } from './figures.js';
import { RawClient, sign } from './rawClient.js';

const file = path.join(repository, 'test', 'bench', 'handler.py');
const event = { url: 'https://example.com/dog.jpg' };
const rounds = 15;

/** Invocations of a handler that does nothing: the first of an environment, the later ones, and many at a time. */
export async function functions(sandbox: SandboxProcess): Promise<void> {
  const client = new LambdaClient(sandbox.clientConfig);
  const FunctionName = 'bench';
  await createFunction(client, FunctionName, await role(new IAMClient(sandbox.clientConfig)));
  const raw = new RawClient();
  const signed = async (Qualifier?: string) => {
    const command = new InvokeCommand({
      FunctionName,
      Payload: JSON.stringify(event),
      ...(Qualifier && { Qualifier }),
    });
    return sign(new LambdaClient(sandbox.clientConfig), command);
  };

  await raw.send(await signed()); // The sandbox's first child: which Python it is has to be found out.
  const bareStarts: number[] = [];
  const cold: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // Another revision has no environment yet.
    const Environment = { Variables: { ROUND: String(round) } };
    await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment }));
    await waitUntilFunctionUpdatedV2({ client, maxWaitTime: 30, minDelay: 1 }, { FunctionName });
    cold.push(await raw.send(await signed()));
    const bare = new BareHandler();
    bareStarts.push(await bare.ask());
    bare.end();
  }
  percentiles('a cold invocation, ms', cold, 'bare python3', bareStarts);

  const request = await signed();
  const bare = new BareHandler();
  const [warm, lines]: [number[], number[]] = [[], []];
  for (let call = 0; call < 1200; call++) {
    const [ours, theirs] = [await raw.send(request), await bare.ask()];
    // Until both sides run compiled code.
    if (call < 200) continue;
    warm.push(ours);
    lines.push(theirs);
  }
  bare.end();
  percentiles('a warm invocation, ms', warm, 'bare handler', lines);

  percentiles('first of a provisioned environment, ms', await provisioned(client, FunctionName, raw, signed));

  for (const together of [1, 8, 32]) {
    const send = () => raw.send(request);
    await Promise.all(Array.from({ length: together }, send)); // An environment for each.
    figure(`invocations/s, ${together} at a time`, await perSecond(together, send));
  }
  raw.close();
}

async function provisioned(
  client: LambdaClient,
  FunctionName: string,
  raw: RawClient,
  signed: (qualifier: string) => ReturnType<typeof sign>,
): Promise<number[]> {
  const { Version: Qualifier = '' } = await client.send(new PublishVersionCommand({ FunctionName }));
  const target = { FunctionName, Qualifier };
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await client.send(new PutProvisionedConcurrencyConfigCommand({ ...target, ProvisionedConcurrentExecutions: 1 }));
    while ((await client.send(new GetProvisionedConcurrencyConfigCommand(target))).Status !== 'READY') {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    times.push(await raw.send(await signed(Qualifier)));
    await client.send(new DeleteProvisionedConcurrencyConfigCommand(target));
  }
  return times;
}

async function perSecond(together: number, send: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  const until = started + 4000;
  let calls = 0;
  const worker = async () => {
    while (performance.now() < until) {
      await send();
      calls++;
    }
  };
  await Promise.all(Array.from({ length: together }, worker));
  return calls / ((performance.now() - started) / 1000);
}

/** The same handler in a bare Python, by lines over a pipe. */
class BareHandler {
  private readonly process = spawn('/usr/bin/python3', [file], { stdio: ['pipe', 'pipe', 'inherit'] });
  private readonly lines = createInterface({ input: this.process.stdout });
  private readonly started = performance.now();
  private asked = false;

  /** Milliseconds; of the first time from the start of the process. */
  async ask(): Promise<number> {
    const from = this.asked ? performance.now() : this.started;
    this.asked = true;
    const answered = once(this.lines, 'line');
    this.process.stdin.write(`${JSON.stringify(event)}\n`);
    await answered;
    return performance.now() - from;
  }

  end(): void {
    this.process.stdin.end();
  }
}

async function role(iam: IAMClient): Promise<string> {
  const Statement = [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }];
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'bench-function', AssumeRolePolicyDocument }));
  return Role!.Arn!;
}

async function createFunction(client: LambdaClient, FunctionName: string, Role: string): Promise<void> {
  await client.send(
    new CreateFunctionCommand({
      ...{ FunctionName, Role, Runtime: 'python3.12', Handler: 'handler.lambda_handler', Timeout: 30 },
      Code: { ZipFile: zip({ 'handler.py': readFileSync(file) }) },
    }),
  );
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 30, minDelay: 1 }, { FunctionName });
}

function percentiles(what: string, times: number[], peer?: string, theirs: number[] = []): void {
  const p99 = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? NaN;
  figure(`${what} p50`, median(times), peer, peer === undefined ? undefined : median(theirs));
  figure(`${what} p99`, p99(times), peer, peer === undefined ? undefined : p99(theirs));
}
