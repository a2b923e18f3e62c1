import { randomBytes } from 'node:crypto';
import path from 'node:path';
import {
  functionEnvironment,
  functionLogStream,
  type FunctionIdentity,
  type InitializationType,
  initLimitMs,
  provisionedInitLimitMs,
  traceId,
} from '../../../container/functionEnvironment.js';
import {
  endLine,
  type EnvironmentFailure,
  failurePayload,
  failureType,
  initReportLine,
  initStartLine,
  type ReportStatus,
  reportLine,
  startLine,
} from '../../../container/functionMessages.js';
import { messageOf } from '../../../core/errors.js';
import type { LogSink, TemporaryKeys } from '../../services/ports.js';
import type { FunctionAnswer, FunctionInvocation, FunctionSpec } from '../functions.js';
import { CappedLog } from '../process/cappedLog.js';
import { Container, type Runtime } from '../process/container.js';
import { LogTail } from './logTail.js';
import type { RunningProcess } from '../process/processes.js';
import { type InitError, RuntimeProcess } from './runtimeProcess.js';

export interface EnvironmentParts {
  readonly runtime: Runtime;
  readonly spec: FunctionSpec;
  readonly keys: TemporaryKeys;
  /** The unpacked deployment package; `releaseCode` is called when the environment is gone. */
  readonly code: string;
  readonly releaseCode: () => void;
  /** The environment's own; it is made, and removed at the end. */
  readonly folder: string;
  readonly logs: LogSink;
  readonly initialization: InitializationType;
  /** The process has ended after it had loaded the handler, whoever ended it. */
  readonly onExit: () => void;
}

/** How much longer than an invocation the role's keys last at least. */
const keysMarginMs = 60_000;

/** What became of an invocation. */
interface Outcome {
  readonly payload: Uint8Array;
  readonly error: 'Unhandled' | undefined;
  /** Of an environment that failed; a handler that raised has not. */
  readonly failed: ReportStatus | undefined;
}

/** An answer, and how long it took. */
export interface Completed {
  readonly answer: FunctionAnswer;
  readonly durationMs: number;
}

/**
 * One execution environment: a process that has loaded the handler, a `/tmp`, a log stream, and one invocation at a time.
 * One that has failed is ended; Lambda would start it again, with the same `/tmp`, within the next invocation.
 */
export class Environment {
  private readonly identity: FunctionIdentity;
  private readonly container: Container;
  private readonly log: CappedLog;
  private process: RuntimeProcess | undefined;
  private memoryUsed = 0;
  /** What the start took, until an invocation has reported it. */
  private initMs: number | undefined;
  private tail: LogTail | undefined;
  private ending: Promise<void> | undefined;

  constructor(private readonly parts: EnvironmentParts) {
    const { runtime, spec, keys, code, folder, initialization } = parts;
    const logStream = functionLogStream(spec.version, randomBytes(16).toString('hex'), new Date());
    this.identity = { ...spec, logStream, initialization };
    this.log = new CappedLog(parts.logs, spec.logGroup, logStream);
    this.container = new Container(runtime, { folder, keys: () => keys, task: code });
  }

  get spec(): FunctionSpec {
    return this.parts.spec;
  }

  /**
   * Whether its role's keys outlast an invocation that begins now. They are in the environment, where Lambda has them and
   * handlers look for them, so they cannot be renewed: the environment is replaced before they end.
   */
  private get fresh(): boolean {
    const { keys, spec } = this.parts;
    return keys.expires.getTime() - Date.now() > spec.timeout * 1000 + keysMarginMs;
  }

  /**
   * Makes the environment and loads the handler, in the time that Lambda gives for it.
   * @returns false when the handler could not be loaded: on demand, `invoke` tries again.
   */
  async initialise(): Promise<boolean> {
    const { spec, initialization } = this.parts;
    await this.container.prepare([]);
    const { interpreter } = this.parts.runtime;
    this.say([this.container.description, initStartLine(interpreter.version)]);
    const provisioned = initialization === 'provisioned-concurrency';
    const started = performance.now();
    if (await this.load('init', provisioned ? provisionedInitLimitMs(spec.timeout) : initLimitMs)) return false;
    const tookMs = performance.now() - started;
    if (provisioned) this.say([initReportLine(tookMs, 'init')]);
    else this.initMs = tookMs;
    return true;
  }

  /** Runs the handler once. */
  async invoke(invocation: FunctionInvocation): Promise<Completed> {
    const { requestId } = invocation;
    const { version, timeout, memorySize } = this.spec;
    const tail = (this.tail = new LogTail());
    const started = performance.now();
    const broken = this.process ? undefined : await this.load('invoke', timeout * 1000);
    this.say([startLine(requestId, version)]);
    const outcome = broken?.(requestId) ?? (await this.run(invocation, timeout * 1000 - (performance.now() - started)));
    const durationMs = performance.now() - started;
    const { initMs, memoryUsed } = this;
    const { failed } = outcome;
    this.initMs = undefined;
    this.say([endLine(requestId), reportLine({ requestId, durationMs, initMs, memorySize, memoryUsed, failed })]);
    this.tail = undefined;
    return { answer: { payload: outcome.payload, error: outcome.error, logTail: tail.bytes() }, durationMs };
  }

