import type { CreateTrainingJobCommandInput } from '@aws-sdk/client-sagemaker';
import { timedName } from '../aws/names.js';
import { UserError } from '../core/errors.js';
import { estimateTraining } from '../costs/estimate.js';
import { trainingRequest } from '../jobs/trainingRequest.js';
import { nameGate } from './gates.js';
import { type JobLaunch, planJob } from './planJob.js';
import type { Session } from './session.js';
import { hyperparametersOf } from './winner.js';

export type TrainingLaunch = JobLaunch<CreateTrainingJobCommandInput>;

/**
 * What a launch of the training job `jobs.<name>` would do.
 * @param scratch folder for the source archive
 * @param fallbackRole used when the project file names none
 * @param tuningJob whose best trial `{ "from": … }` takes, instead of the newest one's of that entry
 * @throws {UserError} when it is to take the hyperparameters of a search that has no best trial
 */
export async function planTraining(
  session: Session,
  name: string,
  scratch: string,
  fallbackRole: string | undefined,
  signal: AbortSignal,
  tuningJob?: string,
): Promise<TrainingLaunch> {
  const job = session.project.jobs[name];
  if (job?.kind !== 'training') throw new UserError(`There is no training job "${name}" in sagemaker.jsonc.`);
  const { hyperparameters, gates } = await hyperparametersOf(session, job, tuningJob);
  const jobName = timedName(`${session.projectName}-${name}`, session.now());
  const kind = {
    name: jobName,
    estimate: estimateTraining(job.instance, job.maxRuntime),
    gates: [nameGate(jobName), ...gates],
    hyperparameters,
    request: trainingRequest,
  };
  return planJob(session, name, job, kind, scratch, fallbackRole, signal);
}
