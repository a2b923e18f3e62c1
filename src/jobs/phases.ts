import type { TrainingJobDetail } from '../aws/gateways/trainingJobs.js';

/**
 * The seconds in which a job's script ran: its phase `Training`, of which a spot job has one for each time that it was
 * given instances. Undefined as long as it is not over, and where there was none.
 */
export function secondsInTraining({ phases }: Pick<TrainingJobDetail, 'phases'>): number | undefined {
  const training = phases.filter(({ status }) => status === 'Training');
  const milliseconds = training.reduce((sum, { start, end }) => sum + (end ? end.getTime() - start.getTime() : NaN), 0);
  return training.length > 0 && !Number.isNaN(milliseconds) ? milliseconds / 1000 : undefined;
}
