import { type Classification, isSameClass } from '../../testBench/classes.js';
import type { Denial } from '../../testBench/denial.js';
import type { Answered, Failed, Reply } from '../../testBench/reply.js';
import type { NamedClasses } from '../../testBench/namedClasses.js';
import type { Answer, ClassesContent, ClassRow, Failure, Outcome, Target, Told } from './testBench.protocol.js';

/** What the page asked by: it comes back with the outcome. */
export interface Asked {
  readonly id: number;
  readonly target: Target;
  readonly connection: string;
  /** The class that the input is known to have. */
  readonly expected: string | undefined;
}

/** What the page shows of a reply. @param named its classes with their names; undefined when it has none */
export function outcomeOf(asked: Asked, reply: Reply, named: NamedClasses | undefined): Outcome {
  return reply.outcome === 'answer' ? answerOf(asked, reply, named) : failureOf(asked, reply);
}

function answerOf(asked: Asked, reply: Answered, named: NamedClasses | undefined): Answer {
  const content = named ? classesContent(named, asked.expected) : otherContent(reply);
  return {
    type: 'answer',
    ...told(asked, reply),
    steps: [...stepsOf(reply), ...(content.kind === 'classes' ? [scoresStep(content)] : [])],
    ...{ contentType: reply.contentType, bytes: reply.body.length, text: new TextDecoder().decode(reply.body) },
    content,
  };
}

function told({ id, target, connection }: Asked, reply: Reply): Omit<Told, 'steps'> {
  const { sent, latency, log, variant, version } = reply;
  // The name that an only variant has says nothing.
  const named = variant === undefined || variant === 'AllTraffic' ? undefined : `variant ${variant}`;
  const ran = version === undefined ? named : version === '$LATEST' ? version : `version ${version}`;
  return {
    ...{ id, target, connection, sent },
    milliseconds: latency.total,
    latency: latency.parts.map(({ name, milliseconds }) => ({ name: capital(name), milliseconds })),
    ...(latency.cold !== undefined && { cold: latency.cold }),
    ...(ran !== undefined && { ran }),
    ...(log && log.length > 0 && { log: log.join('\n') }),
  };
}

function stepsOf({ steps }: Reply): Answer['steps'] {
  return steps.map(({ name, says, text }) => ({ title: name, detail: says, text }));
}

/** What the numbers were taken for, at the end of the unwrapping. */
function scoresStep({ rows, inputs }: ClassesContent): Answer['steps'][number] {
  const [first] = rows;
  const classes = first?.classes ?? [];
  const best = classes.slice(0, 5).map(({ index, score, name }) => `[${index}] ${score}  ${name}`);
  return {
    title: 'Scores',
    detail: `${inputs} ${inputs === 1 ? 'row' : 'rows'} of ${classes.length} numbers`,
    text: best.join('\n'),
  };
}

function otherContent({ reading }: Answered): Answer['content'] {
  if (reading.kind === 'other') return reading;
  throw new TypeError('An answer with classes needs their names.');
}

function classesContent({ rows, inputs, labels, passed }: NamedClasses, expected: string | undefined): ClassesContent {
  const known = inputs === 1 ? expected : undefined;
  return {
    kind: 'classes',
    rows: rows.map((row) => classRow(row, known)),
    inputs,
    names: [
      labels
        ? `Names come from ${labels.from}.`
        : 'There are no names for these classes: put a labels.json into the model or the workspace.',
      ...passed,
    ],
    ...(known !== undefined && { expected: known }),
  };
}

function classRow({ kind, sum, flat, predictions }: Classification, expected: string | undefined): ClassRow {
  return {
    looks: looks(kind, sum),
    flat,
    classes: predictions.map(({ index, name, score, probability }) => ({
      ...{ index, name, probability, score: scoreText(score, kind) },
      correct: expected !== undefined && isSameClass(name, expected),
    })),
  };
}

function looks(kind: Classification['kind'], sum: number): string {
  switch (kind) {
    case 'scores':
      return `The numbers look like raw scores (they sum to ${scoreText(sum, kind)}), so probabilities are their softmax.`;
    case 'probabilities':
      return 'The numbers are probabilities already.';
    case 'log-probabilities':
      return 'The numbers look like log-probabilities, so probabilities are their exponentials.';
  }
}

export function scoreText(score: number, kind: Classification['kind']): string {
  if (!Number.isFinite(score)) return String(score);
  const digits = kind === 'probabilities' ? 4 : 2;
  const large = Math.abs(score) >= 1e6 || (score !== 0 && Math.abs(score) < 10 ** -digits);
  return large ? score.toExponential(2) : score.toFixed(digits);
}

function failureOf(asked: Asked, reply: Failed): Failure {
  const { kind, message, evidence, advice, said, denial, log } = reply.failure;
  return {
    type: 'failure',
    ...told(asked, reply),
    steps: stepsOf(reply),
    message,
    ...(evidence !== undefined && { evidence }),
    ...(advice !== undefined && { advice }),
    ...(said !== undefined && { said }),
    ...(denial && { denial: denialOf(denial) }),
    logged: log,
    gone: kind === 'gone',
  };
}

function denialOf({ principal, action, resource }: Denial): NonNullable<Failure['denial']> {
  const statement = { Effect: 'Allow', Action: action, Resource: resource ?? '*' };
  return {
    principal,
    action,
    ...(resource !== undefined && { resource }),
    statement: JSON.stringify(statement, null, 2),
  };
}

/** A failure that no target told: nothing was asked. */
export function notAsked(asked: Asked, message: string): Failure {
  return {
    type: 'failure',
    ...{ id: asked.id, target: asked.target, connection: asked.connection, milliseconds: 0 },
    sent: { contentType: '', bytes: 0 },
    ...{ latency: [], steps: [], message, logged: false, gone: false },
  };
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
