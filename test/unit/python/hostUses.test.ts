import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { hostUses, undividedStep } from '../../../src/python/hostUses.js';
import { Script } from '../../../src/python/script.js';

const root = path.resolve(import.meta.dirname, '..', '..', '..');
const script = (file: string) => new Script(readFileSync(path.join(root, file), 'utf8'));

test.each([
  ['hosts = json.loads(os.environ["SM_HOSTS"])'],
  ["parser.add_argument('--hosts', type=list, default=os.environ.get('SM_HOSTS'))"],
  ['rank = int(os.getenv("RANK", 0))'],
  ['import torch.distributed as dist'],
  ['from torch.nn.parallel import DistributedDataParallel as DDP'],
  ['config = json.load(open("/opt/ml/input/config/resourceconfig.json"))'],
  ['trainer = pl.Trainer(num_nodes=4)'],
])('%s tells of hosts', (line) => {
  const source = `import os\n${line}\n`;
  const uses = hostUses(new Script(source));
  expect(uses.map(({ text }) => text)).toEqual([line]);
  expect(source.slice(0, uses[0]!.offset).split('\n')).toHaveLength(2);
});

test('words in comments, in other texts and in other names do not', () => {
  const source = `
# SM_HOSTS, torch.distributed
"""Reads RANK and WORLD_SIZE."""
print("the RANK of", rank, os.environ["SM_CHANNEL_TRAINING"])
`;
  expect(hostUses(new Script(source))).toEqual([]);
});

test('a script that trains alone is shown the line where the work could be divided', () => {
  const alone = script('test/fixtures/seedScripts/hpo.py');
  expect(hostUses(alone)).toEqual([]);
  expect(undividedStep(alone)?.text).toMatch(/DataLoader\(/);
  expect(undividedStep(new Script('for x in data:\n    loss(x).backward()\n'))?.text).toBe('loss(x).backward()');
  expect(undividedStep(new Script('print(1)'))).toBeUndefined();
});

test('the sample reads its rank in a module of its own', () => {
  expect(hostUses(script('training/train.py'))).toEqual([]);
  expect(hostUses(script('training/ranks.py')).length).toBeGreaterThan(3);
});
