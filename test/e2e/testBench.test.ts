import { DeleteEndpointCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientConfig, repository } from '../support/sandboxProcess.js';
import { Desk, expectAccessible, pictureFailures, type Window } from './window.js';

/** Every way in which an input comes to the test bench, and what it says to those that cannot be sent. */
describe('the test bench', () => {
  let desk: Desk;
  let window: Window;
  let bench: Frame;
  const cat = () => path.join(desk.workspace!, 'data', 'pets', 'train', 'cat', 'a.png');
  beforeAll(async () => {
    desk = await Desk.open({ workspace: 'small' });
    window = await desk.window();
  });
  afterAll(() => desk?.close());
  pictureFailures(() => desk);

  test('a job of seconds is launched, deployed from its message, and tested from the next one', async () => {
    await window.showSidebar();
    await window.openFile('sagemaker.jsonc');
    await window.lens('Launch').click();
    const launch = await window.webview('#launch');
    await launch.locator('#verdict').getByText('gates are green').waitFor({ timeout: 60_000 });
    await launch.locator('#launch').click();
    await window
      .toast(/jobs\.quick completed in .*: valid_accuracy 0\.950/)
      .getByText('Deploy…')
      .click({ timeout: 120_000 });
    const deploy = await window.webview('#launch');
    await deploy.locator('#verdict').getByText('gates are green').waitFor({ timeout: 60_000 });
    await deploy.locator('#launch').click();
    await window.toast('is in service').getByText('Test', { exact: true }).click({ timeout: 120_000 });
    bench = await window.webview('#target');
    await bench.getByText('Drop a picture').waitFor();
  });

  test('a picture by the file dialog: its class is known by its folder, and marked', async () => {
    await bench.getByRole('button', { name: 'choose a file' }).click();
    await window.typePath(cat());
    await bench.getByText('Wrong: it is cat').waitFor();
    await bench.locator('h1').getByText('dog 88').waitFor();
    await bench.getByText('Names come from labels.json in the model').waitFor();
  });

  test('a picture from the clipboard', async () => {
    await window.copyPicture(cat());
    await bench.locator('body').press('Control+V');
    await bench
      .getByText(/image\.png/)
      .first()
      .waitFor();
    await bench.locator('h1').getByText('dog').waitFor();
  });

  test('a file dragged from the Explorer with Shift', async () => {
    await window.page.keyboard.press('Control+Shift+E');
    await window.reveal('data', 'pets', 'train', 'owl');
    await window.dragToWebview(window.treeItem(/^a\.png/), bench, '#input');
    await bench.getByText('Wrong: it is owl').waitFor();
    await window.picture('bench-explorer');
    await window.showSidebar();
  });

  test('the same picture asked of the endpoint and of its script, which runs here: they agree', async () => {
    await bench.getByRole('button', { name: 'Compare', exact: true }).click();
    await bench.getByLabel('Compared with').selectOption({ label: 'inference.py, as endpoints.pets' });
    await bench.locator('#send').click();
    await bench
      .locator('h1')
      .getByText('small-pets and inference.py agree on all 3 scores')
      .waitFor({ timeout: 60_000 });
    await bench.getByRole('rowheader', { name: 'dog' }).waitFor();
    await expectAccessible(bench);
    await window.picture('bench-compare');
    await bench.getByRole('button', { name: 'Whole answer of inference.py' }).click();
    await bench.getByText('Wrong: it is owl').waitFor();
    await bench.getByText('Names come from labels.json in the model').waitFor();
    await bench.getByRole('button', { name: 'Compare no more' }).click();
  });

  test('a data folder: its pictures one after the other by keyboard, and all of them as a confusion matrix', async () => {
    await bench.getByRole('tab', { name: 'Folder' }).click();
    await bench.locator('#send').click();
    await bench.locator('h1').getByText('33.3 % right').waitFor({ timeout: 60_000 });
    await bench.getByRole('heading', { name: 'cat is most often taken for dog: 1 time' }).waitFor();
    await bench.getByRole('button', { name: 'owl answered as dog: 1' }).click();
    await bench.getByRole('heading', { name: 'owl, taken for dog' }).waitFor();
    const thumb = bench.getByRole('button', { name: /train\/owl\/a\.png.*test it alone/ });
    await expectAccessible(bench);
    await window.picture('bench-folder');
    await thumb.click();
    await bench.getByText('Wrong: it is owl').waitFor();
    await bench.getByRole('button', { name: 'Previous picture' }).click();
    await bench.getByText('2 of 3').waitFor();
    await bench.getByText('Correct').waitFor();
    await bench.locator('body').press('ArrowLeft');
    await bench.getByText('Wrong: it is cat').waitFor();
  });

  test('a URL into this network is not fetched; a file that is no picture, or too large, is refused by name', async () => {
    const address = bench.getByLabel('URL of a picture');
    await address.fill('http://169.254.169.254/latest/meta-data/');
    await address.press('Enter');
    await bench.getByText('169.254.169.254 is not a public address, so it is not fetched').waitFor();
    const text = path.join(desk.folder, 'notes.txt');
    writeFileSync(text, 'no picture');
    await window.dropFile(bench, '#input', text);
    await bench.getByText('notes.txt is not a picture').waitFor();
    const large = path.join(desk.folder, 'large.png');
    writeFileSync(large, Buffer.alloc(7 * 1024 * 1024));
    await window.dropFile(bench, '#input', large);
    await bench.getByText('large.png has 7.0 MB, and an endpoint takes at most 6 MB').waitFor();
    const broken = path.join(desk.folder, 'broken.png');
    writeFileSync(broken, Buffer.from('89504e470d0a1a0a0000', 'hex'));
    await window.dropFile(bench, '#input', broken);
    await bench.getByText('This picture (PNG) cannot be shown here').waitFor();
    await bench.getByText('Send it if your model reads it.').waitFor();
    await window.picture('bench-refused');
  });

  test('JSON: a mistake is shown where it is; the container’s own error with its log; a long answer can be cancelled', async () => {
    await bench.getByRole('tab', { name: 'JSON' }).click();
    const body = bench.getByLabel('JSON body');
    await body.fill('{ "answer": [1, 2 }');
    await body.press('Control+Enter');
    await bench.locator('.mistake').getByText('^').waitFor();

    await body.fill(`{ "answer": [${Array.from({ length: 133 }, (_, index) => (index === 3 ? 9 : 0)).join(', ')}] }`);
    await body.press('Control+Enter');
    await bench.locator('h1').getByText('Akita').waitFor();

    // The course's own answer: 133 scores of a model that has hardly learned.
    const course = readFileSync(
      path.join(repository, 'test', 'fixtures', 'answers', 'lambda-response-133.json'),
      'utf8',
    );
    const [scores] = JSON.parse((JSON.parse(course) as { body: string }).body) as number[][];
    await body.fill(JSON.stringify({ answer: scores }));
    await body.press('Control+Enter');
    await bench.getByText('Nearly uniform: Basenji 1.2').waitFor();
    await bench.locator('h1').getByText('Basenji').waitFor();
    await window.picture('bench-course');

    await body.fill('{ "sleep": 30 }');
    await body.press('Control+Enter');
    await bench.getByText('of 60 s, the most that a model may take').waitFor();
    await bench.locator('body').press('Escape');
    await bench.getByText('The model may go on with it').waitFor();
    await bench.locator('h1').getByText('Basenji').waitFor();

    await body.fill('{ "fail": "the weights are missing" }');
    await body.press('Control+Enter');
    await bench
      .getByText(/the weights are missing/)
      .first()
      .waitFor();
    await bench.getByText('The container answered 500').waitFor();
    await expectAccessible(bench);
    await window.picture('bench-error');
    await bench.getByRole('button', { name: /Open the log of small-pets/ }).click();
    await window.page.locator('.view-lines').getByText('ValueError: the weights are missing').first().waitFor();
  });

  test('an endpoint that somebody else deletes: the bench says so, and the tree forgets it', async () => {
    const client = new SageMakerClient(clientConfig(await desk.startedSandbox()));
    await client.send(new DeleteEndpointCommand({ EndpointName: 'small-pets' }));
    client.destroy();
    await window.page.getByRole('tab', { name: /^Test bench/ }).click();
    bench = await window.webview('#target');
    await bench
      .getByText('small-pets is not in service on the sandbox: choose another target.')
      .waitFor({ timeout: 60_000 });
    await window.treeItem(/^Endpoints.*none/).waitFor();
    expect(desk.violations).toEqual([]);
  });
});
