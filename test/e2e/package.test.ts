import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import ignore from 'ignore';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makePackage } from '../../scripts/package.mjs';
import { startVSCodeServer } from '../host/vscodeServer.mjs';
import { repository } from '../support/sandboxProcess.js';

/** What working with the project leaves in its folders. */
const leavings = [
  '.env',
  'dist/aws.js.map',
  'dist/media/job.js.LEGAL.txt',
  'docs/pictures/.DS_Store',
  'media/icons/draft.png',
  'resources/.DS_Store',
  'resources/python/.venv/lib/site.py',
  'resources/python/__pycache__/serve.cpython-311.pyc',
  'resources/python/serving/workbench_serving/__pycache__/script.cpython-311.pyc',
  'training/.DS_Store',
  'training/.env',
  'training/.ipynb_checkpoints/train-checkpoint.py',
  'training/.mypy_cache/3.11/train.data.json',
  'training/.ruff_cache/0.15.0/1',
  'training/.sagemaker/ledger.jsonl',
  'training/.sagemaker/runs/train-1.json',
  'training/.venv/lib/site.py',
  'training/__pycache__/train.cpython-311.pyc',
  'training/data/dogs/train/001.Affenpinscher/1.jpg',
  'training/data/fashion-full/train/Bag/1.png',
  'training/data/fashion-mnist/.DS_Store',
  'training/data/fashion-mnist/train/Bag/Thumbs.db',
  'training/model.tar.gz',
  'training/out/model.pth',
];

const ignored = ignore()
  .add(readFileSync(path.join(repository, '.gitignore'), 'utf8'))
  .add('.git');

/** Files of the project that git keeps, relative to it. */
function versioned(place = ''): string[] {
  return readdirSync(path.join(repository, place), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(place, entry.name);
    if (entry.isDirectory()) return ignored.ignores(`${name}/`) ? [] : versioned(name);
    return ignored.ignores(name) ? [] : [name];
  });
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(path.join(folder, name)).isFile())
    .map((name) => name.replaceAll(path.sep, '/'));
}

/** vsce and VS Code have names of their own for some. */
const renamed: Record<string, string> = {
  'readme.md': 'README.md',
  'changelog.md': 'CHANGELOG.md',
  'LICENSE.txt': 'LICENSE',
};

let place: string;
let project: string;
let installed: string;
beforeAll(async () => {
  place = mkdtempSync(path.join(tmpdir(), 'package-'));
  project = path.join(place, 'project');
  for (const name of versioned()) cpSync(path.join(repository, name), path.join(project, name));
  cpSync(path.join(repository, 'dist'), path.join(project, 'dist'), { recursive: true });
  for (const name of leavings) {
    mkdirSync(path.dirname(path.join(project, name)), { recursive: true });
    writeFileSync(path.join(project, name), 'left here');
  }
  const folder = path.join(place, 'host');
  const server = await startVSCodeServer({ vsix: makePackage(project), folder });
  await server.stop();
  const [extension] = readdirSync(path.join(folder, 'extensions'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  installed = path.join(folder, 'extensions', extension!.name);
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

test('what people install is what is versioned and built, and nothing that lies beside it', () => {
  const meant = versioned().filter((name) =>
    /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|(docs\/pictures|media\/icons|resources|training)\/.*)$/.test(
      name,
    ),
  );
  const built = filesBelow(path.join(repository, 'dist')).filter(
    (name) => /^(media\/)?\w+\.(js|css|ttf)$|^ThirdPartyNotices\.txt$/.test(name) && name !== 'mainJob.js',
  );
  const shipped = filesBelow(installed).filter((name) => name !== '.vsixmanifest');
  expect(shipped.map((name) => renamed[name] ?? name).sort()).toEqual(
    [...meant, ...built.map((name) => `dist/${name}`)].sort(),
  );
});

test('the pictures of the README are in it, and are small', () => {
  const readme = readFileSync(path.join(repository, 'README.md'), 'utf8');
  const pictures = [...readme.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, link = '']) => path.join(installed, link));
  expect(pictures).not.toEqual([]);
  const bytes = pictures.reduce((sum, picture) => sum + statSync(picture).size, 0);
  expect(bytes).toBeLessThanOrEqual(1_000_000);
});

test('no file names a folder of the machine that it was made on', () => {
  const folders = [repository, project, homedir()].map((folder) => path.join(folder, path.sep));
  const found = filesBelow(installed).filter((name) => {
    const content = readFileSync(path.join(installed, name));
    return folders.some((folder) => content.includes(folder));
  });
  expect(found).toEqual([]);
});
