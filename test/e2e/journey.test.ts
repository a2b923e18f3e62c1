import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repository } from '../support/sandboxProcess.js';
import { Desk, expectAccessible, type Window } from './window.js';

/** A person's whole way with the sample: from the lens over a job to the name of what is in a picture. */
describe('from the project file to an answer', () => {
  let desk: Desk;
  let window: Window;
  beforeAll(async () => {
    desk = await Desk.open();
    window = await desk.window();
  });
  afterAll(() => desk.close());

  test('a window that is reloaded with only sagemaker.jsonc open shows lenses, diagnostics and the connection', async () => {
    await window.openFile('sagemaker.jsonc');
    await window.lens('Launch').waitFor();
    // VS Code in the browser writes down every five seconds which files are open.
    await window.page.waitForTimeout(6000);
    await window.page.reload();
    await window.lens('Launch').waitFor();
    await window.page
      .locator('.codelens-decoration')
      .getByText(/about \$0\.23\/h on AWS, at most/)
      .waitFor();
    await window.statusBar.getByText('Sandbox').waitFor();
    expect(desk.sandboxPid, 'looking at a file starts nothing').toBeUndefined();

    const file = path.join(desk.workspace!, 'sagemaker.jsonc');
    const sample = path.join(repository, 'training', 'sagemaker.jsonc');
    writeFileSync(file, readFileSync(sample, 'utf8').replace('"data.fashion"', '"data.fasion"'));
    await window.page.locator('.squiggly-error').first().waitFor();
    writeFileSync(file, readFileSync(sample, 'utf8'));
    await window.page.locator('.squiggly-error').first().waitFor({ state: 'detached' });
    await window.picture('1-project-file');
  });

  test('the tree is there, and the job is launched from its lens', async () => {
    await window.showSidebar();
    await window.treeItem(/^Training jobs/).waitFor();
    await window.lens('Launch').click();
    const launch = await window.webview('#launch');
    await launch.locator('#verdict').getByText('gates are green').waitFor({ timeout: 60_000 });
    await expectAccessible(launch);
    await window.picture('2-launch');
    await launch.locator('#launch').click();
    const job = await window.webview('#headline', 90_000);
    await job.getByText('What ran').waitFor();
    await window.treeItem(/breeds-train-/).waitFor();
  });

  test('log lines and curves come while it runs, and a reload of the window does it no harm', async () => {
    const job = await window.webview('#headline');
    await job.locator('#log').getByText('epoch=1 ').waitFor({ timeout: 90_000 });
    await job.locator('.chart path.line').first().waitFor({ timeout: 60_000 });
    await window.picture('3-running');
    // A second window comes and goes, and this one is reloaded.
    const other = await desk.window();
    await other.showSidebar();
    await other.treeItem(/breeds-train-/).waitFor();
    await other.page.close();
    await window.page.reload();
    const again = await window.webview('#headline', 60_000);
    await again.locator('#deploy').waitFor({ timeout: 120_000 });
    await again.locator('#headline').getByText('valid_accuracy 0.').waitFor();
    await again.getByText(/valid_accuracy is highest at/).waitFor();
    await expectAccessible(again);
    await window.picture('4-completed');
    await window.command('Show Log of Resource');
    await window.pick(/breeds-train-/);
    await window.page.locator('.view-lines').getByText('— Completed —').waitFor();
    await window.picture('5-log');
  });

  test('the finished job is deployed', async () => {
    await window.page
      .getByRole('tab', { name: /breeds-train-[^.]*$/ })
      .first()
      .click();
    const job = await window.webview('#deploy');
    await job.locator('#deploy').click();
    const launch = await window.webview('#launch');
    await launch.locator('#verdict').getByText('gates are green').waitFor({ timeout: 60_000 });
    await window.picture('6-deploy');
    await launch.locator('#launch').click();
    await window.toast('is in service').getByText('Test', { exact: true }).click({ timeout: 120_000 });
  });

  test('a picture that is dropped on the test bench gets its right name', async () => {
    const bench = await window.webview('#target');
    await bench.locator('#send').waitFor();
    const folder = path.join(desk.workspace!, 'data', 'fashion-mnist', 'test', 'Bag');
    const picture = readdirSync(folder).find((file) => /\.(png|jpe?g)$/.test(file))!;
    await window.dropFile(bench, '#input', path.join(folder, picture));
    await bench.getByText(/^Bag/).first().waitFor({ timeout: 60_000 });
    await bench.getByText('Ankle boot').first().waitFor();
    await expectAccessible(bench);
    await window.picture('7-test-bench');
  });

  test('the endpoint is deleted with its configuration and its model', async () => {
    await window.choose(/breeds-classifier/, /^Delete Endpoint with/);
    const dialog = window.page.locator('.monaco-dialog-box');
    await dialog.getByText('Deleted in this order').waitFor();
    await window.picture('8-delete');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await window.treeItem(/^Endpoints.*none/).waitFor({ timeout: 60_000 });
    expect(desk.violations).toEqual([]);
  });
});
