import { describe, expect, test } from 'vitest';
import { invocationBanner, toolkitLog } from '../../../src/container/banner.js';
import { decodeHyperparameters, scriptArguments } from '../../../src/container/hyperparameters.js';
import { jsonDumps } from '../../../src/container/pythonText.js';
import {
  frameworkVariables,
  scriptVariables,
  type TrainingContext,
  trainingEnv,
} from '../../../src/container/trainingEnvironment.js';
import { configFiles, hostNames } from '../../../src/container/trainingFiles.js';

const hyperparameters = {
  'batch-size': '64',
  learning_rate: '"0.0055753853199087345"',
  amp: 'true',
  note: '"a b; $(c)"',
  raw: 'a b',
  nothing: 'null',
  list: '[1, 2.50]',
  map: '{"b": 2, "a": "x"}',
  x: '1e-05',
  sagemaker_program: '"hpo.py"',
  sagemaker_submit_directory: '"s3://b/source/sourcedir.tar.gz"',
  sagemaker_container_log_level: '20',
  sagemaker_region: '"us-east-1"',
  sagemaker_job_name: '"tune-001"',
  sagemaker_torch_distributed_enabled: 'true',
  _tuning_objective_metric: '"Test Loss"',
};
const cluster = { currentHost: 'algo-1', hosts: ['algo-1'], instanceType: 'ml.m5.xlarge', networkInterface: 'eth0' };
const context: TrainingContext = {
  jobName: 'tune-001',
  program: 'hpo.py',
  base: '/opt/ml',
  hyperparameters: decodeHyperparameters(hyperparameters),
  channels: [
    { name: 'training', contentType: undefined, distribution: 'FullyReplicated' },
    { name: 'labels', contentType: 'text/csv', distribution: 'FullyReplicated' },
  ],
  cluster,
  cpus: 4,
  gpus: 0,
};

describe('scriptArguments', () => {
  test('are the user’s hyperparameters in order of their names, as Python’s str, reserved names left out', () => {
    expect(scriptArguments(context.hyperparameters.user)).toEqual([
      ...['--amp', 'True', '--batch-size', '64', '--learning_rate', '0.0055753853199087345', '--list', '[1, 2.5]'],
      ...['--map', 'a=x,b=2', '--note', 'a b; $(c)', '--nothing', '', '--raw', 'a b', '-x', '1e-05'],
    ]);
  });

  test('do not tell apart whether a string was quoted (SDK v2) or not (v3)', () => {
    const of = (value: string) => scriptArguments(decodeHyperparameters({ rate: value }).user);
    expect(of('"fast"')).toEqual(of('fast'));
  });
});

