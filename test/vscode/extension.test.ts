import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { commands } from '../../src/contributions.js';
import { until } from './until.js';

const id = 'sagemaker-workbench.sagemaker-workbench';

function extension(): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension(id);
  assert.ok(found, `${id} is not there`);
  return found;
}

describe('the extension in VS Code', () => {
  it('wakes up in a folder with a project file, and loads no AWS SDK to do so', async () => {
    await until(() => extension().isActive);
    const loaded = Object.keys(require.cache).filter((file) => file.startsWith(extension().extensionPath));
    assert.ok(!loaded.some((file) => file.endsWith('aws.js')), loaded.join('\n'));
  });

  it('has every command that it contributes', async () => {
    const there = await vscode.commands.getCommands(true);
    const missing = Object.values(commands).filter((command) => !there.includes(command));
    assert.deepEqual(missing, []);
  });

  it('connects to a sandbox on first use, which outlives what asked for it', async () => {
    await vscode.commands.executeCommand(commands.startSandbox);
    const folder = vscode.workspace.getConfiguration().get<string>('sagemakerWorkbench.sandbox.dataFolder')!;
    assert.ok(folder, 'the tests have a data folder of their own');
    const lock = JSON.parse(await readFile(path.join(folder, 'lock.json'), 'utf8')) as {
      endpoint: string;
      pid: number;
    };
    assert.equal((await fetch(lock.endpoint)).status, 403, 'an unsigned request is refused');
    process.kill(lock.pid, 'SIGTERM');
  });
});
