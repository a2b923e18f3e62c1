import type { Members, Model, Reference, Shape } from './model.js';
import { ServiceError } from './service.js';

/*
 * Constraints of the model, in the words of AWS's common validator. The forms are those of real answers quoted in
 * public threads: aws/sagemaker-python-sdk #143 (enum), #314 (map values), #6016 (map size); aws/aws-sdk-js #4203
 * (sensitive values are not repeated); appleboy/lambda-action #72 (lists of scalars);
 * aws-samples/sagemaker-ml-workflow-with-apache-airflow #3 (two errors; length before pattern).
 */

/** The validator stops counting at ten (mhart/dynalite, measured on DynamoDB). */
const mostErrors = 10;

/**
 * The code that a service gives to what its model forbids: awsJson services have ValidationException, awsQuery services
 * ValidationError, and these are neither (awslabs/aws-embedded-metrics-java #65, aws/aws-sdk-js #4203).
 */
const codes: Readonly<Record<string, string>> = {
  logs: 'InvalidParameterException',
  'sagemaker-runtime': 'ValidationError',
  cloudwatch: 'ValidationError',
};

/** @throws {ServiceError} that names everything in `input` which the model forbids. */
export function validate(model: Model, shape: string, input: Members, dialect: 'json' | 'query'): void {
  const message = validationMessage(model, shape, input);
  if (message === undefined) return;
  throw new ServiceError(codes[model.id] ?? (dialect === 'json' ? 'ValidationException' : 'ValidationError'), message);
}

/** What is wrong with `input`, as one message; undefined when nothing is. */
export function validationMessage(model: Model, shape: string, input: Members): string | undefined {
  const errors: string[] = [];
  checkStructure(model, shape, input, '', errors);
  if (errors.length === 0) return undefined;
  const told = errors.slice(0, mostErrors);
  return `${told.length} validation error${told.length > 1 ? 's' : ''} detected: ${told.join('; ')}`;
}

function checkStructure(model: Model, shapeName: string, value: Members, path: string, errors: string[]): void {
  const shape = model.structure(shapeName);
  for (const name in shape.members) {
    const member = shape.members[name];
    if (!member || errors.length >= mostErrors) return;
    const found = value[name];
    if (found !== undefined) check(model, member, found, path + lowerFirst(name), errors);
    else if (shape.required?.includes(name)) errors.push(nullAt(path + lowerFirst(name)));
  }
}

function check(model: Model, { shape: name }: Reference, value: unknown, path: string, errors: string[]): void {
  const shape = model.shape(name);
  const fail = (constraint: string): void => {
    const echo = shape.sensitive ? '' : ` '${javaText(model, name, value)}'`;
    errors.push(`Value${echo} at '${path}' failed to satisfy constraint: ${constraint}`);
  };
  violations(model, shape, value).forEach(fail);

  if (shape.type === 'structure') checkStructure(model, name, value as Members, `${path}.`, errors);
  else if (shape.type === 'list') {
    const member = model.shape(shape.member.shape);
    const items = value as readonly unknown[];
    if (isContainer(member)) {
      items.forEach((item, index) => checkItem(model, shape.member, item, `${path}.${index + 1}.member`, errors));
    } else if (items.some((item) => item === null || violations(model, member, item).length > 0)) {
      fail(`Member must satisfy constraint: [${allConstraints(member, items)}]`);
    }
  } else if (shape.type === 'map') {
    const entries = Object.entries(value as Members);
    const [key, member] = [model.shape(shape.key.shape), model.shape(shape.value.shape)];
    if (entries.some(([text]) => violations(model, key, text).length > 0)) {
      fail(`Map keys must satisfy constraint: [${allConstraints(key, [])}]`);
    }
    const items = Object.values(value as Members);
    if (isContainer(member)) {
      for (const [text, item] of entries) checkItem(model, shape.value, item, `${path}.${text}.member`, errors);
    } else if (items.some((item) => item === null || violations(model, member, item).length > 0)) {
      fail(`Map value must satisfy constraint: [${allConstraints(member, items)}]`);
    }
  }
}

