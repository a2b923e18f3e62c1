import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SageMakerClient, StopTrainingJobCommand } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentAlone } from '../../src/sandbox/engines/process/isolation.js';
import { unpackTarGz } from '../support/archives.js';
import { SandboxProcess } from '../support/sandboxProcess.js';
import { TrainingBench } from '../support/trainingBench.js';
import { TrainingJobs } from '../support/trainingJobs.js';

let sandbox: SandboxProcess;
let jobs: TrainingJobs;
beforeAll(async () => {
  sandbox = await SandboxProcess.start();
  jobs = new TrainingJobs(sandbox);
});
afterAll(() => sandbox.stop());

/** `meet()` resolves on every host when all of them have reached each other, at one port on the address of each. */
const meeting = `
import json, os, socket, time

hosts = json.loads(os.environ["SM_HOSTS"])
me = os.environ["SM_CURRENT_HOST"]

def reach(host, port):
    while True:
        try:
            return socket.create_connection((host, port))
        except ConnectionRefusedError:
            time.sleep(0.05)

def meet(port=5000):
    server = socket.create_server((me, port), backlog=len(hosts))
    for host in hosts:
        with reach(host, port) as connection:
            connection.sendall(me.encode())
    names = []
    for _ in hosts:
        connection, _ = server.accept()
        names.append(connection.makefile().read())
    return sorted(names)
`;

const training = (script: string) => ({ 'train.py': script, 'meeting.py': meeting });