  /** Whether it can have another invocation after the last one. */
  get usable(): boolean {
    return this.process?.idle === true && this.ending === undefined && this.fresh;
  }

  /** Ends its processes; resolves when nothing of it is left. */
  end(): Promise<void> {
    return (this.ending ??= this.dispose());
  }

  private async dispose(): Promise<void> {
    await this.process?.end();
    try {
      await this.container.remove();
    } catch (error) {
      // The next start of the sandbox tries again.
      this.log.append([`[sagemaker-sandbox] What this environment has left cannot be removed: ${messageOf(error)}`]);
    }
    this.log.close();
    this.parts.releaseCode();
  }

  /** Starts a process that loads the handler. @returns what the invocation answers when it could not. */
  private async load(phase: 'init' | 'invoke', limitMs: number): Promise<((requestId: string) => Outcome) | undefined> {
    const started = performance.now();
    const process = await RuntimeProcess.start({
      memoryLimit: this.spec.memorySize * 1024 * 1024,
      start: (runtimeApi) => this.start(runtimeApi),
    });
    this.process = process;
    if (this.ending) await process.end();
    const outcome = await process.untilReady(limitMs);
    this.memoryUsed = Math.max(this.memoryUsed, process.memoryUsed);
    if (outcome.kind === 'ready') {
      void process.exited.then(() => {
        this.process = undefined;
        this.parts.onExit();
      });
      return undefined;
    }
    this.process = undefined;
    const failed = reportStatus(outcome);
    this.say([initReportLine(performance.now() - started, phase, failed)]);
    if (outcome.kind === 'initError') return () => ({ payload: outcome.payload, error: 'Unhandled', failed });
    return (requestId) => environmentFailed(outcome, requestId);
  }

  private async run(invocation: FunctionInvocation, limitMs: number): Promise<Outcome> {
    const process = this.process!;
    const { requestId, payload } = invocation;
    const deadline = Math.ceil(Date.now() + limitMs);
    const outcome = await process.invoke({ requestId, headers: eventHeaders(invocation, deadline), payload }, limitMs);
    this.memoryUsed = Math.max(this.memoryUsed, process.memoryUsed);
    if (outcome.kind === 'answer') return { ...outcome, failed: undefined };
    // The message names the timeout that was configured, whatever of it a second start has used.
    const failure = outcome.kind === 'timeout' ? { ...outcome, seconds: this.spec.timeout } : outcome;
    return environmentFailed(failure, requestId);
  }

  private start(runtimeApi: string): Promise<RunningProcess> {
    const { container, identity, parts } = this;
    const { modules } = container;
    return container.run({
      command: [container.python, path.join(modules, 'lambda_bootstrap.py')],
      environment: functionEnvironment(identity, parts.keys, parts.spec.environment, {
        ...{ root: container.base, runtimeDir: modules, runtimeApi },
      }),
      workingFolder: '',
      keepReturns: true,
      onLines: (lines) => this.say(lines.map((line) => line.replaceAll('\r', '\n'))),
    });
  }

  private say(lines: readonly string[]): void {
    this.log.append(lines);
    this.tail?.append(lines);
  }
}

function eventHeaders(invocation: FunctionInvocation, deadline: number): Record<string, string> {
  const { clientContext, functionArn, requestId } = invocation;
  return {
    'Lambda-Runtime-Aws-Request-Id': requestId,
    'Lambda-Runtime-Deadline-Ms': String(deadline),
    'Lambda-Runtime-Invoked-Function-Arn': functionArn,
    'Lambda-Runtime-Trace-Id': traceId(randomBytes(12).toString('hex'), new Date()),
    ...(clientContext !== undefined && { 'Lambda-Runtime-Client-Context': headerJson(clientContext) }),
  };
}

/** Invoke takes JSON as Base64, and a runtime gets the JSON: in one line and in ASCII, as headers must be. */
function headerJson(base64: string): string {
  const value: unknown = JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  return JSON.stringify(value).replaceAll(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function environmentFailed(failure: EnvironmentFailure, requestId: string): Outcome {
  const payload = Buffer.from(JSON.stringify(failurePayload(failure, requestId)));
  return { payload, error: 'Unhandled', failed: reportStatus(failure) };
}

function reportStatus(failure: EnvironmentFailure | InitError): ReportStatus {
  if (failure.kind === 'timeout') return { status: 'timeout' };
  return { status: 'error', errorType: failure.kind === 'initError' ? failure.errorType : failureType(failure) };
}
