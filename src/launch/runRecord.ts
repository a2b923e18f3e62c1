import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import type { Connection } from '../aws/connection.js';
import { writeFileAtomically } from '../core/atomicFile.js';
import { hasCode } from '../core/errors.js';
import { fileError } from '../core/files.js';
import type { StateFolder } from './stateFolder.js';

/** Everything that went into a run and came out of it, so that it can be compared, repeated and cleaned up. */
const RunRecord = v.object({
  /** Layout of this file. */
  version: v.literal(1),
  id: v.string(),
  /** `jobs.best`, `endpoints.breeds`. */
  entry: v.string(),
  connection: v.object({
    profile: v.optional(v.string()),
    account: v.string(),
    region: v.string(),
    endpoint: v.string(),
  }),
  /** The API inputs by operation, exactly as they were sent. */
  requests: v.record(v.string(), v.unknown()),
  source: v.optional(
    v.object({
      uri: v.string(),
      sha256: v.string(),
      files: v.array(v.object({ path: v.string(), sha256: v.string() })),
    }),
  ),
  data: v.array(
    v.object({
      channel: v.string(),
      uri: v.string(),
      files: v.number(),
      bytes: v.number(),
      /** Over paths and contents (transfer/manifest.ts). */
      sha256: v.string(),
    }),
  ),
  started: v.string(),
  ended: v.optional(v.string()),
  /** The service's last word: `Completed`, `Failed`, `InService`… or `Cancelled`. */
  outcome: v.optional(v.string()),
  failure: v.optional(v.string()),
  results: v.object({
    metrics: v.optional(v.record(v.string(), v.number())),
    /** `s3://…/model.tar.gz` */
    model: v.optional(v.string()),
    billableSeconds: v.optional(v.number()),
    endpoint: v.optional(v.string()),
    /** Of a function: the version that its alias was led to. */
    function: v.optional(v.object({ name: v.string(), alias: v.string(), version: v.string() })),
    /** Of a tuning job: its best trial. `metrics` has its objective then. */
    winner: v.optional(
      v.object({
        /** Name of its training job. */
        trial: v.string(),
        /** All that its script got, searched or not. */
        hyperparameters: v.record(v.string(), v.unknown()),
      }),
    ),
  }),
});
export type RunRecord = v.InferOutput<typeof RunRecord>;

/** What a run has made that is to end, or to stay. */
export function kindOf({ entry, requests }: RunRecord): 'training-job' | 'tuning-job' | 'endpoint' | 'function' {
  if (entry.startsWith('functions.')) return 'function';
  if (entry.startsWith('endpoints.')) return 'endpoint';
  return 'CreateHyperParameterTuningJob' in requests ? 'tuning-job' : 'training-job';
}

/**
 * Whether a run was on this cloud: what was made on another is not here, even when it has the same name. Two profiles of
 * one account see the same resources.
 */
export function isOn({ connection }: RunRecord, { account, region }: Pick<Connection, 'account' | 'region'>): boolean {
  return connection.account === account && connection.region === region;
}

export class RunRecords {
  constructor(private readonly state: StateFolder) {}

  /** Writes the whole record, or leaves the one that was there. */
  async save(record: RunRecord): Promise<void> {
    const text = `${JSON.stringify(record, null, 2)}\n`;
    await writeFileAtomically(this.state.run(record.id), text).catch((error: unknown) => {
      throw fileError(`The record of ${record.id} cannot be written`, error);
    });
  }

  /** All records, the newest first. A file that is none is left alone. */
  async list(): Promise<RunRecord[]> {
    const all = await readdir(this.state.runs()).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
      throw fileError('The records of runs cannot be read', error);
    });
    const files = all.filter((name) => name.endsWith('.json'));
    const texts = await Promise.all(files.map((name) => readFile(path.join(this.state.runs(), name), 'utf8')));
    return texts
      .flatMap((text) => {
        const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), RunRecord), text);
        return parsed.success ? [parsed.output] : [];
      })
      .sort((a, b) => (a.started < b.started ? 1 : -1));
  }
}
