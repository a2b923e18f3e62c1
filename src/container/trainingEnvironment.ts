import { type Hyperparameters, scriptArguments } from './hyperparameters.js';
import { compareText, dict, jsonDumps, type PythonDict, type PythonValue, str } from './pythonText.js';
import {
  type ChannelConfig,
  type Cluster,
  inputDataConfig,
  instanceGroup,
  layout,
  resourceConfig,
} from './trainingFiles.js';

/** What the training toolkit knows when it starts a script on one host. */
export interface TrainingContext {
  readonly jobName: string;
  /** The script: SAGEMAKER_PROGRAM of the environment, else the hyperparameter `sagemaker_program`. */
  readonly program: string | undefined;
  /** `/opt/ml`, or the folder that stands for it. */
  readonly base: string;
  readonly hyperparameters: Hyperparameters;
  readonly channels: readonly ChannelConfig[];
  readonly cluster: Cluster;
  readonly cpus: number;
  readonly gpus: number;
}

/** The image's entry module; it is in SM_FRAMEWORK_MODULE. */
const trainingModule = 'sagemaker_pytorch_container.training:main';

/** The launchers that the toolkit knows: one of them enabled makes the group of hosts a distributed one. */
const distributions = [
  'sagemaker_mpi_enabled',
  'sagemaker_parameter_server_enabled',
  'sagemaker_distributed_dataparallel_enabled',
  'sagemaker_pytorch_ddp_enabled',
  'sagemaker_pytorch_xla_multi_worker_enabled',
  'sagemaker_multi_worker_mirrored_strategy_enabled',
  'sagemaker_torch_distributed_enabled',
];

/**
 * The toolkit's `Environment` as a dict: "Training Env" of the log and SM_TRAINING_ENV. Keys in the order in which Python
 * lists an object's members, which is the alphabet's.
 *
 * Source: aws/sagemaker-training-toolkit 5.1, environment.py (properties of Environment) and mapping.py MappingMixin.
 */
export function trainingEnv(context: TrainingContext): PythonDict {
  const { jobName, program, base, hyperparameters, channels, cluster, cpus, gpus } = context;
  const { user, framework, toolkit } = hyperparameters;
  const distributed = distributions.some((name) => truthy(framework.get(name)));
  const groups = framework.get('sagemaker_distribution_instance_groups') ?? (distributed ? [instanceGroup] : []);
  const { hosts, currentHost, instanceType, networkInterface } = cluster;
  const group = dict({ instance_group_name: instanceGroup, instance_type: instanceType, hosts });
  return dict({
    additional_framework_parameters: framework,
    channel_input_dirs: new Map(channels.map(({ name }) => [name, `${base}/${layout.data}/${name}`])),
    current_host: currentHost,
    current_instance_group: instanceGroup,
    current_instance_group_hosts: hosts,
    current_instance_type: instanceType,
    distribution_hosts: distributed ? hosts : [],
    distribution_instance_groups: groups,
    framework_module: trainingModule,
    hosts,
    hyperparameters: user,
    input_config_dir: `${base}/${layout.config}`,
    input_data_config: inputDataConfig(channels),
    input_dir: `${base}/input`,
    instance_groups: [instanceGroup],
    instance_groups_dict: dict({ [instanceGroup]: group }),
    is_hetero: false,
    is_master: currentHost === hosts[0],
    is_modelparallel_enabled: null,
    is_smddpmprun_installed: false,
    is_smddprun_installed: false,
    job_name: jobName,
    log_level: toolkit.get('sagemaker_container_log_level') ?? 20n,
    master_hostname: hosts[0] ?? currentHost,
    model_dir: `${base}/${layout.model}`,
    module_dir: str(toolkit.get('sagemaker_submit_directory') ?? `${base}/${layout.code}`),
    module_name: moduleName(program ?? 'None'),
    network_interface_name: networkInterface,
    num_cpus: BigInt(cpus),
    num_gpus: BigInt(gpus),
    num_neurons: 0n,
    output_data_dir: `${base}/${layout.outputData}`,
    output_dir: `${base}/${layout.output}`,
    output_intermediate_dir: `${base}/${layout.intermediate}`,
    resource_config: resourceConfig(cluster),
    topology: [],
    user_entry_point: program ?? null,
  });
}