describe('a job on several hosts', () => {
  test('runs them at one time, each with a name, an address and a /opt/ml of its own', async () => {
    const script = `
import json, os, socket
from meeting import hosts, me, meet
met = meet()
seen = {
    "met": met, "hosts": hosts, "name": socket.gethostname(), "address": socket.gethostbyname(me),
    "resources": json.load(open("/opt/ml/input/config/resourceconfig.json")), "before": os.listdir("/opt/ml/model"),
    "master": socket.gethostbyname(os.environ["MASTER_ADDR"]), "port": os.environ["MASTER_PORT"],
    "interfaces": [os.environ[name] for name in ("SM_NETWORK_INTERFACE_NAME", "NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME")],
}
json.dump(seen, open(f"/opt/ml/model/{me}.json", "w"))
open(f"/opt/ml/output/data/{me}.txt", "w").write(me)
print("loss=0.5")
`;
    const job = await jobs.run(3, training(script), {
      AlgorithmSpecification: {
        TrainingImage: '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.6.0-cpu-py312',
        TrainingInputMode: 'File',
        MetricDefinitions: [{ Name: 'loss', Regex: 'loss=([0-9.]+)' }],
      },
    });
    const name = job.TrainingJobName!;
    expect(job, job.FailureReason).toMatchObject({ TrainingJobStatus: 'Completed' });
    expect(job.FinalMetricDataList).toMatchObject([{ MetricName: 'loss', Value: 0.5 }]);

    const hosts = ['algo-1', 'algo-2', 'algo-3'];
    const files = await jobs.archive(name);
    expect(Object.keys(files)).toEqual(hosts.map((host) => `${host}.json`));
    const seen = Object.values(files).map((text) => JSON.parse(text) as Record<string, unknown>);
    for (const [index, host] of hosts.entries()) {
      expect(seen[index]).toMatchObject({ met: hosts, hosts, name: host, before: [], port: seen[0]!['port'] });
      expect(seen[index]).toMatchObject({ resources: { current_host: host, hosts }, interfaces: ['lo', 'lo', 'lo'] });
      expect(seen[index]!['master']).toBe(seen[0]!['address']);
    }
    expect(new Set(seen.map(({ address }) => address)).size).toBe(3);
    expect(await jobs.archive(name, 'output')).toEqual(Object.fromEntries(hosts.map((host) => [`${host}.txt`, host])));

    const streams = await jobs.streams(name);
    expect(Object.keys(streams)).toEqual(hosts.map((host) => expect.stringMatching(`^${host}-\\d{10}$`) as string));
    for (const lines of Object.values(streams)) expect(lines).toContain('loss=0.5');
  });

  test('takes as many hosts as are asked for, however few processors there are; two jobs do not wait for each other', async () => {
    const script = 'from meeting import me, meet\nprint("met", len(meet()))\n';
    const names = await Promise.all([jobs.start(8, training(script)), jobs.start(3, training(script))]);
    for (const [index, count] of [8, 3].entries()) {
      const job = await jobs.ended(names[index]!);
      expect(job, job.FailureReason).toMatchObject({ TrainingJobStatus: 'Completed' });
      const logs = Object.values(await jobs.logs(names[index]!));
      expect(logs).toHaveLength(count);
      for (const lines of logs) expect(lines).toContain(`met ${count}`);
    }
  });

  test('gives every host all objects, or each its part where the channel is sharded', async () => {
    await jobs.start(1, { 'train.py': '' }).then((name) => jobs.ended(name)); // makes the bucket
    for (const key of ['a.txt', 'b/c.txt', 'd.txt', 'e.txt', 'f.txt']) {
      await jobs.s3.send(new PutObjectCommand({ Bucket: 'jobs', Key: `data/${key}`, Body: key }));
    }
    const script = `
import json, os
def files(channel):
    folder = os.environ["SM_CHANNEL_" + channel]
    return sorted(os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names)
config = json.load(open("/opt/ml/input/config/inputdataconfig.json"))
json.dump([files("ALL"), files("PART"), files("ONE"), config["part"]["S3DistributionType"]], open(f"/opt/ml/model/{os.environ['SM_CURRENT_HOST']}", "w"))
`;
    const channel = (
      ChannelName: string,
      S3Uri: string,
      S3DataDistributionType: 'FullyReplicated' | 'ShardedByS3Key',
    ) => ({
      ChannelName,
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix' as const, S3Uri, S3DataDistributionType } },
    });
    const job = await jobs.run(
      2,
      { 'train.py': script },
      {
        InputDataConfig: [
          channel('all', 's3://jobs/data/', 'FullyReplicated'),
          channel('part', 's3://jobs/data/', 'ShardedByS3Key'),
          channel('one', 's3://jobs/data/a.txt', 'ShardedByS3Key'),
        ],
      },
    );
    expect(job, job.FailureReason).toMatchObject({ TrainingJobStatus: 'Completed' });
    const all = ['a.txt', 'b/c.txt', 'd.txt', 'e.txt', 'f.txt'];
    const seen = await jobs.archive(job.TrainingJobName!);
    expect(JSON.parse(seen['algo-1']!)).toEqual([all, ['a.txt', 'd.txt', 'f.txt'], ['a.txt'], 'ShardedByS3Key']);
    expect(JSON.parse(seen['algo-2']!)).toEqual([all, ['b/c.txt', 'e.txt'], [], 'ShardedByS3Key']);
  });

  test('keeps the first host’s file where several have written one name, and says which', async () => {
    const script = `
import os
me = os.environ["SM_CURRENT_HOST"]
open("/opt/ml/model/model.pth", "w").write("weights of " + me)
open("/opt/ml/model/labels.json", "w").write("[]")
os.mkdir("/opt/ml/model/only-" + me)
open("/opt/ml/model/only-" + me + "/x", "w").write(me)
`;
    const job = await jobs.run(2, { 'train.py': script });
    expect(await jobs.archive(job.TrainingJobName!)).toEqual({
      'labels.json': '[]',
      'model.pth': 'weights of algo-1',
      'only-algo-1/x': 'algo-1',
      'only-algo-2/x': 'algo-2',
    });
    const { 'algo-1': lines = [] } = await jobs.logs(job.TrainingJobName!);
    expect(lines.filter((line) => line.includes('was written by'))).toEqual([
      '[sagemaker-sandbox] model/labels.json was written by algo-1, algo-2, with the same bytes: that of algo-1 is taken.',
      '[sagemaker-sandbox] model/model.pth was written by algo-1, algo-2, with different bytes: that of algo-1 is taken.',
    ]);
  });
});

