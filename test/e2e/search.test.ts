import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk, expectAccessible, pictureFailures, type Window } from './window.js';

/**
 * A person's way with the sample from a search to a model that four hosts have trained together: minutes of real training,
 * so of the long form. `tuning.test.ts` is its short one.
 */
describe.runIf(process.env['WORKBENCH_LONG'])('from a search to an answer', () => {
  let desk: Desk;
  let window: Window;
  beforeAll(async () => {
    desk = await Desk.open();
    window = await desk.window();
    await window.showSidebar();
  });
  afterAll(() => desk?.close());
  pictureFailures(() => desk);

  const agree = async (gates: string | RegExp) => {
    const launch = await window.webview('#launch');
    await launch.locator('#verdict').getByText(gates).waitFor({ timeout: 60_000 });
    return launch;
  };

  test('the sample’s tuning job fills its panel while it runs', async () => {
    await window.command('Launch Job…');
    await window.pick(/jobs\.tune/);
    const launch = await agree('gates are green');
    await window.picture('search-1-launch');
    await launch.locator('#launch').click();
    const panel = await window.webview('#trials', 90_000);
    await panel.getByText(/^Best so far: valid_loss \d/).waitFor({ timeout: 120_000 });
    await window.treeItem(/^breeds-tune-/).waitFor();
    await window.picture('search-2-running');
    await panel.getByText(/^Best: valid_loss \d/).waitFor({ timeout: 240_000 });
    await panel.getByText('8 of 8 trials ended').waitFor();
    expect(await panel.locator('#trials tbody tr').count()).toBe(8);
    await expectAccessible(panel);
    await window.picture('search-3-found');
  }, 400_000);

  test('what it found trains on four hosts, and the report says that they trained one model', async () => {
    const panel = await window.webview('#trials');
    await panel.locator('#trainBest').click();
    const launch = await agree(/gates are green|worth a look/);
    await launch.getByText(/learning-rate=/).waitFor();
    await launch.getByText('4 hosts joined by torchrun').waitFor();
    await window.picture('search-4-best');
    await launch.locator('#launch').click();
    const job = await window.webview('#log', 90_000);
    await job.locator('#cooperation').getByText('4 hosts, one training').waitFor({ timeout: 300_000 });
    await expectAccessible(job);
    await job.locator('#deploy').waitFor({ timeout: 60_000 });
    await job.getByText('The processes formed one group of 4.').waitFor();
    await window.picture('search-5-cooperation');
  }, 400_000);

  test('that model is deployed behind an entry of its own, and knows a bag', async () => {
    desk.edit('sagemaker.jsonc', (text) =>
      text.replace('"model": { "from": "jobs.train" }', '"model": { "from": "jobs.best" }'),
    );
    await window.command('Deploy Endpoint…');
    const launch = await agree('gates are green');
    await launch.locator('#launch').click();
    await window.toast('is in service').getByText('Test', { exact: true }).click({ timeout: 120_000 });
    const bench = await window.webview('#target');
    const folder = path.join(desk.workspace!, 'data', 'fashion-mnist', 'test', 'Bag');
    await bench.getByText('Drop a picture').waitFor();
    await window.dropFile(bench, '#input', path.join(folder, readdirSync(folder)[0]!));
    await bench.getByText(/^Bag/).first().waitFor({ timeout: 60_000 });
    await window.picture('search-6-answer');
    expect(desk.violations).toEqual([]);
  });
});
