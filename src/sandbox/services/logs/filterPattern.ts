import { ServiceError } from '../../protocol/service.js';

type Matches = (message: string) => boolean;

/**
 * FilterLogEvents' pattern for unstructured events: `ERROR train` (all of them), `?ERROR ?WARN` (any), `-DEBUG` (none),
 * `"two words"`. Matching is case-sensitive. An empty pattern matches everything.
 * Source: Amazon CloudWatch Logs User Guide, "Filter pattern syntax".
 *
 * @throws {ServiceError} for the forms that this sandbox does not know (JSON, space-delimited, regular expressions).
 */
export function filterPattern(pattern: string): Matches {
  const trimmed = pattern.trim();
  if (/^[{[]/.test(trimmed)) throw notImplemented('JSON and space-delimited filter patterns');
  if (trimmed.includes('%')) throw notImplemented('regular expressions (%…%) in filter patterns');

  const terms = [...trimmed.matchAll(/([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(([, sign, quoted, plain]) => ({
    sign,
    text: quoted?.replace(/\\(.)/g, '$1') ?? word(plain ?? ''),
  }));
  const of = (sign: string) => terms.filter((term) => term.sign === sign).map(({ text }) => text);
  const [all, any, none] = [of(''), of('?'), of('-')];
  if (any.length > 0 && terms.length > any.length) {
    throw notImplemented('filter patterns that mix ?terms with others');
  }
  return (message) =>
    all.every((text) => message.includes(text)) &&
    !none.some((text) => message.includes(text)) &&
    (any.length === 0 || any.some((text) => message.includes(text)));
}

/** A term with anything but letters, digits and underscores must be quoted. */
function word(text: string): string {
  if (/^[\p{L}\p{N}_]+$/u.test(text)) return text;
  throw new ServiceError('InvalidParameterException', `Invalid character(s) in term '${text}'`);
}

function notImplemented(what: string): ServiceError {
  return new ServiceError(
    'NotImplemented',
    `This sandbox does not implement ${what}; plain terms, "quoted phrases", ?any and -none work.`,
    501,
  );
}
