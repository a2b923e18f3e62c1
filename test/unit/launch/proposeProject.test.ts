import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { projectFileText } from '../../../src/launch/proposeProject.js';
import { scanWorkspace } from '../../../src/launch/scanWorkspace.js';
import { readProject } from '../../../src/project/read.js';

const never = new AbortController().signal;
let workspace: string;
beforeEach(async () => {
  workspace = await mkdtemp(path.join(tmpdir(), 'Größe und proposals '));
});
afterEach(() => rm(workspace, { recursive: true, force: true }));

test("the sample's own scripts give a project file that reads without a complaint", async () => {
  const sample = path.resolve(import.meta.dirname, '..', '..', '..', 'training');
  await cp(sample, workspace, { recursive: true, filter: (file) => !file.endsWith('sagemaker.jsonc') });
  const scan = await scanWorkspace(workspace, never);
  expect(scan.scripts[0]?.path).toBe('train.py');
  expect(scan.inference).toEqual(['inference.py']);
  expect(scan.data).toEqual(['data/fashion-mnist']);

  const choice = {
    script: scan.scripts[0],
    data: scan.data[0],
    inference: scan.inference[0],
    instance: 'ml.m5.xlarge',
  };
  const { project, diagnostics } = readProject(projectFileText(choice));
  expect(diagnostics).toEqual([]);
  expect(project?.jobs['train']).toMatchObject({
    script: 'train.py',
    channels: { training: 'data.fashion-mnist' },
    hyperparameters: { epochs: 15, 'learning-rate': 0.01 },
  });
  expect(Object.keys(project?.jobs['train']?.metrics ?? {})).toContain('valid_accuracy');
  expect(project?.endpoints['classifier']?.inference).toBe('inference.py');
});

test('scripts in a folder are shipped with that folder; switches are told, not proposed', async () => {
  await mkdir(path.join(workspace, 'src'));
  await writeFile(
    path.join(workspace, 'src', 'hpo.py'),
    `p.add_argument('--amp', action='store_true')
p.add_argument('--lr', type=float, default=0.1)
p.add_argument('--data', default=os.environ['SM_CHANNEL_TRAIN'])
print(f"Testing Loss: {x}")`,
  );
  await mkdir(path.join(workspace, 'tables'));
  await writeFile(path.join(workspace, 'tables', 'a.csv'), '1,2');
  const scan = await scanWorkspace(workspace, never);
  const text = projectFileText({
    script: scan.scripts[0],
    data: scan.data[0],
    inference: undefined,
    instance: 'ml.m5.large',
  });
  const { project, diagnostics } = readProject(text);
  expect(diagnostics).toEqual([]);
  expect(project?.jobs['train']).toMatchObject({
    source: 'src',
    script: 'hpo.py',
    channels: { train: 'data.tables' },
    hyperparameters: { lr: 0.1 },
    metrics: { Testing_Loss: 'Testing Loss: ([0-9.eE+-]+)' },
  });
  expect(text).toContain('--amp takes no value');
});

test('an empty folder gives a frame without errors', async () => {
  const scan = await scanWorkspace(workspace, never);
  expect(scan).toEqual({ scripts: [], inference: [], data: [] });
  const text = projectFileText({ script: undefined, data: undefined, inference: undefined, instance: 'ml.m5.large' });
  expect(readProject(text).diagnostics).toEqual([]);
});
