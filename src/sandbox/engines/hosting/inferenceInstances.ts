import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { frameworkImage, imageRefusal } from '../../../container/images.js';
import {
  invocationSeconds,
  startupTimeoutSeconds,
  workerCount,
  workerTimeoutSeconds,
} from '../../../container/inferenceEnvironment.js';
import { downloadFailed, failureReason, logGroup, logStream } from '../../../container/inferenceMessages.js';
import type { LogSink } from '../../services/ports.js';
import type { Objects, StoredObject } from '../../store/objects.js';
import type { InstanceFactory } from './endpoints.js';
import type { EndpointSpec, ModelSpec, VariantSpec } from '../hosting.js';
import { ModelContainer } from './inferenceContainer.js';
import { ModelServer } from './modelServer.js';
import { CappedLog } from '../process/cappedLog.js';
import { findRuntime, type Machine } from '../process/container.js';
import { removeFolder } from '../process/removeFolder.js';
import { parseS3Uri } from '../process/s3Uri.js';

/** Times and sizes that no model can change. */
export interface HostingLimits {
  readonly invocationMs: number;
  readonly queueLength: number;
  readonly restartMs: readonly number[];
  readonly stopMs: number;
}

export const hostingLimits: HostingLimits = {
  invocationMs: invocationSeconds * 1000,
  queueLength: 100,
  restartMs: [0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000],
  stopMs: 10_000,
};

export interface HostingDependencies extends Machine {
  readonly objects: Objects;
  readonly logs: LogSink;
  readonly limits?: HostingLimits;
}

/** Instances that are processes on this machine: a folder each, workers that share it, and a log stream. */
export class InferenceInstances implements InstanceFactory {
  constructor(private readonly dependencies: HostingDependencies) {}

  fingerprint({ model, instanceType }: VariantSpec): string {
    const { image, environment, dataUrl } = model;
    if (!frameworkImage(image, 'inference')) throw new Error(failureReason(imageRefusal(image, 'inference')));
    return JSON.stringify([image, environment, dataUrl, this.archive(model)?.etag, instanceType]);
  }

  async sweep(endpoint: string): Promise<void> {
    await removeFolder(this.dependencies.folders.endpoint(endpoint));
  }

  async create(endpoint: EndpointSpec, { name, model, instanceType }: VariantSpec): Promise<ModelServer> {
    const { folders, logs, limits = hostingLimits } = this.dependencies;
    const id = `i-0${randomBytes(8).toString('hex')}`;
    const log = new CappedLog(logs, logGroup(endpoint.name), logStream(name, id));
    const runtime = await findRuntime(this.dependencies);
    const folder = path.join(folders.endpoint(endpoint.name), id);
    const container = new ModelContainer({ runtime, model, folder, log });
    try {
      await container.prepare(this.archive(model));
    } catch (error) {
      await container.dispose();
      throw error;
    }
    return new ModelServer(container, {
      ...limits,
      workers: workerCount(model.environment, instanceType, availableParallelism()),
      workerMs: workerTimeoutSeconds(model.environment) * 1000,
      startupMs: startupTimeoutSeconds(model.environment) * 1000,
      say: (line) => log.append([`[sagemaker-sandbox] ${line}`]),
    });
  }

  /** @throws {Error} with the FailureReason, when there is no such object. */
  private archive({ dataUrl }: ModelSpec): StoredObject | undefined {
    if (dataUrl === undefined) return undefined;
    const { bucket, key } = parseS3Uri(dataUrl);
    const found = this.dependencies.objects.get(bucket, key);
    if (!found) throw new Error(failureReason(downloadFailed(dataUrl)));
    return found;
  }
}
