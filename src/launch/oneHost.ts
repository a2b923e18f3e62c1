import * as v from 'valibot';
import { projectFileName } from '../project/read.js';
import type { RunRecord } from './runRecord.js';

/** What makes two CreateTrainingJob inputs the same work, as far as their instances go. */
const Request = v.object({
  AlgorithmSpecification: v.object({ TrainingImage: v.optional(v.string()) }),
  HyperParameters: v.record(v.string(), v.string()),
  InputDataConfig: v.array(v.unknown()),
  ResourceConfig: v.object({ InstanceType: v.string(), InstanceCount: v.number() }),
  Environment: v.optional(v.record(v.string(), v.string())),
});

/** Those that a run has of its own, the address of its source, which is compared by its files, and how ranks are started. */
const ofTheRun = ['sagemaker_job_name', 'sagemaker_submit_directory', 'sagemaker_torch_distributed_enabled'];

/**
 * The newest completed run that did on one host what this one did on several: the same files, data, hyperparameters,
 * image, environment and instance type, of whichever entry. By the records alone: Describe tells addresses of data, and
 * not whether the same was there.
 * @param all the newest first, of the same cloud
 */
export function runOnOneHost(record: RunRecord, all: readonly RunRecord[]): RunRecord | undefined {
  const wanted = workOf(record);
  return (
    wanted &&
    all.find((one) => {
      const work = one.outcome === 'Completed' && workOf(one);
      return work && work.hosts === 1 && work.work === wanted.work && one.results.billableSeconds !== undefined;
    })
  );
}

function workOf({ requests, source, data }: RunRecord): { readonly hosts: number; readonly work: string } | undefined {
  const { success, output } = v.safeParse(Request, requests['CreateTrainingJob']);
  if (!success || !source) return undefined;
  const { AlgorithmSpecification, HyperParameters, InputDataConfig, ResourceConfig, Environment } = output;
  const hyperparameters = Object.entries(HyperParameters).filter(([name]) => !ofTheRun.includes(name));
  const work = JSON.stringify([
    AlgorithmSpecification.TrainingImage,
    hyperparameters,
    InputDataConfig,
    data,
    Environment,
    ResourceConfig.InstanceType,
    // The number of hosts is in the project file, which is shipped with the source.
    source.files.filter((file) => file.path !== projectFileName),
  ]);
  return { hosts: ResourceConfig.InstanceCount, work };
}