describe('hosts that do not reach the end', () => {
  test('the first that fails ends the job, with its reason and its name', async () => {
    const script = `
import time
from meeting import me, meet
meet()
if me == "algo-2":
    raise ValueError("no data for me")
time.sleep(600)
`;
    const job = await jobs.run(3, training(script));
    expect(job.TrainingJobStatus).toBe('Failed');
    expect(job.FailureReason).toMatch(/^AlgorithmError: ExecuteUserScriptError:\nExitCode 1\n.*no data for me/s);
    expect(job.FailureReason).toMatch(/, exit code: 1\. The first of 3 hosts to fail was algo-2\.$/);
    const { 'algo-1': lines = [] } = await jobs.logs(job.TrainingJobName!);
    expect(lines).toContain('[sagemaker-sandbox] Ended, because algo-2 has failed.');
  });

  test('one that is killed is reported as SageMaker reports it', async () => {
    const name = await jobs.start(
      2,
      training('import time\nfrom meeting import meet\nmeet()\nprint("all have met")\ntime.sleep(600)\n'),
    );
    await jobs.logged(name, 'all have met', 2);
    process.kill(scriptOf(name, 'algo-2'), 'SIGKILL');
    const { FailureReason } = await jobs.ended(name);
    expect(FailureReason).toContain('ExitCode 137');
    expect(FailureReason).toContain('The first of 2 hosts to fail was algo-2.');
  });

  test('one that never joins: the others’ own patience ends the job', async () => {
    const script = `
import socket, time
from meeting import me
if me == "algo-2":
    time.sleep(600)
server = socket.create_server((me, 5000))
server.settimeout(1)
server.accept()
`;
    const { FailureReason } = await jobs.run(2, training(script));
    expect(FailureReason).toContain('TimeoutError: timed out');
    expect(FailureReason).toContain('The first of 2 hosts to fail was algo-1.');
  });

  test('one that never joins, and nobody minds: the longest running time ends them all', async () => {
    const script = `
import signal, sys, time
from meeting import me, meet
def leave(*_):
    open(f"/opt/ml/model/{me}", "w").write("told")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
time.sleep(600) if me == "algo-2" else meet()
`;
    const job = await jobs.run(2, training(script), { StoppingCondition: { MaxRuntimeInSeconds: 2 } });
    expect(job).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'MaxRuntimeExceeded' });
    expect(await jobs.archive(job.TrainingJobName!)).toEqual({ 'algo-1': 'told', 'algo-2': 'told' });
  });

  test('a stop reaches every host, and what each has saved is kept', async () => {
    const script = `
import signal, sys, time
from meeting import me, meet
def save(*_):
    time.sleep(0.2 if me == "algo-1" else 0)
    open(f"/opt/ml/model/{me}", "w").write("saved")
    sys.exit(1)
signal.signal(signal.SIGTERM, save)
meet()
print("all have met")
time.sleep(600)
`;
    const TrainingJobName = await jobs.start(3, training(script));
    await jobs.logged(TrainingJobName, 'all have met', 3);
    await new SageMakerClient(sandbox.clientConfig).send(new StopTrainingJobCommand({ TrainingJobName }));
    expect(await jobs.ended(TrainingJobName)).toMatchObject({ TrainingJobStatus: 'Stopped' });
    // The first that has ended did not take the others with it.
    expect(Object.keys(await jobs.archive(TrainingJobName))).toEqual(['algo-1', 'algo-2', 'algo-3']);
  });
});

/** The process of a host's script, on this machine. */
function scriptOf(job: string, host: string): number {
  const pid = readdirSync('/proc').find((entry) => {
    try {
      const environment = readFileSync(`/proc/${entry}/environ`, 'utf8').split('\0');
      const ours = environment.includes(`TRAINING_JOB_NAME=${job}`) && environment.includes(`SM_CURRENT_HOST=${host}`);
      return ours && readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes('\0train.py\0');
    } catch {
      return false; // No process, or one that has just ended.
    }
  });
  if (pid === undefined) throw new Error(`No process of ${host} is running.`);
  return Number(pid);
}

