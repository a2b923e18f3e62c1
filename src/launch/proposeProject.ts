import type { Literal } from '../python/script.js';
import type { TrainingScript } from './scanWorkspace.js';

/** What a person has chosen of a workspace's scan. */
export interface ProposalChoice {
  readonly script: TrainingScript | undefined;
  /** Folder; undefined when there is none yet. */
  readonly data: string | undefined;
  readonly inference: string | undefined;
  /** `ml.m5.xlarge` */
  readonly instance: string;
}

/** The text of a `sagemaker.jsonc` for what a workspace holds, with a word wherever a person has to decide something. */
export function projectFileText({ script, data, inference, instance }: ProposalChoice): string {
  const name = data === undefined ? 'training' : entryName(data);
  const blocks = [
    block('data', [
      '// Uploaded to s3://<bucket>/<project>/data/<name>; what is there already is not sent again.',
      ...(data === undefined
        ? ['// "training": { "path": "data" }']
        : [`${quoted(name)}: { "path": ${quoted(data)} },`]),
    ]),
    block(
      'jobs',
      script
        ? jobLines(script, data === undefined ? undefined : name, instance)
        : ['// "train": { "kind": "training", "script": "train.py", … }'],
    ),
    block(
      'endpoints',
      inference === undefined
        ? ['// "classifier": { "model": { "from": "jobs.train" }, "inference": "inference.py", … }']
        : endpointLines(inference, script !== undefined),
    ),
  ];
  return `{\n${blocks.join('\n\n')}\n}\n`;
}

function jobLines(script: TrainingScript, data: string | undefined, instance: string): string[] {
  const { folder, file } = taken(script.path);
  const channels = script.channels.length > 0 ? script.channels : ['training'];
  const given = script.hyperparameters.filter(({ default: value }) => value !== undefined && value !== null);
  const asked = script.hyperparameters.filter(({ default: value, required }) => value === undefined && required);
  return [
    '"train": {',
    '  "kind": "training",',
    ...(folder === '.' ? [] : [`  "source": ${quoted(folder)},`]),
    `  "script": ${quoted(file)},`,
    ...(data === undefined
      ? ['  // Name your data here: "data.<name>" of above, or an s3:// address.', '  "channels": {},']
      : [
          `  "channels": { ${channels.map((channel) => `${quoted(channel)}: ${quoted(`data.${data}`)}`).join(', ')} },`,
        ]),
    `  "instance": { "type": ${quoted(instance)}, "count": 1 },`,
    ...(given.length + asked.length > 0 ? ["  // The script's own arguments, with their defaults."] : []),
    ...object('hyperparameters', [
      ...given.map(
        ({ name, default: value }) => `${quoted(name)}: ${JSON.stringify(value satisfies Literal | undefined)},`,
      ),
      ...asked.map(({ name }) => `// ${quoted(name)}: the script requires it`),
    ]),
    ...script.switches.map(
      ({ name }) =>
        `  // --${name} takes no value, and SageMaker gives every argument one: make it type=str or int to use it here.`,
    ),
    ...(script.metrics.length > 0
      ? ['  // Each regex has a group for the number in a line that the script prints.']
      : []),
    ...object(
      'metrics',
      script.metrics.map(({ name, regex }) => `${quoted(name)}: ${quoted(regex)},`),
    ),
    '  "maxRuntime": 3600,',
    '},',
  ];
}

function endpointLines(inference: string, trained: boolean): string[] {
  const { folder, file } = taken(inference);
  return [
    '"classifier": {',
    trained ? '  "model": { "from": "jobs.train" },' : '  "model": { "data": "s3://<bucket>/<key>/model.tar.gz" },',
    ...(folder === '.' ? [] : [`  "source": ${quoted(folder)},`]),
    `  "inference": ${quoted(file)},`,
    '  "instance": { "type": "ml.m5.large", "count": 1 },',
    '},',
  ];
}

function block(key: string, lines: readonly string[]): string {
  return [`  ${quoted(key)}: {`, ...lines.map((line) => `    ${line}`), '  },'].join('\n');
}

function object(key: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`  ${quoted(key)}: {`, ...lines.map((line) => `    ${line}`), '  },'];
}

/** A script in a folder is shipped with that folder. */
function taken(script: string): { readonly folder: string; readonly file: string } {
  const slash = script.lastIndexOf('/');
  return slash < 0 ? { folder: '.', file: script } : { folder: script.slice(0, slash), file: script.slice(slash + 1) };
}

/** The folder's name as an entry may be called. */
function entryName(folder: string): string {
  const name = folder.slice(folder.lastIndexOf('/') + 1);
  return (
    name
      .replace(/[^a-zA-Z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 40)
      .replace(/-+$/, '') || 'training'
  );
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
