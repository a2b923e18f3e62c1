import type { Members, Model, Reference, ScalarShape, Shape } from './model.js';
import { integerRange, namedNumbers, readBase64, readTimestamp, writeTimestamp } from './scalars.js';
import { ServiceError } from './service.js';

/*
 * awsJson 1.0 and 1.1, and the JSON bodies of restJson. What a wrong type is answered with was measured on AWS by
 * others: Athena (awsJson 1.1: raw bodies and their answers) and DynamoDB (mhart/dynalite, validations): grammar and
 * full stops are AWS's. Where no wording is known, SerializationException goes out without a message, as AWS also does.
 */

/** @throws {ServiceError} SerializationException. */
export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw serializationError();
  }
}

/** @throws {ServiceError} SerializationException when `value` is no JSON object or a member has the wrong type. */
export function decodeJson(model: Model, shape: string, value: unknown): Members {
  // A scalar instead of the whole input gets no message, unlike one instead of a member.
  if (typeof value !== 'object' || value === null) throw serializationError();
  return decode(model, model.structure(shape), value) as Members;
}

export function encodeJson(model: Model, shape: string, members: Members): string {
  return JSON.stringify(encode(model, { shape }, members));
}

function decode(model: Model, shape: Shape, value: unknown): unknown {
  if (shape.type === 'structure') {
    const source = asObject(value, 'Expected null');
    const result: Record<string, unknown> = {};
    // Walking the model's members drops the ones that it does not know, as AWS does.
    for (const [name, member] of Object.entries(shape.members)) {
      const wireName = member.locationName ?? name;
      const found = Object.hasOwn(source, wireName) ? source[wireName] : undefined;
      // null is the same as absent.
      if (found !== undefined && found !== null) result[name] = decode(model, model.shape(member.shape), found);
    }
    return result;
  }
  if (shape.type === 'list') {
    if (!Array.isArray(value)) throw mismatch(value, 'Expected list or null');
    const member = model.shape(shape.member.shape);
    return value.map((item) => (item === null ? null : decode(model, member, item)));
  }
  if (shape.type === 'map') {
    const member = model.shape(shape.value.shape);
    const entries = Object.entries(asObject(value, 'Expected map or null'));
    return Object.fromEntries(entries.map(([key, item]) => [key, item === null ? null : decode(model, member, item)]));
  }
  return decodeScalar(shape, value);
}

function decodeScalar(shape: ScalarShape, value: unknown): unknown {
  switch (shape.type) {
    case 'string':
    case 'character':
      if (typeof value === 'string') return value;
      throw cannotConvert(value, 'a String');
    case 'boolean':
      if (typeof value === 'boolean') return value;
      throw cannotConvert(value, 'a Boolean');
    case 'integer':
    case 'long': {
      const name = shape.type === 'integer' ? 'an Integer' : 'a Long';
      if (typeof value !== 'number') throw cannotConvert(value, name);
      const { from, to } = integerRange[shape.type];
      if (!Number.isInteger(value) || value < from || value > to) throw cannotConvert(value, name);
      return value;
    }
    case 'float':
    case 'double':
      if (typeof value === 'number') return value;
      if (typeof value === 'string' && Object.hasOwn(namedNumbers, value)) return namedNumbers[value];
      throw cannotConvert(value, shape.type === 'float' ? 'a Float' : 'a Double');
    case 'timestamp': {
      // Seconds since 1970; ISO 8601 is not taken.
      const date = typeof value === 'number' ? readTimestamp(String(value)) : undefined;
      if (date) return date;
      throw cannotConvert(value, 'milliseconds since epoch');
    }
    case 'blob': {
      if (typeof value !== 'string') throw cannotConvert(value, 'a Blob');
      const bytes = readBase64(value);
      if (bytes) return bytes;
      throw serializationError(`'${value}' can not be converted to a Blob: it is no Base64`);
    }
  }
}

function encode(model: Model, reference: Reference, value: unknown): unknown {
  const shape = model.shape(reference.shape);
  switch (shape.type) {
    case 'structure': {
      const source = value as Members;
      const result: Record<string, unknown> = {};
      for (const [name, member] of Object.entries(shape.members)) {
        const found = source[name];
        if (found !== undefined && found !== null) {
          result[member.locationName ?? name] = encode(model, member, found);
        }
      }
      return result;
    }
    case 'list':
      return (value as readonly unknown[]).map((item) => encode(model, shape.member, item));
    case 'map':
      return Object.fromEntries(
        Object.entries(value as Members).map(([key, item]) => [key, encode(model, shape.value, item)]),
      );
    case 'timestamp':
      return writeTimestamp(value as Date, reference.timestampFormat ?? shape.timestampFormat ?? 'unixTimestamp');
    case 'blob':
      return Buffer.from(value as Uint8Array).toString('base64');
    case 'float':
    case 'double':
      return Number.isFinite(value) ? value : String(value);
    case 'string':
    case 'character':
    case 'boolean':
    case 'integer':
    case 'long':
      return value;
  }
}

function asObject(value: unknown, expected: string): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mismatch(value, expected);
  return value as Members;
}

/** A list, structure or map where something else belongs is named as what it is; a scalar by what was `expected`. */
function mismatch(value: unknown, expected: string): ServiceError {
  if (Array.isArray(value)) return serializationError('Start of list found where not expected');
  if (typeof value === 'object') return serializationError('Start of structure or map found where not expected.');
  return serializationError(expected);
}

function cannotConvert(value: unknown, type: string): ServiceError {
  const token =
    typeof value === 'string' ? 'STRING' : typeof value === 'number' ? 'NUMBER' : value === true ? 'TRUE' : 'FALSE';
  return mismatch(value, `${token}_VALUE can not be converted to ${type}`);
}

function serializationError(message = ''): ServiceError {
  return new ServiceError('SerializationException', message);
}
