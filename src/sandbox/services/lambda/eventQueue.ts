import type { Clock } from '../../../core/clock.js';
import { ServiceError } from '../../protocol/service.js';
import type { Collection, Store } from '../../store/store.js';
import type { FunctionReference } from './functionArn.js';
import type { FunctionStore } from './functionStore.js';
import type { Call, CallOutcome } from './invocations.js';

interface QueuedEvent {
  /** Of the call that brought it: every attempt has it (localstack, test_request_id_async_invoke_with_retry). */
  readonly requestId: string;
  readonly reference: FunctionReference;
  /** Base64. */
  readonly payload: string;
  readonly received: Date;
  readonly due: Date;
  /** Attempts in which the function failed. */
  readonly failures: number;
  /** Attempts, since the last of these, for which it was not run at all. */
  readonly refusals: number;
}

/*
 * "How Lambda handles errors and retries with asynchronous invocation": a function that fails runs twice more, one
 * minute and two minutes later; an event for which there is no room waits for 1 second to 5 minutes and is given up
 * after 6 hours.
 */
const minute = 60_000;
const retryDelays: readonly number[] = [minute, 2 * minute];
const longestBackoff = 5 * minute;
const longestAge = 360 * minute;

export interface EventQueueOptions {
  readonly store: Store;
  readonly functions: FunctionStore;
  readonly clock: Clock;
  readonly run: (call: Call) => Promise<CallOutcome>;
  /** Told of errors that are no ServiceError: faults of ours. */
  readonly onFault: (error: unknown, requestId: string) => void;
}

/**
 * Events that nobody waits for. Each is stored before its caller hears of it, so it is delivered at least once, also
 * over a kill -9.
 */
export class EventQueue {
  private readonly events: Collection<QueuedEvent>;
  private closed = false;

  constructor(private readonly options: EventQueueOptions) {
    this.events = options.store.collection<QueuedEvent>('function-event');
  }

  /** Client contexts are for callers who wait (Invoke, API reference, ClientContext). */
  enqueue = ({ reference, requestId, payload }: Call): void => {
    const now = this.now();
    const event = {
      ...{ requestId, reference, payload: Buffer.from(payload).toString('base64') },
      ...{ received: now, due: now, failures: 0, refusals: 0 },
    };
    this.schedule(this.events.put(requestId, event));
  };

  start(): void {
    for (const event of this.events.values()) this.schedule(event);
  }

  /** What has not been delivered is delivered after the next start. */
  close(): void {
    this.closed = true;
  }

  private schedule(event: QueuedEvent): void {
    const wait = Math.max(0, event.due.getTime() - this.options.clock.now());
    this.options.clock.after(wait, () => void this.deliver(event));
  }

  private async deliver(event: QueuedEvent): Promise<void> {
    if (this.closed) return;
    const next = await this.attempt(event);
    if (this.closed) return;
    if (next && this.options.clock.now() - event.received.getTime() < longestAge) {
      this.schedule(this.events.put(event.requestId, next));
    } else this.events.delete(event.requestId);
  }

  /** Returns what is left to be done of it. */
  private async attempt(event: QueuedEvent): Promise<QueuedEvent | undefined> {
    const { functions, run, onFault } = this.options;
    const { requestId, reference, failures, refusals } = event;
    const record = functions.find(reference.name);
    // Deleted, or stopped on purpose: reserved concurrency of 0 ("Configuring reserved concurrency").
    if (!record || record.reserved === 0) return undefined;
    try {
      const { error } = await run({
        ...{ reference, requestId, clientContext: undefined },
        payload: Buffer.from(event.payload, 'base64'),
      });
      const delay = retryDelays[failures];
      return error !== undefined && delay !== undefined
        ? { ...event, due: this.now(delay), failures: failures + 1, refusals: 0 }
        : undefined;
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'ResourceNotFoundException') return undefined;
      if (!(error instanceof ServiceError)) onFault(error, requestId);
      const backoff = Math.min(1000 * 2 ** refusals, longestBackoff);
      return { ...event, due: this.now(backoff), refusals: refusals + 1 };
    }
  }

  private now(delay = 0): Date {
    return new Date(this.options.clock.now() + delay);
  }
}
