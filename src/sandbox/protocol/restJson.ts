import { decodeJson, encodeJson, parseJson } from './json.js';
import type { Members, Model, Reference } from './model.js';
import { type Call, type Protocol, statusOf, withMessage } from './protocol.js';
import { readTimestamp, writeTimestamp } from './scalars.js';
import { ServiceError } from './service.js';

/** restJson: members in the path, the query, headers and the body, as the model says. */
export const restJson: Protocol = {
  dialect: 'json',

  read: (model, operation, call) => {
    if (operation.input === undefined) return {};
    const shape = model.structure(operation.input);
    const labels = readLabels(operation.http.requestUri, call.path);
    const parameters = new URLSearchParams(call.query);
    const input: Record<string, unknown> = readBody(model, operation.input, call.body);
    for (const [name, member] of Object.entries(shape.members)) {
      const wireName = member.locationName ?? name;
      const { type } = model.shape(member.shape);
      if (member.location === 'querystring' && type === 'list') {
        // A list is a parameter that comes several times.
        if (parameters.has(wireName)) input[name] = parameters.getAll(wireName);
        continue;
      }
      const text =
        member.location === 'uri'
          ? labels.get(wireName)
          : member.location === 'querystring'
            ? (parameters.get(wireName) ?? undefined)
            : member.location === 'header'
              ? header(call, wireName)
              : undefined;
      if (text !== undefined) input[name] = readText(model, member, text);
    }
    return input;
  },

  write: (model, _name, operation, output, requestId) => {
    const shape = operation.output && model.structure(operation.output.shape);
    const headers: Record<string, string> = { 'x-amzn-requestid': requestId };
    let status = operation.http.responseCode ?? 200;
    for (const [name, member] of Object.entries(shape?.members ?? {})) {
      const value = output[name];
      if (value === undefined || value === null) continue;
      if (member.location === 'header') headers[(member.locationName ?? name).toLowerCase()] = writeText(member, value);
      if (member.location === 'statusCode') status = Number(value);
    }
    const body = operation.output ? writeBody(model, operation.output.shape, output) : '';
    if (typeof body === 'string') headers['content-type'] ??= 'application/json';
    return { status, headers, body };
  },

  fail: (model, error, requestId) => ({
    status: statusOf(model, error),
    headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId, 'x-amzn-errortype': error.code },
    body: JSON.stringify(withMessage(model, error)),
  }),
};

/** The name of the operation that a request belongs to, also of one that the model has only the name of. */
export function findRestOperation(model: Model, method: string, path: string, query: string): string | undefined {
  const { operations, others = [] } = model.document;
  const all = [
    ...Object.entries(operations).map(([name, { http }]) => [http.method, http.requestUri, name] as const),
    ...others,
  ];
  const parameters = query.split('&');
  const found = all.filter(([itsMethod, uri]) => {
    const constant = uri.split('?')[1];
    return (
      itsMethod === method &&
      uriPattern(uri).test(path) &&
      (constant === undefined || constant.split('&').every((one) => parameters.includes(one)))
    );
  });
  // Two operations may differ in a constant query alone (`?List=ALL`): who sends it means the one that has it.
  return (found.find(([, uri]) => uri.includes('?')) ?? found[0])?.[2];
}

const patterns = new Map<string, RegExp>();

/** `/endpoints/{EndpointName}/invocations` as a pattern with a group for each label; `{Name+}` takes slashes too. */
function uriPattern(template: string): RegExp {
  let pattern = patterns.get(template);
  if (!pattern) {
    const source = template
      .replace(/\?.*/, '')
      .split(/(\{[^}]+\})/)
      .map((part) => (part.startsWith('{') ? (part.endsWith('+}') ? '(.+)' : '([^/]+)') : literal(part)));
    patterns.set(template, (pattern = new RegExp(`^${source.join('')}/?$`)));
  }
  return pattern;
}

/** @throws {ServiceError} SerializationException for what is no percent-encoding. */
function readLabels(template: string, path: string): Map<string, string> {
  const names = [...template.matchAll(/\{([^}+]+)\+?\}/g)].map(([, name = '']) => name);
  const values = uriPattern(template).exec(path)?.slice(1) ?? [];
  return new Map(names.map((name, index) => [name, decodeLabel(values[index] ?? '')]));
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function decodeLabel(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ServiceError('SerializationException', `The path holds an invalid percent-encoding: ${text}`);
  }
}

function readBody(model: Model, shapeName: string, body: Uint8Array): Record<string, unknown> {
  const shape = model.structure(shapeName);
  if (shape.payload === undefined) {
    const inBody = Object.values(shape.members).some(({ location }) => location === undefined);
    return inBody && body.length > 0 ? { ...decodeJson(model, shapeName, parseJson(body)) } : {};
  }
  const member = shape.members[shape.payload];
  if (!member) throw new Error(`${shapeName} has no member ${shape.payload}.`);
  const payload = model.shape(member.shape);
  if (payload.type === 'blob') return { [shape.payload]: body };
  if (body.length === 0) return {};
  if (payload.type === 'string') return { [shape.payload]: Buffer.from(body).toString('utf8') };
  return { [shape.payload]: decodeJson(model, member.shape, parseJson(body)) };
}

function writeBody(model: Model, shapeName: string, output: Members): string | Uint8Array {
  const shape = model.structure(shapeName);
  const member = shape.payload === undefined ? undefined : shape.members[shape.payload];
  if (shape.payload !== undefined && member) {
    const value = output[shape.payload];
    if (value === undefined || value === null) return new Uint8Array();
    const payload = model.shape(member.shape);
    return payload.type === 'structure'
      ? encodeJson(model, member.shape, value as Members)
      : (value as string | Uint8Array);
  }
  const inBody = Object.entries(shape.members).filter(([, { location }]) => location === undefined);
  return encodeJson(model, shapeName, Object.fromEntries(inBody.map(([name]) => [name, output[name]])));
}

function readText(model: Model, member: Reference, text: string): unknown {
  const { type } = model.shape(member.shape);
  if (type === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true';
    throw cannotConvert(text, 'a Boolean');
  }
  if (type === 'timestamp') {
    const date = readTimestamp(text);
    if (date) return date;
    throw cannotConvert(text, 'a timestamp');
  }
  if (type === 'integer' || type === 'long' || type === 'float' || type === 'double') {
    const number = text === '' ? NaN : Number(text);
    if (!Number.isNaN(number)) return number;
    throw cannotConvert(text, 'a number');
  }
  return text;
}

function writeText(member: Reference, value: unknown): string {
  if (value instanceof Date) return String(writeTimestamp(value, member.timestampFormat ?? 'rfc822'));
  // A header is one line of Latin-1; Node refuses to send anything else.
  return String(value).replace(/[^\t\x20-\x7e\x80-\xff]/g, ' ');
}

function header(call: Call, name: string): string | undefined {
  const value = call.headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(',') : value;
}

function cannotConvert(text: string, type: string): ServiceError {
  return new ServiceError('SerializationException', `'${text}' can not be converted to ${type}`);
}
