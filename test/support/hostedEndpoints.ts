import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { realTime } from '../../src/sandbox/clock.js';
import { HostedEndpoints } from '../../src/sandbox/engines/hosting/endpoints.js';
import type { EndpointSpec, Invocation, ModelSpec, VariantSpec } from '../../src/sandbox/engines/hosting.js';
import {
  type HostingLimits,
  hostingLimits,
  InferenceInstances,
} from '../../src/sandbox/engines/hosting/inferenceInstances.js';
import { findIsolation, type Isolation } from '../../src/sandbox/engines/process/isolation.js';
import { Folders } from '../../src/sandbox/settings.js';
import { ObjectFiles } from '../../src/sandbox/store/objectFiles.js';
import { Store } from '../../src/sandbox/store/store.js';
import { type Files, tarGz } from './archives.js';
import { inferenceImage } from './images.js';
import { interpreters } from './interpreters.js';

interface Choices {
  readonly random: () => number;
  readonly environment: NodeJS.ProcessEnv;
  readonly isolation: Promise<Isolation>;
}

/** A hosting engine on a data folder of its own, with real processes, and what it wrote to logs and metrics. */
export class Hosting {
  readonly logs = new Map<string, string[]>();
  readonly metrics: { namespace: string; dimensions: Readonly<Record<string, string>>; name: string; value: number }[] =
    [];

  private constructor(
    readonly folder: string,
    readonly objects: ObjectFiles,
    private readonly store: Store,
    readonly engine: HostedEndpoints,
  ) {}

  static async start(options: Partial<HostingLimits & Choices> = {}) {
    const folder = await mkdtemp(path.join(tmpdir(), 'hosting-'));
    const { random = Math.random, environment = process.env, isolation = findIsolation(folder), ...limits } = options;
    const folders = new Folders(folder);
    const store = new Store(folders.database());
    const objects = new ObjectFiles(store, folders.objects());
    objects.buckets.put('models', { name: 'models', created: new Date(), versioning: undefined, tags: [] });
    const settings = { account: '123456789012', region: 'us-east-1', dataDir: folder, python: undefined };
    const instances = new InferenceInstances({
      ...{ settings, folders, isolation, environment, objects },
      interpreters: interpreters('/usr/bin/python3'),
      endpoint: () => 'http://127.0.0.1:1',
      resources: path.resolve('resources'),
      logs: {
        append: (group, stream, lines) =>
          hosting.append(
            group,
            stream,
            lines.map(({ message }) => message),
          ),
      },
      limits: { ...hostingLimits, restartMs: [0], ...limits },
    });
    const engine = new HostedEndpoints({
      settings,
      instances,
      clock: realTime,
      random,
      metrics: {
        record: (namespace, dimensions, name, value) =>
          void hosting.metrics.push({ namespace, dimensions, name, value }),
      },
    });
    const hosting = new Hosting(folder, objects, store, engine);
    return hosting;
  }

  /** Puts files as `s3://models/<name>.tar.gz` and returns the model that is made of them. */
  async model(name: string, files: Files, environment: Record<string, string> = {}) {
    await this.objects.put('models', `${name}.tar.gz`, await tarGz(files));
    return this.modelAt(`s3://models/${name}.tar.gz`, environment);
  }

  modelAt(dataUrl: string | undefined, environment: Record<string, string> = {}): ModelSpec {
    const keys = {
      accessKeyId: 'ASIAROLE',
      secretAccessKey: 'role',
      sessionToken: 'role',
      expires: new Date(Date.now() + 3.6e6),
    };
    return {
      name: 'model',
      image: inferenceImage,
      dataUrl,
      environment: { SAGEMAKER_MODEL_SERVER_WORKERS: '1', ...environment },
      keys: () => keys,
    };
  }

  async deploy(name: string, model: ModelSpec, variant: Partial<VariantSpec> = {}): Promise<void> {
    await this.engine.apply(endpoint(name, { name: 'AllTraffic', model, ...variant }));
  }

  async invoke(name: string, body: string | Uint8Array = '', more: Partial<Invocation> = {}) {
    const answer = await this.engine.invoke(name, invocation(body, more));
    return { ...answer, text: new TextDecoder().decode(answer.body) };
  }

  /** Everything that the endpoint's instances printed. */
  log(name: string): string {
    return [...this.logs]
      .flatMap(([key, lines]) => (key.startsWith(`/aws/sagemaker/Endpoints/${name}:`) ? lines : []))
      .join('\n');
  }

  async close(): Promise<void> {
    await this.engine.close();
    this.store.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private append(group: string, stream: string, messages: readonly string[]): void {
    const key = `${group}:${stream}`;
    this.logs.set(key, [...(this.logs.get(key) ?? []), ...messages]);
  }
}

export function endpoint(
  name: string,
  ...variants: (Partial<VariantSpec> & Pick<VariantSpec, 'name' | 'model'>)[]
): EndpointSpec {
  return {
    name,
    region: 'us-east-1',
    variants: variants.map((variant) => ({ instanceType: 'ml.m5.large', instanceCount: 1, weight: 1, ...variant })),
  };
}

function invocation(body: string | Uint8Array = '', more: Partial<Invocation> = {}): Invocation {
  return {
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    contentType: 'application/json',
    accept: undefined,
    customAttributes: undefined,
    targetVariant: undefined,
    signal: new AbortController().signal,
    ...more,
  };
}
