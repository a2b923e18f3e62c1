import { decodeJson, encodeJson, parseJson } from './json.js';
import type { Model } from './model.js';
import { type Protocol, queryCode, statusOf, withMessage } from './protocol.js';
import type { ServiceError } from './service.js';

/** awsJson 1.0 and 1.1: the operation's name in X-Amz-Target, one JSON object each way. */
export const awsJson: Protocol = {
  dialect: 'json',

  read: (model, operation, { body }) =>
    operation.input === undefined ? {} : decodeJson(model, operation.input, parseJson(body)),

  write: (model, _name, operation, output, requestId) => ({
    status: 200,
    headers: headers(model, requestId),
    body: operation.output ? encodeJson(model, operation.output.shape, output) : '',
  }),

  fail: (model, error, requestId) => ({
    status: jsonStatus(model, error),
    headers: { ...headers(model, requestId), ...queryError(model, error) },
    body: JSON.stringify({ __type: model?.error(error.code)?.name ?? error.code, ...withMessage(model, error) }),
  }),
};

/** What restJson and the XML protocols forbid with 403 is a bad request like any other (mhart/dynalite, index.js). */
function jsonStatus(model: Model | undefined, error: ServiceError): number {
  const status = statusOf(model, error);
  return status === 403 ? 400 : status;
}

function headers(model: Model | undefined, requestId: string): Record<string, string> {
  return {
    'content-type': `application/x-amz-json-${model?.document.metadata.jsonVersion ?? '1.1'}`,
    'x-amzn-requestid': requestId,
  };
}

/** Where a service used to speak awsQuery, programs still compare with its codes: clients take them from this header. */
function queryError(model: Model | undefined, error: ServiceError): Record<string, string> {
  if (!model?.document.metadata.awsQueryCompatible) return {};
  return { 'x-amzn-query-error': `${queryCode(model, error)};${statusOf(model, error) < 500 ? 'Sender' : 'Receiver'}` };
}
