import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { upload } from '../support/jobs.js';
import { clientConfig } from '../support/sandboxProcess.js';
import { createTuning, range, tuningState } from '../support/tuning.js';
import { Desk, expectAccessible, pictureFailures, type Window } from './window.js';

/** A search over numbers alone, whose trials wait for each other long enough to be watched; one corner crashes. */
const script = `
import argparse, math, time
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--batch-size", type=int)
arguments = parser.parse_args()
time.sleep(0.5)
if arguments.lr > 0.05:
    raise RuntimeError("loss is NaN")
print("loss=%r" % (0.4 + (math.log10(arguments.lr) + 2.5) ** 2 + arguments.batch_size / 1000))
`;

let desk: Desk;
let window: Window;
beforeAll(async () => {
  desk = await Desk.open({ workspace: 'small' });
  window = await desk.window();
});
afterAll(() => desk?.close());
pictureFailures(() => desk);

/** Starts a search of 14 trials by an unchanged client. */
async function search(name: string): Promise<SageMakerClient> {
  const sandbox = await desk.startedSandbox();
  const config = clientConfig(sandbox);
  const client = new SageMakerClient(config);
  const source = await upload(new S3Client(config), 'data', 'search/source.tar.gz', { 'train.py': script });
  await createTuning(client, {
    ...{ name, source, roleArn: sandbox.executionRoleArn, jobs: 14, parallel: 2 },
    config: {
      ParameterRanges: {
        ContinuousParameterRanges: [{ ...range('lr', '0.0001', '0.1'), ScalingType: 'Logarithmic' }],
        CategoricalParameterRanges: [{ Name: 'batch-size', Values: ['16', '32', '64'] }],
      },
      RandomSeed: 1,
    },
  });
  return client;
}

/** The ids of the rows, in their order: the tests are compiled without the browser's types. */
const rows = (frame: Frame) =>
  frame.locator('#trials tbody tr').evaluateAll((all) => (all as unknown as { id: string }[]).map(({ id }) => id));
const chosen = (frame: Frame) => frame.locator('#hidden').textContent();

test('a search is watched while it runs, sorted, brushed and marked; what was chosen is kept', async () => {
  await window.showSidebar();
  await window.treeItem(/^Training jobs/).waitFor({ timeout: 60_000 });
  const client = await search('search');
  await tuningState(client, 'search', ({ BestTrainingJob }) => BestTrainingJob !== undefined);
  await window.command('Show Tuning Job');
  await window.pick(/^search/);
  const panel = await window.webview('#trials');
  await panel.getByText(/^Best so far: loss \d/).waitFor({ timeout: 30_000 });

  // While it runs: a brush that is set by keyboard stays over every new view.
  await panel.locator('#axis-0').focus();
  await window.page.keyboard.press('ArrowUp');
  await window.page.keyboard.press('ArrowDown');
  await window.page.keyboard.press('ArrowDown');
  const brush = await panel.locator('#axis-0').getAttribute('aria-valuetext');
  expect(brush).toMatch(/^0\.0\d+ to 0\.0\d+: \d+ of \d+ trials$/);

  await tuningState(client, 'search', ({ HyperParameterTuningEndTime: ended }) => ended !== undefined);
  await panel.getByText(/^Best: loss \d/).waitFor({ timeout: 30_000 });
  expect(await panel.locator('#axis-0').getAttribute('aria-valuetext')).toContain(brush!.split(':')[0]);
  expect(await panel.locator('#axis-0:focus').count()).toBe(1);
  expect(await chosen(panel)).toMatch(/\d of \d+ are chosen, \d+ dimmed/);
  await window.page.keyboard.press('Delete');
  expect(await chosen(panel)).not.toContain('chosen');

  const failed = await panel.locator('#trials tbody tr', { hasText: 'Failed' }).count();
  expect(await rows(panel)).toHaveLength(14);
  expect(await panel.locator('#curve circle.trial').count()).toBe(14 - failed);
  expect(await panel.locator('#curve path.failed').count()).toBe(failed);
  expect(await panel.locator('#curve path.line').getAttribute('d')).toMatch(/^M[\d.]+ [\d.]+.*H[\d.]+$/);

  const byObjective = await rows(panel);
  await panel.getByRole('button', { name: 'Trial', exact: true }).click();
  expect(await rows(panel)).toEqual(byObjective.toSorted());
  await panel.getByRole('button', { name: 'Trial ↑' }).click();
  expect(await rows(panel)).toEqual(byObjective.toSorted().toReversed());

  // A drag over the lower half of the first axis.
  const axis = (await panel.locator('#axis-0 .axis-line').first().boundingBox())!;
  await window.page.mouse.move(axis.x, axis.y + axis.height - 2);
  await window.page.mouse.down();
  await window.page.mouse.move(axis.x, axis.y + axis.height / 2, { steps: 5 });
  await window.page.mouse.up();
  await panel.getByText(/are chosen/).waitFor();
  await panel.locator(`[id="${byObjective[0]}"]`).focus();
  await window.page.keyboard.press('Space');
  expect(await panel.locator(`[id="${byObjective[0]}"]`).getAttribute('aria-selected')).toBe('true');
  await panel.locator('#find').fill('completed');
  expect(await rows(panel)).toHaveLength(14 - failed);
  const before = await chosen(panel);
  await expectAccessible(panel);
  await window.picture('tuning-dark');

  // Hidden, the page is gone; it comes back with everything that was chosen.
  await window.openFile('sagemaker.jsonc');
  await window.page.getByRole('tab', { name: /^search/ }).click();
  const again = await window.webview('#trials');
  expect(await chosen(again)).toBe(before);
  expect(await again.locator('#find').inputValue()).toBe('completed');
  expect(await again.getByRole('columnheader', { name: 'Trial ↓' }).getAttribute('aria-sort')).toBe('descending');
  expect(await again.locator(`[id="${byObjective[0]}"]`).getAttribute('aria-selected')).toBe('true');

  await again.locator('#showLog').click();
  await window.page.getByRole('tab', { name: /^search\.log/ }).waitFor();
  await window.page
    .locator('.view-lines')
    .getByText(/Random/i)
    .first()
    .waitFor({ timeout: 30_000 });
  await window.page
    .getByRole('tab', { name: /^search/ })
    .first()
    .click();
  const last = await window.webview('#trials');
  await last.locator(`[id="${byObjective[0]}"] button`).click();
  await window.page.getByRole('tab', { name: new RegExp(`^${byObjective[0]!.slice('row-'.length)}`) }).waitFor();
  expect(desk.violations).toEqual([]);
});