describe('torchrun', () => {
  const distributed = { HyperParameters: { sagemaker_torch_distributed_enabled: 'true', epochs: '2' } };

  test('tells every rank what torchrun tells it, and shows its command', async () => {
    const script = `
import json, os, sys
names = [name for name in os.environ if name.startswith(("TORCHELASTIC", "GROUP_", "ROLE_")) or name.endswith(("RANK", "WORLD_SIZE")) or name.startswith("MASTER_")]
json.dump({**{name: os.environ[name] for name in names}, "argv": sys.argv}, open(f"/opt/ml/model/{os.environ['RANK']}", "w"))
`;
    const job = await jobs.run(2, { 'train.py': script }, distributed);
    expect(job, job.FailureReason).toMatchObject({ TrainingJobStatus: 'Completed' });
    const ranks = Object.values(await jobs.archive(job.TrainingJobName!)).map(
      (text) => JSON.parse(text) as Record<string, unknown>,
    );
    const port = ranks[0]!['MASTER_PORT'];
    for (const [index, rank] of ranks.entries()) {
      expect(rank).toEqual({
        ...{ RANK: String(index), LOCAL_RANK: '0', WORLD_SIZE: '2', LOCAL_WORLD_SIZE: '1', GROUP_RANK: String(index) },
        ...{ GROUP_WORLD_SIZE: '2', ROLE_RANK: String(index), ROLE_WORLD_SIZE: '2', ROLE_NAME: 'default' },
        ...{ MASTER_ADDR: 'algo-1', MASTER_PORT: port, TORCHELASTIC_RESTART_COUNT: '0' },
        ...{ TORCHELASTIC_MAX_RESTARTS: '0', TORCHELASTIC_RUN_ID: 'none', TORCHELASTIC_USE_AGENT_STORE: 'False' },
        argv: ['train.py', '--epochs', '2'],
      });
    }
    const { 'algo-2': lines = [] } = await jobs.logs(job.TrainingJobName!);
    const command = `torchrun --nnodes 2 --nproc_per_node 1 --master_addr algo-1 --master_port ${String(port)} --node_rank 1`;
    expect(lines).toContain(`${command} train.py --epochs 2`);
  });

  test('refuses what is no Python script, as the toolkit does', async () => {
    const job = await jobs.run(
      2,
      { 'run.sh': 'true' },
      {
        HyperParameters: { ...distributed.HyperParameters, sagemaker_program: 'run.sh' },
      },
    );
    expect(job.FailureReason).toMatch(
      /^AlgorithmError: Unsupported entry point type for torch_distributed, exit code: 1/,
    );
  });

  test('two jobs at once: each finds its own ranks, and only those', async () => {
    const script = `
import argparse, datetime, torch, torch.distributed as dist
parser = argparse.ArgumentParser()
parser.add_argument("--epochs")
parser.add_argument("--number", type=int)
number = parser.parse_args().number
dist.init_process_group("gloo", timeout=datetime.timedelta(seconds=90))
total = torch.tensor([float(number + dist.get_rank())])
dist.all_reduce(total)
print("total", int(total))
dist.barrier()
`;
    const started = [10, 1000].map((number) =>
      jobs.start(
        2,
        { 'train.py': script },
        {
          HyperParameters: { ...distributed.HyperParameters, number: String(number) },
        },
      ),
    );
    for (const [index, name] of (await Promise.all(started)).entries()) {
      const job = await jobs.ended(name);
      expect(job, job.FailureReason).toMatchObject({ TrainingJobStatus: 'Completed' });
      for (const lines of Object.values(await jobs.logs(name))) expect(lines).toContain(`total ${[21, 2001][index]}`);
    }
  });
});

