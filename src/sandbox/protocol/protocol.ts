import type { IncomingHttpHeaders } from 'node:http';
import type { Dialect } from '../http/refusals.js';
import type { Members, Model, OperationModel } from './model.js';
import type { ServiceError } from './service.js';

/** A request whose signature was verified and whose operation is known. */
export interface Call {
  readonly headers: IncomingHttpHeaders;
  /** As sent. */
  readonly path: string;
  /** As sent, without the `?`. */
  readonly query: string;
  readonly body: Uint8Array;
}

/** An answer, ready for the socket. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** How input, output and errors are put on the wire, driven by a service's model. */
export interface Protocol {
  readonly dialect: Exclude<Dialect, 's3'>;
  /** @throws {ServiceError} when the request is malformed or a member has the wrong type. */
  read(model: Model, operation: OperationModel, call: Call): Members;
  write(model: Model, name: string, operation: OperationModel, output: Members, requestId: string): Reply;
  /** `model` is undefined when the request names no service that is known. */
  fail(model: Model | undefined, error: ServiceError, requestId: string): Reply;
}

/** The model knows the status of its own errors better than the place that throws them. */
export function statusOf(model: Model | undefined, error: ServiceError): number {
  const shape = model?.error(error.code)?.shape;
  return shape?.error?.httpStatusCode ?? (shape?.fault ? 500 : error.status);
}

/**
 * The error's code in awsQuery. IAM's refusal is in no model, and has no `Exception` there
 * (RafalWilinski/cloudwatch-public-metrics#6; with status 403: tomaszkiewicz/prometheus-alertmanager-cloudwatch-webhook#3).
 */
export function queryCode(model: Model | undefined, { code }: ServiceError): string {
  return model?.error(code)?.shape.error?.code ?? (code === 'AccessDeniedException' ? 'AccessDenied' : code);
}

/** `Message` where the error's shape spells it so, and in the common SerializationException; else `message`. */
export function withMessage(model: Model | undefined, error: ServiceError): Members {
  const shape = model?.error(error.code)?.shape;
  const capital = shape ? 'Message' in shape.members : error.code === 'SerializationException';
  return {
    ...error.members,
    ...(error.message !== '' && { [capital ? 'Message' : 'message']: error.message }),
  };
}
