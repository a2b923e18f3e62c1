import type { CreateHyperParameterTuningJobCommandInput } from '@aws-sdk/client-sagemaker';
import { longestTuningName, timedTuningName } from '../aws/names.js';
import { UserError } from '../core/errors.js';
import { estimateTuning, type SearchLimits } from '../costs/estimate.js';
import { tuningRequest } from '../jobs/tuningRequest.js';
import type { TuningJob } from '../project/jobs.js';
import { trialsOf } from '../project/tuningFaults.js';
import { nameGate } from './gates.js';
import { type JobLaunch, planJob } from './planJob.js';
import type { Session } from './session.js';
import { objectiveGate, searchGate } from './tuningGates.js';

export type TuningLaunch = JobLaunch<CreateHyperParameterTuningJobCommandInput>;

/**
 * What a launch of the tuning job `jobs.<name>` would do.
 * @param scratch folder for the source archive
 * @param fallbackRole used when the project file names none
 */
export async function planTuning(
  session: Session,
  name: string,
  scratch: string,
  fallbackRole: string | undefined,
  signal: AbortSignal,
): Promise<TuningLaunch> {
  const job = session.project.jobs[name];
  if (job?.kind !== 'tuning') throw new UserError(`There is no tuning job "${name}" in sagemaker.jsonc.`);
  const jobName = timedTuningName(session.projectName, name, session.now());
  const kind = {
    name: jobName,
    estimate: estimateTuning(job.instance, limitsOf(job)),
    gates: [nameGate(jobName, longestTuningName), searchGate(job), objectiveGate(job)],
    hyperparameters: job.hyperparameters,
    request: (plan: Parameters<typeof tuningRequest>[0]) => tuningRequest(plan, job),
  };
  return planJob(session, name, job, kind, scratch, fallbackRole, signal);
}

/** How long the search of an entry can go on. */
export function limitsOf(job: TuningJob): SearchLimits {
  return { ...job, maxJobs: trialsOf(job) };
}
