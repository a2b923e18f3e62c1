import type { ListShape, MapShape, Members, Model, Reference, ScalarShape, Shape } from './model.js';
import { integerRange, namedNumbers, readBase64, readTimestamp, writeTimestamp } from './scalars.js';
import { ServiceError } from './service.js';
import { element, escapeXml } from './xml.js';

/** A request's form as the tree that its dotted names are: `Tags.member.1.Key` is four steps deep. */
export interface Form {
  value: string | undefined;
  readonly children: Map<string, Form>;
}

/** Deeper than any input; a form cannot make the reader recurse without end. */
const deepest = 32;

/** @throws {ServiceError} MalformedQueryString. */
export function parseForm(text: string): Form {
  const root = emptyForm();
  for (const [name, value] of new URLSearchParams(text)) {
    const steps = name.split('.');
    if (steps.length > deepest) {
      throw new ServiceError('MalformedQueryString', `The parameter ${name.slice(0, 100)}… is nested too deeply.`);
    }
    let form = root;
    for (const step of steps) {
      let child = form.children.get(step);
      if (!child) form.children.set(step, (child = emptyForm()));
      form = child;
    }
    form.value = value;
  }
  return root;
}

/** @throws {ServiceError} MalformedInput when a parameter has the wrong form. */
export function decodeQuery(model: Model, shape: string, form: Form): Members {
  return decode(model, model.structure(shape), form) as Members;
}

function decode(model: Model, shape: Shape, form: Form): unknown {
  if (shape.type === 'structure') {
    const result: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(shape.members)) {
      const found = form.children.get(member.locationName ?? name);
      if (found) result[name] = decode(model, model.shape(member.shape), found);
    }
    return result;
  }
  if (shape.type === 'list') return decodeList(model, shape, form);
  if (shape.type === 'map') return decodeMap(model, shape, form);
  // What AWS says of a structure where a value belongs: jclouds/legacy-jclouds #274.
  if (form.value === undefined) throw malformed('Unexpected complex element termination');
  return decodeScalar(shape, form.value);
}

function decodeList(model: Model, shape: ListShape, form: Form): unknown[] {
  const member = model.shape(shape.member.shape);
  const items = shape.flattened ? form : form.children.get(shape.member.locationName ?? 'member');
  // `Tags=` is how an empty list is sent.
  if (!items && form.value === '') return [];
  // A list without `member` in its names: aws-beam/aws-elixir #199.
  if (!items) throw malformed('Top level element may not be treated as a list');
  return inOrder(items).map((item) => decode(model, member, item));
}

function decodeMap(model: Model, shape: MapShape, form: Form): Members {
  const entries = shape.flattened ? form : form.children.get('entry');
  if (!entries && form.value === '') return {};
  if (!entries) throw malformed('Unexpected complex element termination');
  return Object.fromEntries(
    inOrder(entries).map((entry) => {
      const key = entry.children.get(shape.key.locationName ?? 'key')?.value;
      const value = entry.children.get(shape.value.locationName ?? 'value');
      if (key === undefined || !value) throw malformed('Unexpected complex element termination');
      return [key, decode(model, model.shape(shape.value.shape), value)];
    }),
  );
}

/** The numbers give the order; they need not be without gaps. */
function inOrder(form: Form): Form[] {
  const numbered = [...form.children].map(([number, item]) => ({ number: Number(number), item }));
  if (numbered.some(({ number }) => !Number.isInteger(number))) {
    throw malformed('Top level element may not be treated as a list');
  }
  return numbered.sort((a, b) => a.number - b.number).map(({ item }) => item);
}

function decodeScalar(shape: ScalarShape, text: string): unknown {
  switch (shape.type) {
    case 'string':
    case 'character':
      return text;
    case 'boolean':
      if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
      throw cannotConvert(text, 'a Boolean');
    case 'integer':
    case 'long': {
      const { from, to } = integerRange[shape.type];
      const number = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
      if (number >= from && number <= to) return number;
      throw cannotConvert(text, shape.type === 'integer' ? 'an Integer' : 'a Long');
    }
    case 'float':
    case 'double': {
      if (Object.hasOwn(namedNumbers, text)) return namedNumbers[text];
      if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
      throw cannotConvert(text, shape.type === 'float' ? 'a Float' : 'a Double');
    }
    case 'timestamp': {
      const date = readTimestamp(text);
      if (date) return date;
      // brendanhay/amazonka #495.
      throw malformed('timestamp must follow ISO8601');
    }
    case 'blob': {
      const bytes = readBase64(text);
      if (bytes) return bytes;
      throw cannotConvert(text, 'a Blob');
    }
  }
}

/** The output's members as XML, without an element around them. */
export function encodeXml(model: Model, shape: string, members: Members): string {
  let xml = '';
  for (const [name, member] of Object.entries(model.structure(shape).members)) {
    const value = members[name];
    if (value !== undefined && value !== null) xml += encode(model, member, member.locationName ?? name, value);
  }
  return xml;
}

function encode(model: Model, reference: Reference, name: string, value: unknown): string {
  const shape = model.shape(reference.shape);
  switch (shape.type) {
    case 'structure':
      return element(name, encodeXml(model, reference.shape, value as Members));
    case 'list': {
      const itemName = shape.flattened ? name : (shape.member.locationName ?? 'member');
      const items = (value as readonly unknown[]).map((item) => encode(model, shape.member, itemName, item)).join('');
      return shape.flattened ? items : element(name, items);
    }
    case 'map': {
      const entries = Object.entries(value as Members)
        .map(([key, item]) =>
          element(
            shape.flattened ? name : 'entry',
            element(shape.key.locationName ?? 'key', escapeXml(key)) +
              encode(model, shape.value, shape.value.locationName ?? 'value', item),
          ),
        )
        .join('');
      return shape.flattened ? entries : element(name, entries);
    }
    case 'timestamp':
      return element(
        name,
        String(writeTimestamp(value as Date, reference.timestampFormat ?? shape.timestampFormat ?? 'iso8601')),
      );
    case 'blob':
      return element(name, Buffer.from(value as Uint8Array).toString('base64'));
    case 'string':
    case 'character':
    case 'integer':
    case 'long':
    case 'float':
    case 'double':
    case 'boolean':
      return element(name, escapeXml(String(value)));
  }
}

function emptyForm(): Form {
  return { value: undefined, children: new Map() };
}

function malformed(message: string): ServiceError {
  return new ServiceError('MalformedInput', message);
}

function cannotConvert(text: string, type: string): ServiceError {
  return malformed(`'${text.slice(0, 100)}' can not be converted to ${type}`);
}
