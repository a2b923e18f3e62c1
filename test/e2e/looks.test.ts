import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tuningState } from '../support/tuning.js';
import { startSearch } from './startSearch.js';
import { Desk, expectAccessible, pictureFailures, type Window } from './window.js';

/** Every panel in VS Code's other themes, and as narrow as a side bar makes it. The other tests look at them in the dark. */
const themes = ['Default Light Modern', 'Default High Contrast', 'Default High Contrast Light'] as const;
/** `npm test` looks at one theme, another one each day; the long form at all. */
const chosen = process.env['WORKBENCH_LONG'] ? themes : [themes[Math.floor(Date.now() / 86_400_000) % themes.length]!];

describe.each(chosen)('in %s', (theme) => {
  let desk: Desk;
  let window: Window;
  const name = theme.replaceAll(' ', '-').toLowerCase();
  beforeAll(async () => {
    desk = await Desk.open({ workspace: 'small', settings: { 'workbench.colorTheme': theme } });
    window = await desk.window();
  });
  afterAll(() => desk?.close());
  pictureFailures(() => desk);

  test('project file, tree, launch, job, deployment, test bench, regex and cockpit can be read, also at 420 pixels', async () => {
    await window.showSidebar();
    await window.openFile('sagemaker.jsonc');
    await window.lens('Launch').click();
    const launch = await window.webview('#launch');
    await launch.locator('#verdict').getByText('gates are green').waitFor({ timeout: 60_000 });
    await expectAccessible(launch);
    await window.picture(`looks-${name}-launch`);
    await launch.locator('#launch').click();
    const job = await window.webview('#headline');
    await job.locator('#deploy').waitFor({ timeout: 120_000 });
    await expectAccessible(job);
    await window.picture(`looks-${name}-job`);
    await job.locator('#deploy').click();
    const deploy = await window.webview('#launch');
    await deploy.locator('#verdict').getByText('gates are green').waitFor({ timeout: 60_000 });
    await deploy.locator('#launch').click();
    await window.toast('is in service').getByText('Test', { exact: true }).click({ timeout: 120_000 });
    const bench = await window.webview('#target');
    await bench.getByRole('tab', { name: 'JSON' }).click();
    await bench.getByLabel('JSON body').fill('{ "answer": [1, 4, 2] }');
    await bench.locator('#send').click();
    await bench.locator('h1').getByText('dog').waitFor();
    await expectAccessible(bench);
    await window.picture(`looks-${name}-bench`);

    await window.command('Try Metric Regex…');
    await window.pick(/^train_loss/);
    const regex = await window.webview('#regex');
    await regex.getByText('12 values, from 2 to 0.167').waitFor();
    await expectAccessible(regex);
    await window.picture(`looks-${name}-regex`);

    const client = await startSearch(await desk.startedSandbox(), 'search', 6);
    await tuningState(client, 'search', ({ HyperParameterTuningEndTime: ended }) => ended !== undefined);
    await window.command('Show Tuning Job');
    await window.pick(/^search/);
    const cockpit = await window.webview('#trials');
    await cockpit.getByText('6 of 6 trials ended').waitFor();
    await cockpit.locator('#axis-0').focus();
    await window.page.keyboard.press('ArrowDown');
    await expectAccessible(cockpit);
    await window.picture(`looks-${name}-cockpit`);

    await window.page.keyboard.press('Control+B');
    await window.page.setViewportSize({ width: 470, height: 900 });
    await expectToFit(cockpit);
    await window.picture(`looks-${name}-cockpit-narrow`);
    for (const [tab, shown, picture] of [
      [/^Regex: train_loss/, '#regex', 'regex'],
      [/^Test bench/, '#target', 'bench'],
      [/^small-quick-/, '#headline', 'job'],
    ] as const) {
      await window.page.getByRole('tab', { name: tab }).click();
      await expectToFit(await window.webview(shown));
      await window.picture(`looks-${name}-${picture}-narrow`);
    }
    expect(desk.violations).toEqual([]);
  });
});

/** What is used of the DOM inside of `evaluate`: the tests are compiled without its types. */
interface Page {
  querySelector(selector: string): Element | null;
  querySelectorAll(selector: string): Iterable<Element>;
}
interface Element {
  readonly outerHTML: string;
  getBoundingClientRect(): { readonly right: number };
  closest(selector: string): Element | null;
}

/** Nothing is wider than the page, but for what has a scroll bar of its own. */
async function expectToFit(frame: Frame): Promise<void> {
  const widest = () =>
    frame.evaluate(() => {
      const { document } = globalThis as unknown as { document: Page };
      const right = document.querySelector('#root')!.getBoundingClientRect().right;
      return [...document.querySelectorAll('#root *')]
        .filter(
          (element) => element.getBoundingClientRect().right > right + 1 && !element.closest('pre, .scroll, .wide'),
        )
        .map((element) => element.outerHTML.slice(0, 100));
    });
  await expect.poll(widest).toEqual([]);
}