describe('scriptVariables', () => {
  const variables = scriptVariables(context);

  test('are the toolkit’s, one by one', () => {
    const { SM_TRAINING_ENV, ...others } = variables;
    expect(others).toEqual({
      SM_HOSTS: '["algo-1"]',
      SM_NETWORK_INTERFACE_NAME: 'eth0',
      SM_HPS:
        '{"amp":true,"batch-size":64,"learning_rate":"0.0055753853199087345","list":[1,2.5],"map":{"a":"x","b":2},"note":"a b; $(c)","nothing":null,"raw":"a b","x":1e-05}',
      SM_USER_ENTRY_POINT: 'hpo.py',
      SM_FRAMEWORK_PARAMS: '{"sagemaker_torch_distributed_enabled":true}',
      SM_RESOURCE_CONFIG:
        '{"current_group_name":"homogeneousCluster","current_host":"algo-1","current_instance_type":"ml.m5.xlarge","hosts":["algo-1"],"instance_groups":[{"hosts":["algo-1"],"instance_group_name":"homogeneousCluster","instance_type":"ml.m5.xlarge"}],"network_interface_name":"eth0"}',
      SM_INPUT_DATA_CONFIG:
        '{"labels":{"ContentType":"text/csv","RecordWrapperType":"None","S3DistributionType":"FullyReplicated","TrainingInputMode":"File"},"training":{"RecordWrapperType":"None","S3DistributionType":"FullyReplicated","TrainingInputMode":"File"}}',
      SM_OUTPUT_DATA_DIR: '/opt/ml/output/data',
      SM_CHANNELS: '["labels","training"]',
      SM_CURRENT_HOST: 'algo-1',
      SM_CURRENT_INSTANCE_TYPE: 'ml.m5.xlarge',
      SM_CURRENT_INSTANCE_GROUP: 'homogeneousCluster',
      SM_CURRENT_INSTANCE_GROUP_HOSTS: '["algo-1"]',
      SM_INSTANCE_GROUPS: '["homogeneousCluster"]',
      SM_INSTANCE_GROUPS_DICT:
        '{"homogeneousCluster":{"hosts":["algo-1"],"instance_group_name":"homogeneousCluster","instance_type":"ml.m5.xlarge"}}',
      SM_DISTRIBUTION_INSTANCE_GROUPS: '["homogeneousCluster"]',
      SM_IS_HETERO: 'false',
      SM_MODULE_NAME: 'hpo',
      SM_LOG_LEVEL: '20',
      SM_FRAMEWORK_MODULE: 'sagemaker_pytorch_container.training:main',
      SM_INPUT_DIR: '/opt/ml/input',
      SM_INPUT_CONFIG_DIR: '/opt/ml/input/config',
      SM_OUTPUT_DIR: '/opt/ml/output',
      SM_NUM_CPUS: '4',
      SM_NUM_GPUS: '0',
      SM_NUM_NEURONS: '0',
      SM_MODEL_DIR: '/opt/ml/model',
      SM_MODULE_DIR: 's3://b/source/sourcedir.tar.gz',
      SM_USER_ARGS: jsonDumps(scriptArguments(context.hyperparameters.user), { separators: [',', ':'] }),
      SM_OUTPUT_INTERMEDIATE_DIR: '/opt/ml/output/intermediate',
      SM_CHANNEL_TRAINING: '/opt/ml/input/data/training',
      SM_CHANNEL_LABELS: '/opt/ml/input/data/labels',
      'SM_HP_BATCH-SIZE': '64',
      SM_HP_LEARNING_RATE: '0.0055753853199087345',
      SM_HP_AMP: 'true',
      SM_HP_NOTE: 'a b; $(c)',
      SM_HP_RAW: 'a b',
      SM_HP_NOTHING: '',
      SM_HP_LIST: '[1,2.5]',
      SM_HP_MAP: '{"a":"x","b":2}',
      SM_HP_X: '1e-05',
    });
    expect(JSON.parse(SM_TRAINING_ENV!)).toMatchObject({ job_name: 'tune-001', is_master: true, topology: [] });
  });

  test('the rest of the toolkit’s environment goes with them', () => {
    expect(
      frameworkVariables(context, { region: 'eu-west-1', masterAddress: 'algo-1', masterPort: 4711, torch: '2.6.0' }),
    ).toEqual({
      CURRENT_HOST: 'algo-1',
      SAGEMAKER_JOB_NAME: 'tune-001',
      SAGEMAKER_REGION: 'us-east-1',
      MASTER_ADDR: 'algo-1',
      MASTER_PORT: '4711',
      NCCL_SOCKET_IFNAME: 'eth0',
      GLOO_SOCKET_IFNAME: 'eth0',
      NCCL_IB_DISABLE: '1',
      NCCL_DEBUG: 'WARN',
      SM_DLC_TORCH_VERSION: '2.6.0',
    });
  });
});

test('the configuration files are what the request says, every hyperparameter a string', () => {
  const files = configFiles({ hyperparameters, channels: context.channels, cluster });
  expect(JSON.parse(files['hyperparameters.json']!)).toEqual(hyperparameters);
  expect(Object.keys(JSON.parse(files['inputdataconfig.json']!) as object)).toEqual(['training', 'labels']);
  expect(JSON.parse(files['resourceconfig.json']!)).toMatchObject({
    current_host: 'algo-1',
    current_instance_type: 'ml.m5.xlarge',
    network_interface_name: 'eth0',
  });
});

test('hosts are named in SageMaker’s order, which is that of text', () => {
  expect(hostNames(11)).toEqual(['algo-1', 'algo-10', 'algo-11', ...[2, 3, 4, 5, 6, 7, 8, 9].map((n) => `algo-${n}`)]);
});

test('the banner reads as the toolkit’s', () => {
  const small = { ...context, hyperparameters: decodeHyperparameters({ epochs: '1' }), channels: [] };
  const banner = invocationBanner(trainingEnv(small), { SM_A: '1', SM_B: '' }, [
    '/usr/bin/python3',
    'hpo.py',
    '--epochs',
    '1',
  ]);
  const text = toolkitLog('INFO', banner, new Date('2026-11-22T19:11:04.123Z')).join('\n');
  expect(text).toMatch(
    /^2026-11-22 19:11:04,123 sagemaker-training-toolkit INFO {5}Invoking user script\n\nTraining Env:\n\n\{\n {4}"additional_framework_parameters": \{\},\n/,
  );
  expect(text).toContain('\n    "hyperparameters": {\n        "epochs": 1\n    },\n');
  expect(text.slice(text.indexOf('Environment variables:'))).toBe(
    'Environment variables:\n\nSM_A=1\nSM_B=\n\nInvoking script with the following command:\n\n/usr/bin/python3 hpo.py --epochs 1\n',
  );
});
