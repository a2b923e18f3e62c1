import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { commands } from '../../src/contributions.js';
import { until } from './until.js';

const folder = () => vscode.workspace.workspaceFolders![0]!.uri;
const at = (name: string) => vscode.Uri.joinPath(folder(), name);

/** Line, title, command and first argument of each lens. */
async function lenses(uri: vscode.Uri) {
  const found = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri);
  return found.map(({ range, command }) => ({ line: range.start.line, ...command! }));
}

const handler = 'import json\n\n\ndef lambda_handler(event, context):\n    return {"statusCode": 200}\n';

describe('a handler in an editor', () => {
  const script = () => at('handler_of_test.py');
  let project: string;

  before(async () => {
    project = await readFile(at('sagemaker.jsonc').fsPath, 'utf8');
    await writeFile(script().fsPath, handler);
  });
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await writeFile(at('sagemaker.jsonc').fsPath, project);
    await rm(script().fsPath, { force: true });
  });

  it('can be tested, and deployed once an entry names it', async () => {
    await vscode.workspace.openTextDocument(script());
    const [test, ...rest] = await until(async () => {
      const found = await lenses(script());
      return found.length > 0 && found;
    });
    assert.deepEqual(rest, []);
    assert.deepEqual([test!.line, test!.title, test!.command], [3, '$(beaker) Test', commands.testScript]);
    assert.equal(String(test!.arguments?.[0]), script().toString());
    assert.equal(test!.arguments?.[1], 'lambda_handler');

    const entry = '"tested": { "handler": "handler_of_test.lambda_handler", "role": "tester" },';
    await writeFile(at('sagemaker.jsonc').fsPath, project.replace('"functions": {', `$& ${entry}`));
    const [, deploy] = await until(async () => {
      const found = await lenses(script());
      return found.length === 2 && found;
    });
    assert.deepEqual([deploy!.line, deploy!.title, deploy!.command], [3, '$(rocket) Deploy', commands.deployFunction]);
    const file = at('sagemaker.jsonc').toString();
    assert.deepEqual(deploy!.arguments, [{ entry: { file, section: 'functions', name: 'tested' } }]);
  });

  it('keeps its lens while something is half typed, and moves it with the text', async () => {
    const document = await vscode.workspace.openTextDocument(script());
    await vscode.window.showTextDocument(document);
    await until(async () => (await lenses(script())).length > 0);
    const edit = new vscode.WorkspaceEdit();
    edit.insert(script(), new vscode.Position(1, 0), 'table = {"a": [1,\n');
    assert.ok(await vscode.workspace.applyEdit(edit));
    const lines = await until(async () => {
      const found = await lenses(script());
      return found.length > 0 && found.map(({ line }) => line);
    });
    assert.ok(
      lines.every((line) => line === 4),
      lines.join(),
    );
    await document.save();
  });

  it('is one for an inference script, over the first of its functions, and none for other scripts', async () => {
    const [inference, training] = [at('inference.py'), at('train.py')];
    for (const uri of [inference, training]) await vscode.workspace.openTextDocument(uri);
    const found = await until(async () => {
      const some = await lenses(inference);
      return some.length > 0 && some;
    });
    assert.deepEqual(
      found.map(({ title, command, arguments: given }) => [title, command, given?.length]),
      [['$(beaker) Test', commands.testScript, 1]],
    );
    assert.deepEqual(await lenses(training), []);
  });
});
