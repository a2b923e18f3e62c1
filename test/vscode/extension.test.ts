import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { commands } from '../../src/contributions.js';

const id = 'sagemaker-workbench.sagemaker-workbench';

function extension(): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension(id);
  assert.ok(found, `${id} is not there`);
  return found;
}

function projectFile(): vscode.Uri {
  return vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, 'sagemaker.jsonc');
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

describe('the project file in an editor', () => {
  it('has a lens for every entry, with what it costs', async () => {
    const document = await vscode.workspace.openTextDocument(projectFile());
    const lenses = await until(async () => {
      const found = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        'vscode.executeCodeLensProvider',
        document.uri,
      );
      return found.length > 4 && found;
    });
    const titles = lenses.map(({ command }) => command?.title ?? '');
    for (const wanted of ['$(cloud-upload) Upload', '$(rocket) Launch', '$(rocket) Deploy'])
      assert.ok(titles.includes(wanted), wanted);
    assert.ok(
      titles.some((title) => /about \$0\.23\/h on AWS, at most \$0\.23/.test(title)),
      titles.join(),
    );
  });

  it('is complained about while it is typed, once for each mistake, and a fix is offered', async () => {
    const document = await vscode.workspace.openTextDocument(projectFile());
    const editor = await vscode.window.showTextDocument(document);
    const text = document.getText();
    const write = (content: string) =>
      editor.edit((edit) => edit.replace(new vscode.Range(0, 0, document.lineCount, 0), content));
    try {
      await write(text.replace('"script"', '"scirpt"').replace('valid_loss=([0-9.e-]+)', 'valid_loss=[0-9.e-]+'));
      const found = await until(() => {
        const all = vscode.languages.getDiagnostics(document.uri);
        return all.length >= 3 && all;
      });
      const messages = found.map(({ message }) => message).sort();
      assert.deepEqual(messages, [
        'The key "script" is missing.',
        'The regex has no group: put the number in parentheses, as in "loss=([0-9.]+)".',
        'Unknown key "scirpt".',
      ]);
      const titles = await Promise.all(
        found.map(async ({ range }) =>
          (
            await vscode.commands.executeCommand<vscode.CodeAction[]>(
              'vscode.executeCodeActionProvider',
              document.uri,
              range,
            )
          ).map(({ title }) => title),
        ),
      );
      assert.ok(titles.flat().includes('Change to "script"'), titles.flat().join());
      assert.ok(
        titles.flat().some((title) => title.includes('valid_loss=([0-9.e-]+)')),
        titles.flat().join(),
      );
    } finally {
      await write(text);
      await document.save();
    }
  });

  it('completes names of this file and instance types with their prices', async () => {
    const document = await vscode.workspace.openTextDocument(projectFile());
    const items = async (after: string) => {
      const position = document.positionAt(document.getText().indexOf(after) + after.length);
      const list = await vscode.commands.executeCommand<vscode.CompletionList>(
        'vscode.executeCompletionItemProvider',
        document.uri,
        position,
      );
      return list.items;
    };
    assert.ok((await items('"training": "')).some(({ label }) => label === 'data.fashion'));
    const types = await items('"type": "');
    const xlarge = types.find(({ label }) => label === 'ml.m5.xlarge');
    assert.match(String(xlarge?.detail), /4 vCPU, 16 GiB, about \$0\.23\/h/);
  });
});

/** The first true answer of `check`; a check that throws has not come true yet. Mocha's timeout is the limit. */
async function until<T>(check: () => T | Promise<T>): Promise<NonNullable<Exclude<T, false>>> {
  for (;;) {
    const result = await Promise.resolve()
      .then(check)
      .catch(() => undefined);
    if (result) return result as NonNullable<Exclude<T, false>>;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
