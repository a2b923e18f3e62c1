import { BlockList, isIP } from 'node:net';
import { compilePattern, matches, resolve, type Context } from './pattern.js';

/** One operator and key of a Condition block, compiled. */
export interface Condition {
  /** As written, such as `aws:SourceIp`. */
  readonly key: string;
  readonly holds: (context: Context) => boolean;
}

/** Compares a value of the request with one of the policy. */
type Comparison = (given: string, context: Context) => boolean;

interface Operator {
  /** StringNotEquals and the like: true when no value of the policy fits, and when the request lacks the key. */
  readonly negated: boolean;
  compile(wanted: string, variables: boolean): Comparison;
}

/** @returns undefined when the operator does not exist. */
export function compileCondition(
  operator: string,
  key: string,
  values: readonly string[],
  variables: boolean,
): Condition | undefined {
  const [, quantifier, name = '', suffix] =
    /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(operator) ?? [];
  const lookUp = key.toLowerCase();
  if (name === 'Null' && suffix === undefined) {
    const holds: Condition['holds'] = (context) =>
      values.some((value) => (value.toLowerCase() === 'true') === !context.has(lookUp));
    return { key, holds };
  }
  const known = operators.get(name);
  if (!known) return undefined;
  const { negated } = known;
  const comparisons = values.map((value) => known.compile(value, variables));

  const holds: Condition['holds'] = (context) => {
    const found = context.get(lookUp);
    const given = found === undefined ? [] : typeof found === 'string' ? [found] : found;
    const fits = (value: string): boolean => comparisons.some((comparison) => comparison(value, context)) !== negated;
    // True for an empty set, and an empty string counts as one: "Set operators for multivalued context keys".
    if (quantifier === 'ForAllValues') return given.every((value) => value === '' || fits(value));
    if (given.length === 0) return suffix !== undefined || (negated && quantifier === undefined);
    return negated && quantifier === undefined ? given.every(fits) : given.some(fits);
  };
  return { key, holds };
}

function text(compare: (wanted: string, given: string) => boolean, wildcards = false): Operator['compile'] {
  return (wanted, variables) => {
    const pattern = compilePattern(wanted, { variables, wildcards });
    return (given, context) => {
      const resolved = resolve(pattern, context);
      return resolved !== undefined && compare(resolved, given);
    };
  };
}

function numbers(compare: (given: number, wanted: number) => boolean): Operator['compile'] {
  return (wanted) => {
    const bound = Number(wanted);
    // Comparisons with NaN, what is no number, are false.
    return (given) => given.trim() !== '' && compare(Number(given), bound);
  };
}

function dates(compare: (given: number, wanted: number) => boolean): Operator['compile'] {
  return (wanted) => {
    const bound = instant(wanted);
    return (given) => compare(instant(given), bound);
  };
}

/** ISO 8601 or seconds since 1970, in milliseconds; NaN when it is neither. */
export function instant(value: string): number {
  return /^-?\d{5,}$/.test(value) ? Number(value) * 1000 : Date.parse(value);
}

/** Each of an ARN's six parts is compared on its own; ArnEquals and ArnLike are the same operator. */
function arnLike(wanted: string, given: string): boolean {
  const patterns = wanted.split(':');
  const parts = given.split(':');
  if (patterns.length < 6 || parts.length < 6) return false;
  const resource = (all: string[]): string => all.slice(5).join(':');
  return (
    [0, 1, 2, 3, 4].every((part) => matches(patterns[part] ?? '', parts[part] ?? '')) &&
    matches(resource(patterns), resource(parts))
  );
}

/** @returns undefined when the text is no address or range. */
function addressRange(range: string): BlockList | undefined {
  const [address = '', prefix] = range.split('/');
  const version = isIP(address);
  const bits = version === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : Number(prefix);
  if (version === 0 || !Number.isInteger(length) || length < 0 || length > bits) return undefined;
  const list = new BlockList();
  list.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6');
  return list;
}

const inRange: Operator['compile'] = (wanted) => {
  const range = addressRange(wanted);
  return (given) => {
    const version = isIP(given);
    return version !== 0 && range !== undefined && range.check(given, version === 4 ? 'ipv4' : 'ipv6');
  };
};

const equal = (wanted: string, given: string): boolean => wanted === given;
const equalIgnoringCase = (wanted: string, given: string): boolean => wanted.toLowerCase() === given.toLowerCase();

/** "IAM JSON policy elements: Condition operators". */
const operators: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    ...pair('StringEquals', 'StringNotEquals', text(equal)),
    ...pair('StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', text(equalIgnoringCase)),
    ...pair('StringLike', 'StringNotLike', text(matches, true)),
    ...pair('ArnEquals', 'ArnNotEquals', text(arnLike, true)),
    ...pair('ArnLike', 'ArnNotLike', text(arnLike, true)),
    ...pair(
      'NumericEquals',
      'NumericNotEquals',
      numbers((given, wanted) => given === wanted),
    ),
    NumericLessThan: plain(numbers((given, wanted) => given < wanted)),
    NumericLessThanEquals: plain(numbers((given, wanted) => given <= wanted)),
    NumericGreaterThan: plain(numbers((given, wanted) => given > wanted)),
    NumericGreaterThanEquals: plain(numbers((given, wanted) => given >= wanted)),
    ...pair(
      'DateEquals',
      'DateNotEquals',
      dates((given, wanted) => given === wanted),
    ),
    DateLessThan: plain(dates((given, wanted) => given < wanted)),
    DateLessThanEquals: plain(dates((given, wanted) => given <= wanted)),
    DateGreaterThan: plain(dates((given, wanted) => given > wanted)),
    DateGreaterThanEquals: plain(dates((given, wanted) => given >= wanted)),
    ...pair('IpAddress', 'NotIpAddress', inRange),
    Bool: plain(text(equalIgnoringCase)),
    BinaryEquals: plain(text(equal)),
  }),
);

function plain(compile: Operator['compile']): Operator {
  return { negated: false, compile };
}

function pair(name: string, opposite: string, compile: Operator['compile']): Record<string, Operator> {
  return { [name]: { negated: false, compile }, [opposite]: { negated: true, compile } };
}
