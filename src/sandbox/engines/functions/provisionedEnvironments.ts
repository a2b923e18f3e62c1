import { messageOf } from '../../../core/errors.js';
import type { FunctionSpec, Provisioned } from '../functions.js';
import type { Environment } from './environment.js';
import type { Environments } from './environments.js';
import type { Turns } from './turns.js';

/** The environments that are kept initialised for one alias or version. */
export class ProvisionedEnvironments {
  /** In the order in which they became idle. */
  private idle: Environment[] = [];
  private readonly ready = new Set<Environment>();
  private starting = 0;
  private failure: string | undefined;
  private spec: FunctionSpec;
  private requested: number;

  constructor(
    private readonly environments: Environments,
    private readonly turns: Turns,
    spec: FunctionSpec,
    requested: number,
  ) {
    this.spec = spec;
    this.requested = requested;
    this.fill();
  }

  get state(): Provisioned {
    const allocated = this.ready.size;
    const missing = allocated < this.requested;
    return {
      ...{ requested: this.requested, allocated, available: allocated },
      status: !missing ? 'READY' : this.failure === undefined ? 'IN_PROGRESS' : 'FAILED',
      statusReason: missing ? this.failure : undefined,
    };
  }

  /** From 0 to 1: how many of them are in use. */
  get utilization(): number {
    return this.ready.size === 0 ? 1 : (this.ready.size - this.idle.length) / this.ready.size;
  }

  /** Another number, or another version: what is idle and not wanted any more ends at once, the rest after its invocation. */
  change(spec: FunctionSpec, requested: number): void {
    const same = this.serves(spec);
    this.spec = spec;
    this.requested = requested;
    this.failure = undefined;
    const dropped = this.idle.splice(0, same ? Math.max(0, this.ready.size - requested) : this.idle.length);
    for (const environment of dropped) this.drop(environment);
    this.fill();
  }

  /** Ends all of them: at once where idle, else after the invocation. */
  close(): void {
    this.change(this.spec, 0);
  }

  /** One that is idle; whoever takes it gives it back. */
  take(spec: FunctionSpec): Environment | undefined {
    if (spec.version !== this.spec.version) return undefined;
    for (const stale of this.idle.filter((environment) => !environment.usable)) this.lose(stale);
    return this.idle.pop();
  }

  /** After an invocation. */
  giveBack(environment: Environment): void {
    const wanted = this.serves(environment.spec) && this.ready.size <= this.requested;
    if (wanted && environment.usable) this.idle.push(environment);
    else this.lose(environment);
  }

  private serves({ version, revision }: FunctionSpec): boolean {
    return version === this.spec.version && revision === this.spec.revision;
  }

  /** It has ended, or is to: another one takes its place. */
  private lose(environment: Environment): void {
    if (!this.ready.has(environment)) return;
    this.idle = this.idle.filter((other) => other !== environment);
    this.drop(environment);
    this.fill();
  }

  private drop(environment: Environment): void {
    this.ready.delete(environment);
    void this.environments.end(environment);
  }

  private fill(): void {
    while (this.ready.size + this.starting < this.requested && this.failure === undefined) {
      this.starting++;
      void this.turns
        .run(() => this.startOne())
        .finally(() => {
          this.starting--;
          this.fill();
        });
    }
  }

  private async startOne(): Promise<void> {
    const { spec } = this;
    if (this.ready.size >= this.requested || this.failure !== undefined) return;
    try {
      const { environment, loaded } = await this.environments.start(spec, 'provisioned-concurrency', (ended) => {
        // One that is in use is looked at when it is given back.
        if (this.idle.includes(ended)) this.lose(ended);
      });
      const wanted = this.serves(spec) && this.ready.size < this.requested;
      if (loaded && wanted) {
        this.ready.add(environment);
        this.idle.push(environment);
        return;
      }
      void this.environments.end(environment);
      // What PutProvisionedConcurrencyConfig's users report: StackOverflow 59932690.
      if (!loaded && wanted) this.failure = 'FUNCTION_ERROR_INIT_FAILURE';
    } catch (error) {
      // What kept an earlier version from starting says nothing of this one: its package may be gone by now.
      if (this.serves(spec)) this.failure = messageOf(error);
    }
  }
}
