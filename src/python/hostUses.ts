import type { Script } from './script.js';

/** A place in a script, for a person to look at. */
export interface ScriptLine {
  /** The line, without what is around it. */
  readonly text: string;
  /** UTF-16 offset of what was found. */
  readonly offset: number;
}

/**
 * What says which host or rank this is, and how many there are: SageMaker's training toolkit (ENVIRONMENT_VARIABLES.md),
 * SDK v3's drivers (container_drivers/scripts/environment.py), torchrun.
 */
const variables =
  /^(SM_HOSTS|SM_CURRENT_HOST|SM_HOST_COUNT|SM_CURRENT_HOST_RANK|SM_RESOURCE_CONFIG|SM_TRAINING_ENV|(LOCAL_|GROUP_)?RANK|(LOCAL_)?WORLD_SIZE|OMPI_COMM_WORLD_(RANK|SIZE))$|resourceconfig\.json$/;

/** Modules and names that make several processes train together. */
const modules =
  /\b(torch\.distributed|torch_xla\.distributed|horovod|smdistributed|deepspeed|accelerate|torch_smddp)\b/;
const names = /^(DistributedDataParallel|FullyShardedDataParallel|DistributedSampler|init_process_group|num_nodes)$/;

/**
 * Where a script reads hosts or ranks, or uses a library that does. One that never does is trained by each host on its
 * own, as often as there are hosts, however it is launched. Modules that it imports from its own folder are scripts too.
 */
export function hostUses(script: Script): ScriptLine[] {
  const found = script.nodes('String', 'ImportStatement', 'VariableName', 'PropertyName').filter((node) => {
    const text = script.textOf(node);
    if (node.name === 'ImportStatement') return modules.test(text);
    if (node.name !== 'String') return names.test(text);
    const value = script.literal(node);
    return typeof value === 'string' && variables.test(value);
  });
  return onePerLine(found.map(({ from }) => lineAt(script, from)));
}

/** Where to divide the work in a script that does not: its first loader of training data, else its first step. */
export function undividedStep(script: Script): ScriptLine | undefined {
  const calls = script.nodes('CallExpression');
  const called = (pattern: RegExp) =>
    calls.find(({ firstChild }) => firstChild !== null && pattern.test(script.textOf(firstChild)));
  const node = called(/\bDataLoader$/) ?? called(/\.backward$/) ?? called(/\.fit$/);
  return node && lineAt(script, node.from);
}

function lineAt({ text }: Script, offset: number): ScriptLine {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  return { text: text.slice(start, end < 0 ? undefined : end).trim(), offset };
}

function onePerLine(lines: readonly ScriptLine[]): ScriptLine[] {
  return lines.filter(({ text }, index) => lines[index - 1]?.text !== text);
}
