import type * as Api from '@aws-sdk/client-lambda';
import { ServiceError } from '../../protocol/service.js';
import { notImplemented, refuse } from '../refusals.js';
import { invalidParameter } from './errors.js';
import type { Configuration } from './functionRecord.js';

type Input = Omit<Api.CreateFunctionRequest, 'FunctionName' | 'Role' | 'Code'> & {
  readonly Role?: string | undefined;
  /** Newer than the SDK's types. */
  readonly RuntimeConfig?: object | undefined;
  readonly AcceleratorConfig?: object | undefined;
};

/** Lambda's quotas for functions of zip archives on its own compute; the model allows what managed instances may. */
const quotas = { memory: 10_240, timeout: 900, storage: 10_240, environment: 4096 };

/**
 * The configuration that a request asks for: what it leaves out stays as `before` has it, or is Lambda's default.
 * @throws {ServiceError} InvalidParameterValueException, or NotImplemented with the feature's name
 */
export function configurationOf(name: string, input: Input, before?: Configuration): Configuration {
  refuseUnsupported(input);
  const { Runtime = before?.Runtime, Handler = before?.Handler, Role = before?.Role } = input;
  if (Runtime === undefined || Handler === undefined || Role === undefined) {
    throw invalidParameter(
      'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
    );
  }
  checkRuntime(Runtime);
  const configuration: Configuration = {
    ...{ Role, Runtime, Handler },
    Description: input.Description ?? before?.Description ?? '',
    Timeout: input.Timeout ?? before?.Timeout ?? 3,
    MemorySize: input.MemorySize ?? before?.MemorySize ?? 128,
    TracingConfig: { Mode: input.TracingConfig?.Mode ?? before?.TracingConfig.Mode ?? 'PassThrough' },
    Architectures: input.Architectures ?? before?.Architectures ?? ['x86_64'],
    EphemeralStorage: { Size: input.EphemeralStorage?.Size ?? before?.EphemeralStorage.Size ?? 512 },
    LoggingConfig: {
      LogFormat: 'Text',
      LogGroup: input.LoggingConfig?.LogGroup ?? before?.LoggingConfig.LogGroup ?? `/aws/lambda/${name}`,
    },
  };
  checkQuotas(configuration);
  const environment = input.Environment ? { Variables: input.Environment.Variables ?? {} } : before?.Environment;
  if (!environment) return configuration;
  checkEnvironment(environment.Variables ?? {});
  return { ...configuration, Environment: environment };
}

function refuseUnsupported(input: Input): void {
  const { VpcConfig, LoggingConfig } = input;
  refuse({
    'container images (PackageType Image)': input.PackageType === 'Image' || input.ImageConfig !== undefined,
    'layers (Layers)': some(input.Layers),
    'networks of functions (VpcConfig)': some(VpcConfig?.SubnetIds) || some(VpcConfig?.SecurityGroupIds),
    'dead letter queues (DeadLetterConfig)': Boolean(input.DeadLetterConfig?.TargetArn),
    'file systems of functions (FileSystemConfigs)': some(input.FileSystemConfigs),
    'keys of your own (KMSKeyArn)': Boolean(input.KMSKeyArn),
    'SnapStart (ApplyOn PublishedVersions)': input.SnapStart?.ApplyOn === 'PublishedVersions',
    'code signing (CodeSigningConfigArn)': input.CodeSigningConfigArn,
    'JSON logs (LoggingConfig with LogFormat JSON)': LoggingConfig?.LogFormat === 'JSON',
    'log levels (LoggingConfig)': LoggingConfig?.ApplicationLogLevel ?? LoggingConfig?.SystemLogLevel,
    'tenant isolation (TenancyConfig)': input.TenancyConfig,
    'managed instances (CapacityProviderConfig)': input.CapacityProviderConfig,
    'managed instances (PublishTo)': input.PublishTo,
    'durable functions (DurableConfig)': input.DurableConfig,
    'runtimes of your own (RuntimeConfig)': input.RuntimeConfig,
    'accelerators (AcceleratorConfig)': input.AcceleratorConfig,
  });
}

function some(list: readonly unknown[] | undefined): boolean {
  return (list ?? []).length > 0;
}

function checkRuntime(runtime: string): void {
  if (!runtime.startsWith('python')) {
    throw notImplemented(`the runtime ${runtime}`, 'It runs Python: python3.8 and newer.');
  }
  // Measured by localstack (test_lambda_api.snapshot.json, TestRuntimeValidation).
  if (/^python(2\.|3\.[67]$)/.test(runtime)) {
    throw invalidParameter(
      `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. ` +
        'We recommend you use a supported runtime while creating or updating functions.',
    );
  }
}

function checkQuotas({ MemorySize = 0, Timeout = 0, EphemeralStorage }: Configuration): void {
  const over = (value: number, most: number, path: string) => {
    if (value <= most) return;
    const constraint = `Member must have value less than or equal to ${most}`;
    throw new ServiceError(
      'ValidationException',
      `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: ${constraint}`,
    );
  };
  over(MemorySize, quotas.memory, 'memorySize');
  over(Timeout, quotas.timeout, 'timeout');
  over(EphemeralStorage.Size ?? 0, quotas.storage, 'ephemeralStorage.size');
}

/** "Using Lambda environment variables", reserved environment variables. */
const reservedKeys = new Set([
  ...['_HANDLER', '_X_AMZN_TRACE_ID', 'AWS_DEFAULT_REGION', 'AWS_REGION', 'AWS_EXECUTION_ENV'],
  ...['AWS_LAMBDA_FUNCTION_NAME', 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE', 'AWS_LAMBDA_FUNCTION_VERSION'],
  ...['AWS_LAMBDA_INITIALIZATION_TYPE', 'AWS_LAMBDA_LOG_GROUP_NAME', 'AWS_LAMBDA_LOG_STREAM_NAME'],
  ...['AWS_ACCESS_KEY', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
  ...['AWS_LAMBDA_RUNTIME_API', 'LAMBDA_TASK_ROOT', 'LAMBDA_RUNTIME_DIR'],
]);

/** Texts: mattermost/mattermost-cloud-monitoring#264; localstack, test_lambda_api.snapshot.json (TestLambdaSizeLimits). */
function checkEnvironment(variables: Readonly<Record<string, string>>): void {
  const start =
    'Lambda was unable to configure your environment variables because the environment variables you have provided';
  const reserved = Object.keys(variables).filter((name) => reservedKeys.has(name));
  if (reserved.length > 0) {
    throw invalidParameter(
      `${start} contains reserved keys that are currently not supported for modification. ` +
        `Reserved keys used in this request: ${reserved.join(', ')}`,
    );
  }
  const cut = Object.keys(variables).filter((name) => variables[name]?.includes('\0'));
  // No process can have them; how Lambda says so is not known.
  if (cut.length > 0) throw invalidParameter(`${start} contain null characters: ${cut.join(', ')}`);
  const measured = JSON.stringify(variables);
  if (Buffer.byteLength(measured) > quotas.environment) {
    throw invalidParameter(`${start} exceeded the 4KB limit. String measured: ${measured}`);
  }
}
