import assert from 'node:assert/strict';
import { mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { until } from './until.js';

const folder = () => vscode.workspace.workspaceFolders![0]!.uri;
const projectFile = () => vscode.Uri.joinPath(folder(), 'sagemaker.jsonc');
const extension = 'SageMaker Workbench';

/** All that is said about the project file, by anybody. */
const said = () => vscode.languages.getDiagnostics(projectFile());
const messages = () => said().map(({ message }) => message);

/** Title of each lens, as `line: title`. */
async function lenses(): Promise<{ line: number; title: string }[]> {
  const found = await vscode.commands.executeCommand<vscode.CodeLens[]>(
    'vscode.executeCodeLensProvider',
    projectFile(),
  );
  return found.map(({ range, command }) => ({ line: range.start.line, title: command?.title ?? '' }));
}

async function fixes(range: vscode.Range): Promise<vscode.CodeAction[]> {
  return vscode.commands.executeCommand<vscode.CodeAction[]>('vscode.executeCodeActionProvider', projectFile(), range);
}

async function replaced(document: vscode.TextDocument, range: vscode.Range, text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, range, text);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

/** With the project file changed in its editor as `change` says; afterwards it is as it was, and saved. */
async function edited(change: (text: string) => string, check: (document: vscode.TextDocument) => Promise<void>) {
  const document = await vscode.workspace.openTextDocument(projectFile());
  await vscode.window.showTextDocument(document);
  const text = document.getText();
  const write = (content: string) => replaced(document, new vscode.Range(0, 0, document.lineCount, 0), content);
  const changed = change(text);
  assert.notEqual(changed, text);
  try {
    await write(changed);
    await check(document);
  } finally {
    await write(text);
    await document.save();
    await until(() => said().length === 0);
  }
}

async function completions(document: vscode.TextDocument, offset: number): Promise<vscode.CompletionItem[]> {
  const list = await vscode.commands.executeCommand<vscode.CompletionList>(
    'vscode.executeCompletionItemProvider',
    document.uri,
    document.positionAt(offset),
  );
  return list.items;
}

function behind(text: string, words: string): number {
  assert.ok(text.includes(words), words);
  return text.indexOf(words) + words.length;
}

describe('the project file in an editor', () => {
  it('has a lens for every entry, with what it costs', async () => {
    await vscode.workspace.openTextDocument(projectFile());
    const found = await until(async () => {
      const some = await lenses();
      return some.length > 4 && some;
    });
    const titles = found.map(({ title }) => title);
    for (const wanted of ['$(cloud-upload) Upload', '$(rocket) Launch', '$(rocket) Deploy'])
      assert.ok(titles.includes(wanted), wanted);
    assert.ok(
      titles.some((title) => /about \$0\.23\/h on AWS, at most \$0\.23/.test(title)),
      titles.join(),
    );
  });

  it('is complained about while it is typed, once for each mistake, and a fix is offered', () =>
    edited(
      (text) => text.replace('"script"', '"scirpt"').replace('valid_loss=([0-9.e-]+)', 'valid_loss=-[0-9]+\\\\.[0-9]+'),
      async () => {
        const found = await until(() => said().length >= 3 && said());
        assert.deepEqual(messages().sort(), [
          'The key "script" is missing.',
          'The regex has no group: put the number in parentheses, as in "loss=([0-9.]+)".',
          'Unknown key "scirpt".',
        ]);
        const titles = (await Promise.all(found.map(async ({ range }) => fixes(range))))
          .flat()
          .map(({ title }) => title);
        assert.ok(titles.includes('Change to "script"'), titles.join());
        assert.ok(titles.includes('Put the number in a group: valid_loss=(-[0-9]+\\.[0-9]+)'), titles.join());
      },
    ));

  for (const [mistake, from, to] of [
    ['a missing comma', '"script": "train.py",', '"script": "train.py"'],
    ['a missing colon', '"script": "train.py"', '"script" "train.py"'],
    ['a word without quotes', '"train.py"', 'train'],
    ['a backslash of a regex', 'test_loss=([0-9.e-]+)', 'test_loss=(\\d+)'],
    ['a brace too few', '"channels": { "training": "data.fashion" },', '"channels": { "training": "data.fashion",'],
    ['a value that is missing', '"maxRuntime": 3600', '"maxRuntime": '],
  ] as const) {
    it(`tells of ${mistake} once`, () =>
      edited(
        (text) => text.replace(from, to),
        async () => {
          await until(() => said().length > 0);
          // Ours would come after the pause of typing.
          await new Promise((resolve) => setTimeout(resolve, 1000));
          assert.equal(said().length, 1, messages().join('\n'));
          assert.notEqual(said()[0]?.source, extension);
        },
      ));
  }

  it('keeps its lenses where they are while a key is half typed', async () => {
    const before = await until(async () => {
      const some = await lenses();
      return some.length > 4 && some;
    });
    await edited(
      (text) => text.replace('"script": "train.py",', '"scri'),
      async () => {
        await until(() => said().length > 0);
        assert.deepEqual(await lenses(), before);
      },
    );
  });

  it('completes names of this file and instance types with their prices', async () => {
    const document = await vscode.workspace.openTextDocument(projectFile());
    assert.ok(
      (await completions(document, behind(document.getText(), '"training": "'))).some(
        ({ label }) => label === 'data.fashion',
      ),
    );
    const types = await completions(document, behind(document.getText(), '"type": "'));
    const xlarge = types.find(({ label }) => label === 'ml.m5.xlarge');
    assert.match(String(xlarge?.detail), /4 vCPU, 16 GiB, about \$0\.23\/h/);
  });

  it('completes an unclosed string without eating what follows', () =>
    edited(
      (text) => text.replace('{ "type": "ml.m5.xlarge", "count": 1 },', '{ "type": "ml., "count": 1 }, // "one"'),
      async (document) => {
        const type = (await completions(document, behind(document.getText(), '"ml.'))).find(
          ({ label }) => label === 'ml.m5.xlarge',
        );
        assert.ok(type?.range instanceof vscode.Range);
        assert.equal(document.getText(type.range), '"ml.');
      },
    ));

  for (const [knows, from, typed, key, inserted] of [
    ['its arguments with their defaults', '"fine-tune": "last",', '"wo', 'workers', '"workers": 0,'],
    [
      'its metrics with their regex',
      '"train_loss": "train_loss=([0-9.e-]+)",',
      '"train_l',
      'train_loss',
      '"train_loss": "train_loss=([0-9.eE+-]+)",',
    ],
    ['the channels that it reads', '"training": "data.fashion"', '"trai', 'training', '"training": ""'],
  ] as const) {
    it(`completes what the script knows: ${knows}`, async () => {
      const cursor = behind(await readFile(projectFile().fsPath, 'utf8'), from) - from.length + typed.length;
      await edited(
        (text) => text.replace(from, typed),
        async (document) => {
          const items = await completions(document, cursor);
          assert.equal(items.find(({ label }) => label === key)?.insertText, inserted);
          assert.ok(!items.some(({ filterText }) => filterText === '"epochs"'), 'it is there already');
        },
      );
    });
  }

  it('warns of a hyperparameter that the script would stop at, and knows what is meant', () =>
    edited(
      (text) => text.replace('"learning-rate"', '"learning-rte"'),
      async (document) => {
        const [warning] = await until(() => said().length > 0 && said());
        assert.deepEqual(messages(), ['train.py has no --learning-rte: it would stop with "unrecognized arguments".']);
        assert.equal(document.getText(warning?.range), '"learning-rte"');
        const titles = (await fixes(warning!.range)).filter(({ isPreferred }) => isPreferred).map(({ title }) => title);
        assert.deepEqual(titles, ['Change to "learning-rate"']);
      },
    ));

  it('offers to try a metric’s regex on its line alone, also one that is wrong', () =>
    edited(
      (text) => text.replace('"test_loss=([0-9.e-]+)"', '"test_loss=[0-9.e-]+"'),
      async (document) => {
        await until(() => messages().some((message) => message.startsWith('The regex has no group')));
        const titlesAt = async (words: string) => {
          const at = document.positionAt(document.getText().indexOf(words));
          return (await fixes(new vscode.Range(at, at))).map(({ title }) => title);
        };
        assert.ok((await titlesAt('"test_loss"')).includes('Try the regex of test_loss on a log'));
        assert.ok(!(await titlesAt('"script"')).some((title) => title.startsWith('Try the regex')));
      },
    ));

  it('reads the script as it stands in its editor, unsaved', async () => {
    const script = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder(), 'train.py'));
    const at = script.getText().indexOf('"--learning-rate"') + 1;
    const flag = new vscode.Range(script.positionAt(at), script.positionAt(at + '--learning-rate'.length));
    await replaced(script, flag, '--learning-rota');
    try {
      await until(() =>
        messages().includes('train.py has no --learning-rate: it would stop with "unrecognized arguments".'),
      );
    } finally {
      await replaced(script, flag, '--learning-rate');
      await script.save();
    }
    await until(() => said().length === 0);
  });

  it('explains every key', async () => {
    const document = await vscode.workspace.openTextDocument(projectFile());
    const hovers = await until(async () => {
      const found = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        document.uri,
        document.positionAt(document.getText().indexOf('"hyperparameters"') + 2),
      );
      return found.length > 0 && found;
    });
    const text = hovers.flatMap(({ contents }) => contents.map((content) => (content as vscode.MarkdownString).value));
    assert.match(text.join(), /What the script gets as arguments/);
  });
});

