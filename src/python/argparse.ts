import type { SyntaxNode } from '@lezer/common';
import type { Literal, Script } from './script.js';

/** One `add_argument` of a script: what SageMaker passes as a hyperparameter, or sets through the environment. */
export interface ScriptArgument {
  /** Of the longest flag, without its hyphens: `learning-rate`. */
  readonly name: string;
  /** Undefined when there is none, or it is computed when the script runs. */
  readonly default: Literal | undefined;
  /** `float`, `int`, `str`… as the source names it. */
  readonly type: string | undefined;
  readonly choices: readonly Literal[] | undefined;
  readonly required: boolean;
  /** A switch (`action="store_true"`), which takes no value: SageMaker always passes one, and argparse refuses it. */
  readonly isSwitch: boolean;
  readonly help: string | undefined;
  /** `SM_CHANNEL_TRAINING`, `SM_MODEL_DIR`… when the default comes from the environment. */
  readonly environment: string | undefined;
  /** UTF-16 offset of the call. */
  readonly offset: number;
}

/** The optional arguments that a script declares with argparse, in the order of the source. Those by position have no use on SageMaker. */
export function scriptArguments(script: Script): ScriptArgument[] {
  return script.nodes('CallExpression').flatMap((call) => {
    const callee = call.firstChild;
    if (callee?.name !== 'MemberExpression' || !/\.add_argument$/.test(script.textOf(callee))) return [];
    const { positional, named } = script.argumentsOf(call);
    const flags = positional.flatMap((node) => script.literal(node) ?? []).filter((flag) => typeof flag === 'string');
    const longest = flags.filter((flag) => flag.startsWith('-')).sort((a, b) => b.length - a.length)[0];
    if (longest === undefined) return [];
    const type = named.get('type');
    const choices = script.literal(named.get('choices'));
    const help = script.literal(named.get('help'));
    const action = script.literal(named.get('action'));
    return [
      {
        name: longest.replace(/^-+/, ''),
        default: script.literal(named.get('default')),
        type: type && script.textOf(type),
        choices: Array.isArray(choices) ? (choices as readonly Literal[]) : undefined,
        required: script.literal(named.get('required')) === true,
        isSwitch: action === 'store_true' || action === 'store_false',
        help: typeof help === 'string' ? help : undefined,
        environment: environmentIn(script, named.get('default')),
        offset: call.from,
      },
    ];
  });
}

/** The hyperparameters among them: what SageMaker sets through the environment is none, nor is a switch. */
export function hyperparametersOf(found: readonly ScriptArgument[]): ScriptArgument[] {
  return found.filter(({ environment, isSwitch }) => environment === undefined && !isSwitch);
}

/**
 * Every flag that a script takes, when argparse ends it at any other. Undefined when that cannot be told: another way of
 * reading arguments, `parse_known_args`, flags that are computed, a parser that another module adds to.
 */
export function onlyFlags(script: Script): string[] | undefined {
  const calls = script.nodes('CallExpression').map((call) => ({
    spreads: (call.getChild('ArgList')?.getChildren('*').length ?? 0) > 0,
    callee: call.firstChild ? script.textOf(call.firstChild) : '',
    assigned: call.parent?.name === 'AssignStatement' ? call.parent.firstChild : undefined,
    ...script.argumentsOf(call),
  }));
  const [parser, ...more] = calls.filter(({ callee }) => /^(argparse\.)?ArgumentParser$/.test(callee));
  if (!parser || more.length > 0 || parser.assigned?.name !== 'VariableName') return undefined;
  if (['parents', 'prefix_chars'].some((name) => parser.named.has(name))) return undefined;
  if (calls.some(({ callee }) => /\.(parse_known\w*|add_subparsers)$/.test(callee))) return undefined;
  const parses = calls.filter(({ callee }) => callee.endsWith('.parse_args'));
  if (parses.length === 0 || parses.some(({ positional, named }) => positional.length + named.size > 0))
    return undefined;

  const name = script.textOf(parser.assigned);
  const own = script.functions();
  const isHandedOver = calls.some(
    ({ callee, positional, named }) =>
      !own.includes(callee) && [...positional, ...named.values()].some((node) => script.textOf(node) === name),
  );
  if (isHandedOver) return undefined;

  const declaring = calls.filter(({ callee }) => callee.endsWith('.add_argument'));
  // Flags out of a list: `add_argument(*names)`.
  if (declaring.some(({ spreads }) => spreads)) return undefined;
  const flags = declaring.flatMap(({ positional }) => positional.map((node) => script.literal(node)));
  return flags.every((flag) => typeof flag === 'string') ? flags.filter((flag) => flag.startsWith('-')) : undefined;
}

/**
 * The flag as which the training toolkit passes a hyperparameter: `--name`, or `-n` for one letter.
 *
 * Source: aws/sagemaker-training-toolkit 5.1, mapping.py to_cmd_args.
 */
export function flagOf(hyperparameter: string): string {
  return `${hyperparameter.length === 1 ? '-' : '--'}${hyperparameter}`;
}

/** argparse takes the beginning of a flag for the flag, too. */
export function isTaken(flag: string, flags: readonly string[]): boolean {
  return flags.some((one) => one.startsWith(flag));
}

function environmentIn(script: Script, node: SyntaxNode | undefined): string | undefined {
  return node && /["'](SM_[A-Z0-9_]+)["']/.exec(script.textOf(node))?.[1];
}

/** Channels that a script reads by `SM_CHANNEL_<NAME>`, in SageMaker's spelling: lower case. */
export function channelsRead(script: Script): string[] {
  const names = script.nodes('String').flatMap((node) => {
    const value = script.literal(node);
    const channel = typeof value === 'string' ? /^SM_CHANNEL_([A-Z0-9_]+)$/.exec(value)?.[1] : undefined;
    return channel === undefined ? [] : [channel.toLowerCase()];
  });
  return [...new Set(names)];
}
