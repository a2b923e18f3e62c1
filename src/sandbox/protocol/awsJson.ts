import { decodeJson, encodeJson, parseJson } from './json.js';
import type { Model } from './model.js';
import { type Protocol, statusOf, withMessage } from './protocol.js';
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
    status: statusOf(model, error),
    headers: { ...headers(model, requestId), ...queryError(model, error) },
    body: JSON.stringify({ __type: model?.error(error.code)?.name ?? error.code, ...withMessage(model, error) }),
  }),
};

function headers(model: Model | undefined, requestId: string): Record<string, string> {
  return {
    'content-type': `application/x-amz-json-${model?.document.metadata.jsonVersion ?? '1.1'}`,
    'x-amzn-requestid': requestId,
  };
}

/** Where a service used to speak awsQuery, programs still compare with its codes: clients take them from this header. */
function queryError(model: Model | undefined, error: ServiceError): Record<string, string> {
  if (!model?.document.metadata.awsQueryCompatible) return {};
  const code = model.error(error.code)?.shape.error?.code ?? error.code;
  return { 'x-amzn-query-error': `${code};${statusOf(model, error) < 500 ? 'Sender' : 'Receiver'}` };
}
