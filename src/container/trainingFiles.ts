import { jsonDumps, dict, type PythonDict, type PythonValue } from './pythonText.js';

/**
 * Where things are below `/opt/ml`. Source: aws/sagemaker-training-toolkit 5.1, environment.py.
 */
export const layout = {
  code: 'code',
  config: 'input/config',
  data: 'input/data',
  model: 'model',
  output: 'output',
  outputData: 'output/data',
  intermediate: 'output/intermediate',
  failure: 'output/failure',
  success: 'output/success',
  checkpoints: 'checkpoints',
} as const;

/** The hosts of a job and which of them this is. */
export interface Cluster {
  readonly currentHost: string;
  readonly hosts: readonly string[];
  readonly instanceType: string;
  readonly networkInterface: string;
}

/** `algo-1`, `algo-2`, …, in SageMaker's order: as text, so `algo-10` comes before `algo-2`. */
export function hostNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `algo-${index + 1}`).sort();
}

/** The name of the only group of instances of a cluster whose instances are all alike. */
export const instanceGroup = 'homogeneousCluster';

/** Content of `resourceconfig.json`; SDK v3's drivers require the instance type and the network interface. */
export function resourceConfig({ currentHost, hosts, instanceType, networkInterface }: Cluster): PythonDict {
  return dict({
    current_host: currentHost,
    current_instance_type: instanceType,
    current_group_name: instanceGroup,
    hosts,
    instance_groups: [dict({ instance_group_name: instanceGroup, instance_type: instanceType, hosts })],
    network_interface_name: networkInterface,
  });
}

export interface ChannelConfig {
  readonly name: string;
  readonly contentType: string | undefined;
  readonly distribution: 'FullyReplicated' | 'ShardedByS3Key';
}

/** Content of `inputdataconfig.json`. */
export function inputDataConfig(channels: readonly ChannelConfig[]): PythonDict {
  const entries = channels.map(({ name, contentType, distribution }): [string, PythonValue] => [
    name,
    dict({
      ...(contentType !== undefined && { ContentType: contentType }),
      TrainingInputMode: 'File',
      S3DistributionType: distribution,
      RecordWrapperType: 'None',
    }),
  ]);
  return new Map(entries);
}

export interface ConfigFiles {
  /** As in the request: every value a string. */
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly channels: readonly ChannelConfig[];
  readonly cluster: Cluster;
}

/** The files of `input/config` and their texts. */
export function configFiles({ hyperparameters, channels, cluster }: ConfigFiles): Readonly<Record<string, string>> {
  return {
    'hyperparameters.json': jsonDumps(dict(hyperparameters)),
    'inputdataconfig.json': jsonDumps(inputDataConfig(channels)),
    'resourceconfig.json': jsonDumps(resourceConfig(cluster)),
  };
}