describe('on a machine with GPUs', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'gpus-'));
  const PATH = process.env['PATH'];
  beforeAll(() => {
    const cards = Array.from({ length: 5 }, (_, index) => `echo "GPU ${index}: a card (UUID: GPU-${index})"`);
    writeFileSync(path.join(folder, 'nvidia-smi'), `#!/bin/sh\n${cards.join('\n')}\n`, { mode: 0o755 });
    process.env['PATH'] = `${folder}:${PATH}`;
  });
  afterAll(() => {
    process.env['PATH'] = PATH;
    rmSync(folder, { recursive: true });
  });

  const hyperparameters = { sagemaker_torch_distributed_enabled: 'true' };
  const instance = { type: 'ml.g4dn.12xlarge', count: 2 };

  test('each host has its part of them, and a rank for each', async () => {
    const bench = new TrainingBench();
    const script = `
import json, os
seen = [os.environ[name] for name in ("SM_CURRENT_HOST", "LOCAL_RANK", "WORLD_SIZE", "CUDA_VISIBLE_DEVICES", "SM_NUM_GPUS")]
json.dump(seen, open("/opt/ml/model/" + os.environ["RANK"], "w"))
`;
    const { outcome } = await bench.run(await bench.spec(script, { instance, hyperparameters }));
    expect(outcome, bench.lines().join('\n')).toEqual({ status: 'Completed' });
    const files = await unpackTarGz(bench.object('out/job-1/output/model.tar.gz'));
    expect(
      Object.fromEntries(Object.entries(files).map(([name, text]) => [name, JSON.parse(text) as unknown])),
    ).toEqual({
      0: ['algo-1', '0', '4', '0,1', '2'],
      1: ['algo-1', '1', '4', '0,1', '2'],
      2: ['algo-2', '0', '4', '2,3', '2'],
      3: ['algo-2', '1', '4', '2,3', '2'],
    });
    await bench.close();
  });

  test('a rank that fails takes the others of its host with it, and the job', async () => {
    const bench = new TrainingBench();
    const script = 'import os, time\nif os.environ["RANK"] == "3":\n    raise ValueError("rank 3")\ntime.sleep(600)\n';
    const { outcome } = await bench.run(await bench.spec(script, { instance, hyperparameters }));
    expect(outcome).toMatchObject({
      status: 'Failed',
      reason: expect.stringContaining('ValueError: rank 3') as string,
    });
    await bench.close();
  });
});

test('without a launcher a script may make the group itself, of hosts, names and the image’s variables', async () => {
  const script = `
import json, os, torch, torch.distributed as dist
hosts = json.loads(os.environ["SM_HOSTS"])
dist.init_process_group("gloo", rank=hosts.index(os.environ["SM_CURRENT_HOST"]), world_size=len(hosts))
total = torch.tensor([float(dist.get_rank() + 1)])
dist.all_reduce(total)
print("total", int(total), "RANK" in os.environ)
dist.barrier()
`;
  const job = await jobs.run(3, { 'train.py': script });
  expect(job, job.FailureReason).toMatchObject({ TrainingJobStatus: 'Completed' });
  const logs = Object.values(await jobs.logs(job.TrainingJobName!));
  expect(logs).toHaveLength(3);
  for (const lines of logs) expect(lines).toContain('total 6 False');
});

test('where no namespace can be had, hosts find each other at the master’s address', async () => {
  const bench = new TrainingBench({ isolation: Promise.resolve(environmentAlone) });
  const script = `
import os, socket, time
me, address = os.environ["SM_CURRENT_HOST"], (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
if me == "algo-1":
    connection, _ = socket.create_server(address).accept()
    open(os.environ["SM_MODEL_DIR"] + "/heard", "w").write(connection.makefile().read())
while me == "algo-2":
    try:
        socket.create_connection(address).sendall(me.encode())
        break
    except ConnectionRefusedError:
        time.sleep(0.05)
`;
  const { outcome } = await bench.run(await bench.spec(script, { instance: { type: 'ml.m5.large', count: 2 } }));
  expect(outcome, bench.lines().join('\n')).toEqual({ status: 'Completed' });
  expect(await unpackTarGz(bench.object('out/job-1/output/model.tar.gz'))).toEqual({ heard: 'algo-2' });
  await bench.close();
});