describe('the project file on the disk', () => {
  let text: string;
  const file = () => projectFile().fsPath;

  before(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    text = await readFile(file(), 'utf8');
  });
  afterEach(async () => {
    await rm(file(), { recursive: true, force: true });
    await writeFile(file(), text);
    await until(() => said().length === 0);
  });

  it('is read again when another program writes it', async () => {
    await writeFile(file(), text.replace('"script"', '"scirpt"'));
    await until(() => messages().includes('Unknown key "scirpt".'));
  });

  it('is forgotten when it is deleted or moved away, and read when it comes back', async () => {
    await writeFile(file(), text.replace('"script"', '"scirpt"'));
    await until(() => said().length > 0);
    await rename(file(), `${file()}.old`);
    await until(() => said().length === 0);
    await rename(`${file()}.old`, file());
    await until(() => said().length > 0);
  });

  it('is said to be a folder, no UTF-8 or too large', async () => {
    await writeFile(file(), Buffer.from('{ "name": "caf\xe9" }', 'latin1'));
    await until(() => messages().some((message) => message.includes('not UTF-8')));
    await writeFile(file(), `{}${' '.repeat(5_000_000)}`);
    await until(() => messages().includes('A project file has at most 1,000,000 characters.'));
    await rm(file());
    await mkdir(file());
    await until(() => messages().some((message) => message.includes('is a folder')));
    await rmdir(file());
    await until(() => said().length === 0);
  });
});