test('a search that is stopped in its panel ends there, and keeps the best that it has found', async () => {
  const client = await search('halted');
  await tuningState(client, 'halted', ({ BestTrainingJob }) => BestTrainingJob !== undefined);
  await window.command('Show Tuning Job');
  await window.pick(/^halted/);
  const panel = await window.webview('#stop');
  await panel.locator('#stop').click();
  await window.page.locator('.monaco-dialog-box').getByRole('button', { name: 'Stop Tuning Job' }).click();
  const { BestTrainingJob: best } = await tuningState(
    client,
    'halted',
    ({ HyperParameterTuningJobStatus: status }) => status === 'Stopped',
  );
  await panel.locator('#stop').waitFor({ state: 'detached', timeout: 30_000 });
  await panel.getByText(best!.TrainingJobName!).first().waitFor();
  expect((await rows(panel)).length).toBeLessThan(14);
});

test('the wizard’s metric is tried on a log and a paste, and the proposal has the regex that was used', async () => {
  await window.command('New Tuning Job…');
  const metric = window.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'train_loss' });
  await metric.hover();
  await metric.locator('.codicon-beaker').click();
  const page = await window.webview('#regex');
  await page.getByText('Paste lines of a log').waitFor();
  await page.locator('#openJob').click();
  await window.pick(/^search-\d+/);
  await page.getByText(/^The log of search-/).waitFor();
  await page.getByText(/^None of \d+ lines? match/).waitFor();
  await page.locator('#regex').fill('((a+)+)$');
  await page.locator('#log').fill(`${'a'.repeat(60)}!\nepoch=1 loss=0.9\nepoch=2 loss=nan\nepoch=3 loss=0.4`);
  await page.getByText('its expression took more than').waitFor();
  await page.locator('#regex').fill('loss=(\\S+)');
  await page.getByText('2 values, from 0.900 to 0.400').waitFor();
  expect(await page.locator('#matches mark').allTextContents()).toEqual(['loss=0.9', 'loss=nan', 'loss=0.4']);
  await page.locator('#chart svg').waitFor();
  await expectAccessible(page);
  await window.picture('metric-regex-dark');

  await page.locator('#use').click();
  await window.pick(/^train_loss.*loss=\(\\S\+\)/);
  await window.pick(/^12/);
  await window.pick(/^2/);
  await window.page.getByRole('tab', { name: /^sagemaker\.jsonc/ }).waitFor();
  await window.toast('This is a proposal made from jobs.quick').waitFor();
  expect(desk.read('sagemaker.jsonc'), 'until it is saved').not.toContain('"tune"');
  await window.page.keyboard.press('Control+S');
  await expect.poll(() => desk.read('sagemaker.jsonc')).toContain(String.raw`"train_loss": "loss=(\\S+)"`);
});

test('the best of a search that no entry has launched is proposed as an entry of its own', async () => {
  await window.command('Train with the Best Parameters…');
  await window.pick(/^search(,|$)/);
  await window.toast('No entry takes the hyperparameters of search yet').waitFor();
  await window.page.keyboard.press('Control+S');
  await expect.poll(() => desk.read('sagemaker.jsonc')).toMatch(/"best": \{\s*"kind": "training"/);
  expect(desk.read('sagemaker.jsonc')).toMatch(/"lr": 0\.0\d+/);
  expect(desk.violations).toEqual([]);
});
