import { availableParallelism } from 'node:os';
import type { Clock } from '../../clock.js';
import type { LogSink, MetricSink } from '../../services/ports.js';
import type { FunctionAnswer, FunctionEngine, FunctionInvocation, FunctionSpec, Provisioned } from '../functions.js';
import type { Machine } from '../process/container.js';
import { Concurrency } from './concurrency.js';
import type { Completed, Environment } from './environment.js';
import { Environments } from './environments.js';
import { FunctionMetrics, type Invoked } from './functionMetrics.js';
import { IdleEnvironments, type IdleLimits } from './idleEnvironments.js';
import { ProvisionedEnvironments } from './provisionedEnvironments.js';
import { Turns } from './turns.js';

/** Lambda tells no figure; people see 5 to 15 minutes. The number is for a person's machine: each one keeps its memory. */
const functionLimits: IdleLimits = { idleMs: 5 * 60_000, idle: 16 };

export interface FunctionDependencies extends Machine {
  readonly logs: LogSink;
  readonly metrics: MetricSink;
  readonly clock: Clock;
  /** Invocations that the account may run at a time. */
  readonly concurrency: number;
  readonly limits?: IdleLimits;
}

/** Functions as processes on this machine. */
export class LocalFunctions implements FunctionEngine {
  running = 0;
  private readonly environments: Environments;
  private readonly concurrency: Concurrency;
  private readonly metrics: FunctionMetrics;
  private readonly idle: IdleEnvironments;
  private readonly provisionedByName = new Map<string, Map<string, ProvisionedEnvironments>>();
  /** Provisioned environments are nobody's hurry: no more of them start at a time than there are processors. */
  private readonly turns = new Turns(availableParallelism());

  constructor(dependencies: FunctionDependencies) {
    const { logs, metrics, clock, concurrency, limits = functionLimits } = dependencies;
    this.environments = new Environments(dependencies, logs);
    this.concurrency = new Concurrency(concurrency);
    this.metrics = new FunctionMetrics(metrics, clock);
    this.idle = new IdleEnvironments(limits, (environment) => void this.environments.end(environment));
  }

  async invoke(spec: FunctionSpec, invocation: FunctionInvocation): Promise<FunctionAnswer> {
    const { name: functionName, version } = spec;
    const { qualifier } = invocation;
    const invoked: Invoked = { functionName, qualifier, version };
    const group = this.provisionedByName.get(functionName)?.get(qualifier ?? version);
    const provisioned = group?.take(spec);
    if (!provisioned) this.admit(invoked);
    this.running++;
    this.metrics.began(invoked, group && { served: provisioned !== undefined, utilization: group.utilization });
    let completed: Completed | undefined;
    try {
      const environment = provisioned ?? this.idle.take(spec) ?? (await this.start(spec));
      try {
        completed = await environment.invoke(invocation);
      } finally {
        if (provisioned) group!.giveBack(provisioned);
        else this.idle.giveBack(environment);
      }
      return completed.answer;
    } finally {
      this.running--;
      if (!provisioned) this.concurrency.end(functionName);
      const { durationMs = 0, answer } = completed ?? {};
      this.metrics.ended(invoked, answer && { durationMs, error: answer.error !== undefined });
    }
  }

  reserve(functionName: string, concurrency: number | undefined): void {
    this.concurrency.reserve(functionName, concurrency);
  }

  provision(functionName: string, qualifier: string, spec: FunctionSpec, count: number): void {
    const groups = this.provisionedByName.get(functionName) ?? new Map<string, ProvisionedEnvironments>();
    this.provisionedByName.set(functionName, groups);
    const group = groups.get(qualifier);
    if (group) group.change(spec, count);
    else if (count > 0) {
      groups.set(qualifier, new ProvisionedEnvironments(this.environments, this.turns, spec, count));
    }
    if (count === 0) groups.delete(qualifier);
    const total = [...groups.values()].reduce((sum, { state }) => sum + state.requested, 0);
    this.concurrency.provision(functionName, total);
  }

  provisioned(functionName: string, qualifier: string): Provisioned | undefined {
    return this.provisionedByName.get(functionName)?.get(qualifier)?.state;
  }

  remove(functionName: string): void {
    for (const group of this.provisionedByName.get(functionName)?.values() ?? []) group.close();
    this.provisionedByName.delete(functionName);
    this.concurrency.forget(functionName);
    this.idle.remove(functionName);
  }

  close(): Promise<void> {
    for (const groups of this.provisionedByName.values()) for (const group of groups.values()) group.close();
    this.idle.close();
    return this.environments.close();
  }

  private admit(invoked: Invoked): void {
    try {
      this.concurrency.begin(invoked.functionName);
    } catch (error) {
      this.metrics.throttled(invoked);
      throw error;
    }
  }

  private async start(spec: FunctionSpec): Promise<Environment> {
    const { environment } = await this.environments.start(spec, 'on-demand', (ended) => this.idle.drop(ended));
    return environment;
  }
}
