import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';

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

  it('starts the sandbox in a terminal, and closing the terminal ends it', async () => {
    const data = mkdtempSync(path.join(tmpdir(), 'vscode-sandbox-'));
    await vscode.workspace
      .getConfiguration()
      .update('sagemakerWorkbench.sandbox.dataFolder', data, vscode.ConfigurationTarget.Global);
    const terminal = await vscode.commands.executeCommand<vscode.Terminal>('sagemakerWorkbench.sandbox.start');
    const lock = path.join(data, 'lock.json');
    const ready = await until(async () => JSON.parse(await readFile(lock, 'utf8')) as Ready);
    const answer = await fetch(ready.endpoint);
    assert.equal(answer.status, 403, 'an unsigned request is refused');

    terminal.dispose();
    await until(() =>
      fetch(ready.endpoint).then(
        () => false,
        () => true,
      ),
    );
  });
});

interface Ready {
  endpoint: string;
}

/** The first true answer of `check`; a check that throws has not come true yet. Mocha's timeout is the limit. */
async function until<T>(check: () => T | Promise<T>): Promise<T> {
  for (;;) {
    const result = await Promise.resolve()
      .then(check)
      .catch(() => undefined);
    if (result) return result;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
