import type { WrittenRange } from '../project/jobs.js';
import type { ScriptArgument } from '../python/argparse.js';

/** A range to search for an argument of a script. */
export interface RangeProposal {
  readonly name: string;
  readonly argument: ScriptArgument;
  readonly range: WrittenRange;
}

/** What is set for a run, not searched: the length, the seed, the machine. */
const settings = /^(.*epochs?|.*steps?|seed|.*workers?|.*(path|dir|folder|file)|device|log.*|.*interval|verbose)$/i;
/** What is known to be spread over orders of magnitude, also when its default is not small. */
const rates = /(rate|lr|decay|lambda|alpha|eps(ilon)?|regulari[sz]ation)$/i;

/**
 * Ranges to propose from what a script says of its arguments: choices are tried each; a number is searched around its
 * default, a decade to both sides where it is small and positive. Those without a default, and those that set how long or
 * where a run goes rather than how well, are left out.
 */
export function rangeProposals(found: readonly ScriptArgument[]): RangeProposal[] {
  return found.flatMap((argument) => {
    const range = settings.test(argument.name) ? undefined : rangeOf(argument);
    return range === undefined ? [] : [{ name: argument.name, argument, range }];
  });
}

function rangeOf({ name, type, default: value, choices }: ScriptArgument): WrittenRange | undefined {
  if (choices) {
    const values = choices.filter((choice) => typeof choice === 'string' || typeof choice === 'number');
    return values.length === choices.length && values.length > 1 ? values : undefined;
  }
  if (typeof value !== 'number') return undefined;
  if (type === 'int' || (type !== 'float' && Number.isInteger(value))) return wholeNumbers(value);
  if (value > 0 && (value < 0.1 || rates.test(name))) {
    return { min: rounded(value / 10), max: rounded(value * 10), scaling: 'Logarithmic' };
  }
  // A share, such as dropout.
  if (value >= 0 && value < 1) return { min: 0, max: rounded(Math.min(0.9, value * 2 || 0.5)) };
  const [min, max] = [value / 2, value * 2].map(rounded).sort((a, b) => a - b) as [number, number];
  return { min, max };
}

/** Powers of two are tried as such: batch sizes, widths of layers. */
function wholeNumbers(value: number): WrittenRange | undefined {
  if (value <= 0) return undefined;
  if (value >= 8 && Number.isInteger(Math.log2(value))) return [value / 2, value, value * 2];
  return { min: Math.max(1, Math.floor(value / 2)), max: value * 2, type: 'integer' };
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
