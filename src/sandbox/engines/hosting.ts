import type { TemporaryKeys } from '../services/ports.js';

/** A production variant as the engine needs it. */
export interface VariantSpec {
  readonly name: string;
  readonly model: ModelSpec;
  readonly instanceType: string;
  readonly instanceCount: number;
  /** Share of the traffic, relative to the other variants' weights. */
  readonly weight: number;
}

export interface ModelSpec {
  readonly name: string;
  readonly image: string;
  /** `s3://…/model.tar.gz`; undefined for a model without artifacts. */
  readonly dataUrl: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly keys: () => TemporaryKeys;
}

export interface EndpointSpec {
  readonly name: string;
  readonly region: string;
  readonly variants: readonly VariantSpec[];
}

export interface Invocation {
  readonly body: Uint8Array;
  readonly contentType: string | undefined;
  readonly accept: string | undefined;
  readonly customAttributes: string | undefined;
  readonly targetVariant: string | undefined;
  readonly signal: AbortSignal;
}

export interface InvocationAnswer {
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly customAttributes: string | undefined;
  readonly variant: string;
}

export interface HostingEngine {
  /**
   * Brings the endpoint to `spec`: starts what is new, and only when all of it answers /ping moves the traffic and ends
   * what is old, so no request is lost. Resolves when in service.
   * @throws {Error} whose message is the FailureReason; what served before goes on serving.
   */
  apply(spec: EndpointSpec): Promise<void>;
  /** @throws {ServiceError} ModelError (424), ValidationError… as InvokeEndpoint words them. */
  invoke(endpoint: string, invocation: Invocation): Promise<InvocationAnswer>;
  remove(endpoint: string): Promise<void>;
  /** Ends every model server; resolves when no process is left. */
  close(): Promise<void>;
}
