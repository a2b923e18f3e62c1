import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tuningState } from '../support/tuning.js';
import { startSearch } from './startSearch.js';
import { Desk, expectAccessible, pictureFailures, type Window } from './window.js';

let desk: Desk;
let window: Window;
beforeAll(async () => {
  desk = await Desk.open({ workspace: 'small', settings: { 'files.autoSave': 'off' } });
  window = await desk.window();
  await window.showSidebar();
});
afterAll(() => desk?.close());
pictureFailures(() => desk);

/** The ids of the rows, in their order: the tests are compiled without the browser's types. */
const rows = (frame: Frame) =>
  frame.locator('#trials tbody tr').evaluateAll((all) => (all as unknown as { id: string }[]).map(({ id }) => id));
const chosen = (frame: Frame) => frame.locator('#hidden').textContent();

test('a search is watched while it runs, sorted, brushed and marked; what was chosen is kept', async () => {
  await window.treeItem(/^Training jobs/).waitFor({ timeout: 60_000 });
  const client = await startSearch(await desk.startedSandbox(), 'search', 14);
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
  // The trials are asked for on their own: the last one may come a moment after the end.
  await panel.getByText('14 of 14 trials ended').waitFor();
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
  const client = await startSearch(await desk.startedSandbox(), 'halted', 100);
  await tuningState(client, 'halted', ({ BestTrainingJob }) => BestTrainingJob !== undefined);
  await window.command('Show Tuning Job');
  await window.pick(/^halted/);
  const panel = await window.webview('#stop');
  await panel.locator('#stop').click();
  await window.page.locator('.monaco-dialog-box').getByRole('button', { name: 'Stop Tuning Job' }).click();
  await tuningState(client, 'halted', ({ HyperParameterTuningJobStatus: status }) => status === 'Stopped');
  await panel.getByText(/^Tuning job halted · Stopped/).waitFor({ timeout: 30_000 });
  await panel.getByText(/^Best: loss \d/).waitFor();
  await panel.locator('#trainBest').waitFor();
  expect(await panel.locator('#stop').count()).toBe(0);
  expect((await rows(panel)).length).toBeLessThan(100);
});

test('the wizard’s metric is tried on a log and a paste, and the proposal has the regex that was used', async () => {
  await window.command('New Tuning Job…');
  const metric = window.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'train_loss' });
  await metric.hover();
  await metric.locator('.codicon-beaker').click();
  const page = await window.webview('#regex');
  await page.getByText('Paste lines of a log').waitFor();
  await page.locator('#openJob').click();
  // One of many: a list draws what is to be seen of it.
  await window.page.locator('.quick-input-widget input.input').fill('halted-001-');
  await window.pick(/^halted-001-/);
  await page.getByText(/^The log of halted-001-/).waitFor();
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
  await window.page.getByRole('tab', { name: /^halted/ }).click();
  await (await window.webview('#trainBest')).locator('#trainBest').click();
  await window.toast('No entry takes the hyperparameters of halted yet').waitFor();
  await window.page.keyboard.press('Control+S');
  await expect.poll(() => desk.read('sagemaker.jsonc')).toMatch(/"best": \{\s*"kind": "training"/);
  expect(desk.read('sagemaker.jsonc')).toMatch(/"lr": 0\.0\d+/);
  expect(desk.violations).toEqual([]);
});