/**
 * SM_*, in the toolkit's order. Names are upper-cased and keep their dashes; strings stay as they are, None is empty,
 * everything else is compact JSON with sorted keys.
 *
 * Source: environment.py to_env_vars, mapping.py to_env_vars.
 */
export function scriptVariables(context: TrainingContext): Record<string, string> {
  const env = trainingEnv(context);
  const { user, framework } = context.hyperparameters;
  const from = (name: string): [string, PythonValue] => [name, env.get(name)!];
  const values: [string, PythonValue][] = [
    ...['hosts', 'network_interface_name'].map(from),
    ['hps', user],
    from('user_entry_point'),
    ['framework_params', framework],
    ...['resource_config', 'input_data_config', 'output_data_dir'].map(from),
    ['channels', context.channels.map(({ name }) => name).sort(compareText)],
    ...['current_host', 'current_instance_type', 'current_instance_group', 'current_instance_group_hosts'].map(from),
    ...['instance_groups', 'instance_groups_dict', 'distribution_instance_groups', 'is_hetero'].map(from),
    ...['module_name', 'log_level', 'framework_module', 'input_dir', 'input_config_dir', 'output_dir'].map(from),
    ...['num_cpus', 'num_gpus', 'num_neurons', 'model_dir', 'module_dir'].map(from),
    ['training_env', env],
    ['user_args', scriptArguments(user)],
    from('output_intermediate_dir'),
    ...context.channels.map(({ name }): [string, string] => [
      `channel_${name}`,
      `${context.base}/${layout.data}/${name}`,
    ]),
    ...[...user].map(([name, value]): [string, PythonValue] => [`hp_${name}`, value]),
  ];
  return Object.fromEntries(values.map(([name, value]) => [`SM_${name.toUpperCase()}`, variableText(value)]));
}

function variableText(value: PythonValue): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : jsonDumps(value, { sortKeys: true, separators: [',', ':'] });
}

/** What the platform and the image set before the toolkit starts: also what a container without script mode gets. */
export function platformVariables(job: {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
}): Record<string, string> {
  return {
    TRAINING_JOB_NAME: job.name,
    TRAINING_JOB_ARN: job.arn,
    AWS_REGION: job.region,
    SAGEMAKER_TRAINING_MODULE: trainingModule,
  };
}

/**
 * What the toolkit and PyTorch's part of it set beside SM_*. Source: environment.py Environment.__init__;
 * aws/sagemaker-pytorch-training-toolkit 3.0, training.py (_set_distributed_environment, _set_nccl_environment).
 */
export function frameworkVariables(
  context: TrainingContext,
  options: {
    readonly region: string;
    readonly masterAddress: string;
    readonly masterPort: number;
    readonly torch: string | undefined;
  },
): Record<string, string> {
  const { toolkit } = context.hyperparameters;
  return {
    CURRENT_HOST: context.cluster.currentHost,
    SAGEMAKER_JOB_NAME: str(toolkit.get('sagemaker_job_name') ?? ''),
    SAGEMAKER_REGION: str(toolkit.get('sagemaker_region') ?? options.region),
    MASTER_ADDR: options.masterAddress,
    MASTER_PORT: String(options.masterPort),
    NCCL_SOCKET_IFNAME: context.cluster.networkInterface,
    // Not the image's doing: there a host's name leads to the interface by which the others reach it.
    GLOO_SOCKET_IFNAME: context.cluster.networkInterface,
    NCCL_IB_DISABLE: '1',
    NCCL_DEBUG: 'WARN',
    ...(options.torch !== undefined && { SM_DLC_TORCH_VERSION: options.torch }),
  };
}

function moduleName(program: string): string {
  return program.endsWith('.py') ? program.slice(0, -'.py'.length) : program;
}

function truthy(value: PythonValue | undefined): boolean {
  return value !== undefined && value !== null && value !== false && value !== 0n && value !== 0 && value !== '';
}
