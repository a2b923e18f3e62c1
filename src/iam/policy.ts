import { messageOf } from '../core/errors.js';
import { compileCondition, instant, type Condition } from './conditions.js';
import { compilePattern, variablesOf, type Pattern } from './pattern.js';

export type Effect = 'Allow' | 'Deny';

/** A policy document, checked and compiled: evaluation only compares. */
export interface Policy {
  readonly statements: readonly Statement[];
}

export interface Statement {
  readonly sid: string | undefined;
  readonly effect: Effect;
  /** Action or NotAction, in lower case: actions are case-insensitive. */
  readonly actions: Selection;
  /** Resource or NotResource; undefined in trust policies, whose resource is their role. */
  readonly resources: Selection | undefined;
  /** Principal; undefined in identity policies. */
  readonly principals: readonly Principal[] | undefined;
  /** All must hold. */
  readonly conditions: readonly Condition[];
}

/** One of the patterns, or none of them. */
export interface Selection {
  readonly negated: boolean;
  readonly patterns: readonly Pattern[];
}

export interface Principal {
  readonly kind: 'AWS' | 'Service' | 'Federated' | 'CanonicalUser';
  /** Account number, ARN, service name or `*`. */
  readonly id: string;
}

/**
 * What a document is to be: a customer managed policy, an inline or session policy, the trust policy of a role, or the
 * policy of a resource (a Lambda function). Managed policies must be of version 2012-10-17.
 */
export type PolicyKind = 'managed' | 'inline' | 'trust' | 'resource';

/**
 * A document that IAM refuses with MalformedPolicyDocument. The message begins with IAM's own sentence; where that says
 * nothing of what is wrong ("Syntax errors in policy."), what is wrong follows in parentheses.
 */
export class MalformedPolicy extends Error {
  override readonly name = 'MalformedPolicy';

  constructor(sentence: string, detail?: string) {
    super(detail === undefined ? sentence : `${sentence} (${detail})`);
  }
}

/**
 * The sentences and the order of the checks are IAM's, as moto's validator has recorded them from the real service
 * (moto/iam/policy_validation.py), those of trust policies as quoted in public issues (terraform-provider-aws).
 * @throws {MalformedPolicy}
 */
export function parsePolicy(document: string, kind: PolicyKind): Policy {
  const { Version: version, statements } = readDocument(document);
  if (kind === 'managed' && version !== '2012-10-17') {
    throw new MalformedPolicy('Policy document must be version 2012-10-17 or greater.');
  }
  const sids = statements.map((statement) => statement['Sid']).filter((sid) => sid !== undefined && sid !== '');
  if (new Set(sids).size < sids.length) {
    throw new MalformedPolicy('Statement IDs (SID) in a single policy must be unique.');
  }
  const variables = version === '2012-10-17';
  return { statements: statements.map((statement, index) => readStatement(statement, index, kind, variables)) };
}

/** The condition keys that decide what a policy says, each once. */
export function contextKeys({ statements }: Policy): string[] {
  const keys = statements.flatMap(({ resources, conditions }) => [
    ...(resources?.patterns.flatMap(variablesOf) ?? []),
    ...conditions.map(({ key }) => key),
  ]);
  return [...new Set(keys)];
}

type Json = Readonly<Record<string, unknown>>;

const documentElements = ['Version', 'Id', 'Statement'];
const statementElements = [
  ...['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Principal', 'NotPrincipal', 'Condition'],
];

function readDocument(document: string): { Version: unknown; statements: Json[] } {
  let json: unknown;
  try {
    json = JSON.parse(document);
  } catch (error) {
    throw syntax(messageOf(error));
  }
  if (!isObject(json)) throw syntax('the document is not a JSON object');
  onlyKnown(json, documentElements, 'the document');
  const { Version = '2008-10-17', Id, Statement } = json as { Version?: unknown; Id?: unknown; Statement?: unknown };
  if (Version !== '2012-10-17' && Version !== '2008-10-17')
    throw syntax('Version is neither 2012-10-17 nor 2008-10-17');
  if (Id !== undefined && typeof Id !== 'string') throw syntax('Id is not a string');
  const statements: unknown[] = Array.isArray(Statement) ? Statement : [Statement];
  if (Statement === undefined || statements.length === 0) throw syntax('Statement is missing');
  if (!statements.every(isObject)) throw syntax('a statement is not a JSON object');
  return { Version, statements };
}

function readStatement(statement: Json, index: number, kind: PolicyKind, variables: boolean): Statement {
  const where = `Statement ${index + 1}`;
  onlyKnown(statement, statementElements, where);
  const sid = statement['Sid'];
  if (sid !== undefined && typeof sid !== 'string') throw syntax(`${where}: Sid is not a string`);
  const effect = statement['Effect'];
  if (effect !== 'Allow' && effect !== 'Deny') {
    const detail = `${where}: Effect must be Allow or Deny`;
    // In another case than theirs they pass IAM's first parser, and fail in the second.
    throw typeof effect === 'string' && /^(allow|deny)$/i.test(effect)
      ? new MalformedPolicy('The policy failed legacy parsing', detail)
      : syntax(detail);
  }
  const actions = readSelection(statement, 'Action', 'NotAction', where);
  if (!actions) throw new MalformedPolicy('Policy statement must contain actions.');
  actions.values.forEach((action) => checkAction(action, kind));
  const resources = readSelection(statement, 'Resource', 'NotResource', where);
  resources?.values.forEach(checkResource);
  if (kind !== 'trust' && !resources) throw new MalformedPolicy('Policy statement must contain resources.');
  if (kind === 'trust' && resources) throw new MalformedPolicy('Has prohibited field Resource');

  return {
    sid: sid === '' ? undefined : sid,
    effect,
    actions: compile({ ...actions, values: actions.values.map((action) => action.toLowerCase()) }, false),
    resources: resources && compile(resources, variables),
    principals: readPrincipals(statement, kind),
    conditions: readConditions(statement['Condition'], where, variables),
  };
}

