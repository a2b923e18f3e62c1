import type { Clock } from '../../../core/clock.js';
import type { FunctionEngine, FunctionSpec } from '../../engines/functions.js';
import type { Settings } from '../../settings.js';
import type { Store } from '../../store/store.js';
import type { Access } from '../ports.js';
import type { ExecutionRoles } from './executionRole.js';
import type { FunctionRecord, FunctionVersion } from './functionRecord.js';
import type { FunctionStore } from './functionStore.js';
import type { DeploymentPackages } from './packages.js';

/** What the operations on functions share. */
export interface LambdaParts {
  readonly store: Store;
  readonly settings: Settings;
  readonly functions: FunctionStore;
  readonly packages: DeploymentPackages;
  readonly roles: ExecutionRoles;
  readonly access: Access;
  readonly engine: FunctionEngine;
  readonly clock: Clock;
}

/** A version as the engine runs it. */
export function specOf(
  { settings, functions, packages, roles }: LambdaParts,
  { name }: FunctionRecord,
  { version, generation, code, configuration }: FunctionVersion,
): FunctionSpec {
  const { Role = '', LoggingConfig } = configuration;
  return {
    name,
    version,
    revision: generation,
    codeFile: packages.pathOf(code.sha256),
    handler: configuration.Handler,
    runtime: configuration.Runtime,
    timeout: configuration.Timeout,
    memorySize: configuration.MemorySize,
    environment: configuration.Environment?.Variables ?? {},
    region: settings.region,
    logGroup: LoggingConfig.LogGroup ?? `/aws/lambda/${name}`,
    keys: () => roles.keys(Role, name, functions.arns.of({ name, qualifier: undefined })),
  };
}
