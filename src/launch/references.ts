import type { Connection } from '../aws/connection.js';
import { UserError } from '../core/errors.js';
import type { Endpoint } from '../project/project.js';
import { isOn, type RunRecord } from './runRecord.js';

/**
 * The S3 address of an endpoint's model. `"from": "jobs.best"` is the model of that job's last completed run on the same
 * cloud: a rehearsed model is not in AWS, and one of another account cannot be read.
 * @param runs newest first
 */
export function resolveModel(
  model: Endpoint['model'],
  runs: readonly RunRecord[],
  connection: Pick<Connection, 'profile' | 'account' | 'region'>,
): string {
  if ('data' in model) return model.data;
  const run = runs.find(
    (record) =>
      record.entry === model.from &&
      record.outcome === 'Completed' &&
      record.results.model !== undefined &&
      isOn(record, connection),
  );
  if (run?.results.model === undefined) {
    const { account, region } = connection;
    throw new UserError(`${model.from} has no completed run in account ${account}, ${region}: launch it first.`);
  }
  return run.results.model;
}