interface Values {
  readonly negated: boolean;
  readonly values: readonly string[];
}

function readSelection(statement: Json, name: string, opposite: string, where: string): Values | undefined {
  if (name in statement && opposite in statement) throw syntax(`${where} has both ${name} and ${opposite}`);
  const element = name in statement ? name : opposite;
  if (!(element in statement)) return undefined;
  const values = strings(statement[element], `${where}: ${element}`);
  return values.length > 0 ? { negated: element === opposite, values } : undefined;
}

function compile({ negated, values }: Values, variables: boolean): Selection {
  return { negated, patterns: values.map((value) => compilePattern(value, { variables, wildcards: true })) };
}

function checkAction(action: string, kind: PolicyKind): void {
  const [vendor = '', ...rest] = action.split(':');
  if (kind === 'trust' && vendor.toLowerCase() !== 'sts') {
    throw new MalformedPolicy('AssumeRole policy may only specify STS AssumeRole actions.');
  }
  if (action === '*') return;
  if (rest.length === 0) {
    throw new MalformedPolicy('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
  }
  if (rest.length > 1) throw new MalformedPolicy('Actions/Condition can contain only one colon.');
  if (!/^(\*|[a-z0-9.-]+)$/i.test(vendor)) throw new MalformedPolicy(`Vendor ${vendor} is not valid`);
}

const partitions = /^(\*|aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f|aws-eusc)$/;

function checkResource(resource: string): void {
  if (resource === '*') return;
  const [arn, partition = '', service, ...rest] = resource.split(':');
  if (arn === resource) throw new MalformedPolicy(`Resource ${resource} must be in ARN format or "*".`);
  if (!partitions.test(partition)) {
    const [vendor = '*', region = '*', account = '*', ...name] = [service, ...rest].map((part) => part || undefined);
    const id = name.length > 0 ? name.join(':') : '*';
    throw new MalformedPolicy(
      `Partition "${partition}" is not valid for resource "arn:${partition}:${vendor}:${region}:${account}:${id}".`,
    );
  }
  if (service === undefined) {
    throw new MalformedPolicy('Resource vendor must be fully qualified and cannot contain regexes.');
  }
  if (service === 'iam' && rest[0] !== undefined && rest[0] !== '') {
    throw new MalformedPolicy(`IAM resource ${resource} cannot contain region information.`);
  }
}

const principalKinds = ['AWS', 'Service', 'Federated', 'CanonicalUser'] as const;

function readPrincipals(statement: Json, kind: PolicyKind): Principal[] | undefined {
  if (kind !== 'trust' && kind !== 'resource') {
    if (!('Principal' in statement || 'NotPrincipal' in statement)) return undefined;
    throw new MalformedPolicy('Policy document should not specify a principal.');
  }
  if ('NotPrincipal' in statement) {
    throw new MalformedPolicy('AssumeRole policy must not contain NotPrincipal field.');
  }
  const principal = statement['Principal'];
  if (kind === 'resource' && principal === '*') return [{ kind: 'AWS', id: '*' }];
  if (principal === undefined) throw new MalformedPolicy('Missing required field Principal');
  // A bare "*" is refused by CreateRole: aws-cdk#5746. {"AWS": "*"} is not.
  if (!isObject(principal)) throw new MalformedPolicy('Invalid principal in policy.');
  onlyKnown(principal, principalKinds, 'Principal');
  return principalKinds.flatMap((name) =>
    name in principal ? strings(principal[name], 'Principal').map((id) => ({ kind: name, id })) : [],
  );
}

function readConditions(block: unknown, where: string, variables: boolean): Condition[] {
  if (block === undefined) return [];
  if (!isObject(block)) throw syntax(`${where}: Condition is not a JSON object`);
  return Object.entries(block).flatMap(([operator, keys]) => {
    if (!isObject(keys)) throw syntax(`${where}: Condition ${operator} is not a JSON object`);
    return Object.entries(keys).map(([key, value]) => {
      const values = strings(value, `${where}: Condition ${operator} ${key}`);
      if (/:?Date/.test(operator) && values.some((date) => Number.isNaN(instant(date)))) {
        throw new MalformedPolicy('The policy failed legacy parsing', `${where}: ${key} is not compared with a date`);
      }
      const condition = compileCondition(operator, key, values, variables);
      if (!condition) throw syntax(`${where}: there is no condition operator ${operator}`);
      return condition;
    });
  });
}

/** One string or several; booleans and numbers count as what they are written like (`"Bool": {"…": true}`). */
function strings(value: unknown, where: string): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.map((item) => {
    if (typeof item === 'string') return item;
    if (typeof item === 'boolean' || typeof item === 'number') return String(item);
    throw syntax(`${where} is neither a string nor a list of strings`);
  });
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function onlyKnown(json: Json, known: readonly string[], where: string): void {
  const unknown = Object.keys(json).find((key) => !known.includes(key));
  if (unknown !== undefined) throw syntax(`${where} has an unknown element ${unknown}`);
}

function syntax(detail: string): MalformedPolicy {
  return new MalformedPolicy('Syntax errors in policy.', detail);
}