function checkItem(model: Model, member: Reference, item: unknown, path: string, errors: string[]): void {
  if (item === null) errors.push(nullAt(path));
  else check(model, member, item, path, errors);
}

const nullAt = (path: string): string =>
  `Value null at '${path}' failed to satisfy constraint: Member must not be null`;

/** What `value` itself breaks, not what is in it. */
function violations(model: Model, shape: Shape, value: unknown): string[] {
  const { min, max, pattern } = shape;
  if (min === undefined && max === undefined && pattern === undefined && !shape.enum) return [];
  const broken: string[] = [];
  const size = sizeOf(value);
  if (max !== undefined && size > max) broken.push(atMost(shape, max));
  if (min !== undefined && size < min) broken.push(atLeast(shape, min));
  if (typeof value === 'string') {
    if (pattern !== undefined && !model.pattern(pattern).test(value)) broken.push(matching(pattern));
    if (shape.enum && !shape.enum.includes(value)) broken.push(oneOf(shape.enum));
  }
  return broken;
}

/** Every constraint of the members of a list or map, the kept ones too: so the validator names them. */
function allConstraints(shape: Shape, items: readonly unknown[]): string {
  return [
    ...(shape.max === undefined ? [] : [atMost(shape, shape.max)]),
    ...(shape.min === undefined ? [] : [atLeast(shape, shape.min)]),
    ...(shape.pattern === undefined ? [] : [matching(shape.pattern)]),
    ...(shape.enum ? [oneOf(shape.enum)] : []),
    ...(items.includes(null) ? ['Member must not be null'] : []),
  ].join(', ');
}

const quantity = (shape: Shape): string =>
  ['integer', 'long', 'float', 'double'].includes(shape.type) ? 'value' : 'length';
const atMost = (shape: Shape, max: number): string =>
  `Member must have ${quantity(shape)} less than or equal to ${max}`;
const atLeast = (shape: Shape, min: number): string =>
  `Member must have ${quantity(shape)} greater than or equal to ${min}`;
const matching = (pattern: string): string => `Member must satisfy regular expression pattern: ${pattern}`;
const oneOf = (values: readonly string[]): string => `Member must satisfy enum value set: [${values.join(', ')}]`;

/** A number itself; characters, bytes, items or entries of anything else. */
function sizeOf(value: unknown): number {
  if (typeof value === 'number') return value;
  // Characters are code points (Smithy's `length` trait), not UTF-16 units.
  if (typeof value === 'string') return /[\ud800-\udfff]/.test(value) ? Array.from(value).length : value.length;
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

function isContainer(shape: Shape): boolean {
  return shape.type === 'structure' || shape.type === 'list' || shape.type === 'map';
}

/** A value as Java prints it, which is what the message repeats: `[a, b]`, `{k=v}`, `Tag(key=k, value=v)`. */
function javaText(model: Model, name: string, value: unknown): string {
  if (value === null || value === undefined) return 'null';
  const shape = model.shape(name);
  if (shape.sensitive) return '***';
  if (shape.type === 'list') {
    return `[${(value as readonly unknown[]).map((item) => javaText(model, shape.member.shape, item)).join(', ')}]`;
  }
  if (shape.type === 'map') {
    const entries = Object.entries(value as Members);
    return `{${entries.map(([key, item]) => `${key}=${javaText(model, shape.value.shape, item)}`).join(', ')}}`;
  }
  if (shape.type === 'structure') {
    const members = Object.entries(shape.members).map(
      ([member, reference]) => `${lowerFirst(member)}=${javaText(model, reference.shape, (value as Members)[member])}`,
    );
    return `${name}(${members.join(', ')})`;
  }
  if (value instanceof Date) return value.toISOString();
  const scalar = value as string | number | boolean;
  return String(scalar);
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
