/** What a call made or changed. */
export const resourceKinds = [
  'bucket',
  'objects',
  'training-job',
  'tuning-job',
  'model',
  'endpoint-config',
  'endpoint',
  'role',
  'function',
  'function-version',
  'function-alias',
] as const;
export type ResourceKind = (typeof resourceKinds)[number];

/** What the service answered to a change. */
export interface Receipt {
  /** The service's own id of the call: what its support asks for. */
  readonly requestId: string | undefined;
  readonly arn: string | undefined;
}

/** Of an SDK command's output. */
export function receipt({ $metadata }: { $metadata: { requestId?: string | undefined } }, arn?: string): Receipt {
  return { arn, requestId: $metadata.requestId };
}

/**
 * A call that changes the cloud, not made yet. Gateways return these instead of making the call, and only
 * `launch/mutate.ts` sends them: nothing can be created or deleted that the ledger does not know of.
 */
export interface Change<R extends Receipt = Receipt> {
  /** The API operation: `CreateEndpoint`. */
  readonly operation: string;
  readonly kind: ResourceKind;
  readonly effect: 'create' | 'update' | 'stop' | 'delete';
  readonly name: string;
  send(): Promise<R>;
}

/** What we know of a change beside the call itself. */
export interface ChangeFacts {
  /** Entry of the project file: `endpoints.breeds`. */
  readonly entry?: string;
  readonly usdPerHour?: number;
}

/** The one way to send a change. Implemented by `launch/mutate.ts`, handed down to the rooms below. */
export type Mutate = <R extends Receipt>(change: Change<R>, facts?: ChangeFacts) => Promise<R>;
