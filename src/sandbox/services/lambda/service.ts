import { type Clock, systemClock } from '../../../core/clock.js';
import type { FunctionEngine } from '../../engines/functions.js';
import type { PlainHandler } from '../../protocol/http.js';
import type { Operation, Service } from '../../protocol/service.js';
import type { Settings } from '../../settings.js';
import type { Objects } from '../../store/objects.js';
import type { Store } from '../../store/store.js';
import type { Access, RoleKeys } from '../ports.js';
import { Aliases } from './aliases.js';
import { CodeSource } from './codeSource.js';
import { Concurrency } from './concurrency.js';
import { EventQueue } from './eventQueue.js';
import { ExecutionRoles } from './executionRole.js';
import { FunctionArns } from './functionArn.js';
import { packagesOf } from './functionRecord.js';
import { Functions } from './functions.js';
import { FunctionStore } from './functionStore.js';
import { Invocations } from './invocations.js';
import { PackageLinks } from './packageLinks.js';
import { DeploymentPackages } from './packages.js';
import type { LambdaParts } from './parts.js';
import { Permissions } from './permissions.js';
import { Tags } from './tags.js';
import { versionOperations } from './versions.js';

export interface LambdaDependencies {
  readonly store: Store;
  readonly settings: Settings;
  readonly objects: Objects;
  readonly access: Access;
  readonly roleKeys: RoleKeys;
  readonly engine: FunctionEngine;
  /** Where deployment packages are kept. */
  readonly packages: string;
  /** Base URL of the server, once it is listening. */
  readonly endpoint: () => string;
  /** Functions that run at a time, in the account. */
  readonly concurrency: number;
  readonly onFault: (error: unknown, requestId: string) => void;
  readonly clock?: Clock;
}

export interface Lambda {
  readonly service: Service;
  /** Serves the packages that GetFunction links to. */
  readonly links: PlainHandler;
  /** Invocations that run. Environments that wait for one are not counted: nobody calls them. */
  activity(): { readonly invocations: number };
  /** Takes up what an earlier process left; once the engine can reach the server. */
  start(): void;
  /** Ends the engine. Events that were not delivered are after the next start. */
  close(): Promise<void>;
}

/** AWS Lambda's control plane, and Invoke. */
export function createLambda(dependencies: LambdaDependencies): Lambda {
  const { store, settings, objects, access, roleKeys, engine, clock = systemClock } = dependencies;
  const functions = new FunctionStore(store, new FunctionArns(settings));
  const packages = new DeploymentPackages(dependencies.packages, () => functions.all().flatMap(packagesOf));
  packages.sweep();
  const links = new PackageLinks(packages, dependencies.endpoint, clock);
  const roles = new ExecutionRoles(settings, access, roleKeys);
  const parts: LambdaParts = { store, settings, functions, packages, roles, access, engine, clock };
  const concurrency = new Concurrency(parts, dependencies.concurrency);
  const control = new Functions({ ...parts, links, concurrency, code: new CodeSource(packages, objects, access) });
  const invocations = new Invocations(parts, (call) => events.enqueue(call));
  const events = new EventQueue({
    ...{ store, functions, clock, onFault: dependencies.onFault },
    run: (call) => invocations.run(call),
  });

  const operations: Readonly<Record<string, Operation>> = {
    ...control.operations(),
    ...versionOperations(parts),
    ...new Aliases(functions, concurrency).operations(),
    ...new Permissions(functions).operations(),
    ...concurrency.operations(),
    ...new Tags(functions).operations(),
    ...invocations.operations(),
  };
  return {
    service: { id: 'lambda', iamPrefix: 'lambda', operations },
    links,
    activity: () => ({ invocations: engine.running }),
    start: () => {
      control.start();
      concurrency.start();
      events.start();
    },
    close: () => {
      control.close();
      events.close();
      return engine.close();
    },
  };
}
