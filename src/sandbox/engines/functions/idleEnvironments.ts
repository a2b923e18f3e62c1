import type { FunctionSpec } from '../functions.js';
import type { Environment } from './environment.js';

export interface IdleLimits {
  /** Milliseconds that an environment waits for its next invocation. */
  readonly idleMs: number;
  /** How many may wait, of all functions together. */
  readonly idle: number;
}

/** Environments on demand between two invocations. */
export class IdleEnvironments {
  /** In the order in which they became idle, each with the end of its time. */
  private readonly waiting = new Map<Environment, NodeJS.Timeout>();
  /** By function and version: environments of any other revision end. */
  private readonly revisions = new Map<string, string>();

  constructor(
    private readonly limits: IdleLimits,
    private readonly end: (environment: Environment) => void,
  ) {}

  /** The one that has served last, as on Lambda: the others get their chance to end. */
  take(spec: FunctionSpec): Environment | undefined {
    const key = keyOf(spec);
    this.revisions.set(key, spec.revision);
    const own = [...this.waiting.keys()].filter((environment) => keyOf(environment.spec) === key);
    for (const environment of own) if (!this.wanted(environment)) this.drop(environment);
    const found = own.findLast((environment) => this.waiting.has(environment));
    if (found) this.forget(found);
    return found;
  }

  /** After an invocation. */
  giveBack(environment: Environment): void {
    if (!this.wanted(environment)) return this.end(environment);
    const late = setTimeout(() => this.drop(environment), this.limits.idleMs).unref();
    this.waiting.set(environment, late);
    const [oldest] = this.waiting.keys();
    if (oldest && this.waiting.size > this.limits.idle) this.drop(oldest);
  }

  /** Ends it, if it is idle; one that is in use is looked at when it is given back. */
  drop(environment: Environment): void {
    if (this.forget(environment)) this.end(environment);
  }

  remove(functionName: string): void {
    for (const key of this.revisions.keys()) if (key.startsWith(`${functionName}:`)) this.revisions.delete(key);
    for (const environment of this.waiting.keys()) if (environment.spec.name === functionName) this.drop(environment);
  }

  close(): void {
    this.revisions.clear();
    for (const environment of this.waiting.keys()) this.drop(environment);
  }

  private wanted(environment: Environment): boolean {
    return environment.usable && this.revisions.get(keyOf(environment.spec)) === environment.spec.revision;
  }

  private forget(environment: Environment): boolean {
    clearTimeout(this.waiting.get(environment));
    return this.waiting.delete(environment);
  }
}

/** Neither has a colon in it. */
function keyOf({ name, version }: FunctionSpec): string {
  return `${name}:${version}`;
}
