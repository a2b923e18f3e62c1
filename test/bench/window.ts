import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, chromium, type Frame, type Page } from 'playwright-core';
import { startVSCodeServer } from '../host/vscodeServer.mjs';
import { repository, type SandboxProcess } from '../support/sandboxProcess.js';
import { figure, median } from './figures.js';

const rounds = 5;
const dist = path.join(repository, 'dist');
const { name, publisher, version } = JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8')) as {
  name: string;
  publisher: string;
  version: string;
};
const vsix = path.join(repository, 'out', `${name}-${version}.vsix`);

/** Kilobytes; a panel has 150. */
const budgets: Record<string, number> = { 'aws.js': 800 };

export function sizes(): void {
  for (const file of readdirSync(dist).filter((each) => each.endsWith('.js') && each !== 'mainJob.js')) {
    figure(`${file}, KB`, kilobytes(path.join(dist, file)), 'budget', budgets[file]);
  }
  const start = kilobytes(path.join(dist, 'extension.js')) + kilobytes(path.join(dist, 'chunk.js'));
  figure('what starts a window (extension.js, chunk.js), KB', start, 'budget', 300);
  const media = path.join(dist, 'media');
  for (const file of readdirSync(media).filter((each) => each.endsWith('.js'))) {
    figure(`panel ${file}, KB`, kilobytes(path.join(media, file)), 'budget', 150);
  }
  figure('VSIX, MB', kilobytes(vsix) / 1000, 'budget', 5);
}

/** In processes of their own, without VS Code; the peer is a large program that no version of ours changes. */
export function loading(): void {
  const load = (module: string) => {
    // Every name of the module `vscode` is a class with every property.
    const program = `
      const vscode = new Proxy(class {}, {
        get: (target, key) => (key === 'prototype' ? target[key] : vscode),
        // The bundle looks names up in an object that inherits from the module.
        getPrototypeOf: () => vscode,
      });
      const { _load } = require('node:module');
      require('node:module')._load = (name, ...rest) => (name === 'vscode' ? vscode : _load(name, ...rest));
      const started = performance.now();
      require(${JSON.stringify(module)});
      process.stdout.write(String(performance.now() - started));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { cwd: repository, encoding: 'utf8' });
    if (stdout === '') throw new Error(`${module} cannot be loaded: ${stderr.slice(-500)}`);
    return Number(stdout);
  };
  const peer: number[] = [];
  const extension: number[] = [];
  const aws: number[] = [];
  for (let round = 0; round < 7; round++) {
    peer.push(load('typescript'));
    extension.push(load(path.join(dist, 'extension.js')));
    aws.push(load(path.join(dist, 'aws.js')));
  }
  figure('extension.js loaded in plain Node, ms', median(extension), 'typescript.js', median(peer));
  figure('aws.js loaded in plain Node, ms', median(aws), 'typescript.js', median(peer));
  figure('aws.js loaded in plain Node, ms', median(aws), 'budget', 100);
}

/** What VS Code has marked of a start with the installed extension, in windows and servers of their own. */
export async function activation(): Promise<void> {
  await inPlace(async (folder, browser) => {
    const harness = path.join(folder, 'harness');
    mkdirSync(harness);
    const manifest = { name: 'harness', publisher: 'bench', version: '0.0.0', engines: { vscode: '*' } };
    writeFileSync(path.join(harness, 'package.json'), JSON.stringify(manifest));
    const file = path.join(folder, 'marks.json');
    const marks: { load: number; activate: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const server = await startVSCodeServer({
        vsix,
        flags: ['--enable-smoke-test-driver'],
        env: { WORKBENCH_BENCH_EXTENSION: `${publisher}.${name}`, WORKBENCH_BENCH_MARKS: file },
      });
      try {
        const page = await browser.newPage();
        const ended = new Promise<number>((resolve) => void page.exposeFunction('codeAutomationExit', resolve));
        const uri = (place: string) => `vscode-remote://${server.authority}${place}`;
        // VS Code runs tests only beside an extension under development: an empty one, so that ours is the installed one.
        const payload = JSON.stringify([
          ['extensionDevelopmentPath', uri(harness)],
          ['extensionTestsPath', uri(path.join(repository, 'out', 'bench', 'marks.js'))],
          ['skipWelcome', 'true'],
        ]);
        const query = new URLSearchParams({ folder: path.join(folder, 'sample'), payload });
        await page.goto(`http://${server.authority}/?${query.toString()}`);
        if ((await ended) !== 0) throw new Error('The extension was not activated.');
        await page.close();
      } finally {
        await server.stop();
      }
      marks.push(JSON.parse(readFileSync(file, 'utf8')) as { load: number; activate: number });
    }
    figure("extension.js loaded, by VS Code's marks, ms", median(marks.map(({ load }) => load)));
    figure("activated, by VS Code's marks, ms", median(marks.map(({ activate }) => activate)), 'budget', 20);
  });
}

/**
 * From the mouse button on the view's tab to the frame with the first job, in windows that have not connected yet; the
 * peer is VS Code's own search view.
 */
export async function firstPaint(sandbox: SandboxProcess, job: string): Promise<void> {
  await inPlace(async (folder, browser) => {
    const server = await startVSCodeServer({
      vsix,
      settings: { 'sagemakerWorkbench.sandbox.dataFolder': sandbox.ready.dataDir },
    });
    const times: number[] = [];
    const search: number[] = [];
    try {
      for (let round = 0; round < rounds; round++) {
        const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
        const page = await context.newPage();
        const query = new URLSearchParams({ folder: path.join(folder, 'sample') });
        await page.goto(`http://${server.authority}/?${query.toString()}`);
        await page.locator('.statusbar').getByText('Sandbox').waitFor();
        search.push(await painting(page, /^Search/, '.search-view .monaco-inputbox'));
        times.push(await painting(page, /^SageMaker Workbench/, `[role=treeitem][aria-label*="${job}"]`));
        await context.close();
      }
    } finally {
      await server.stop();
    }
    figure('from the click to the first job in the tree, ms', median(times), 'search view', median(search));
    figure('from the click to the first job in the tree, ms', median(times), 'budget', 300);
  });
}

/**
 * From the mouse button on Send to the frame with the bars of 133 classes, in the test bench of one window.
 * @param endpoint answers with what it is sent
 */
export async function clickToBars(sandbox: SandboxProcess, endpoint: string): Promise<void> {
  await inPlace(async (folder, browser) => {
    const server = await startVSCodeServer({
      vsix,
      settings: { 'sagemakerWorkbench.sandbox.dataFolder': sandbox.ready.dataDir },
    });
    const times: number[] = [];
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      const query = new URLSearchParams({ folder: path.join(folder, 'sample') });
      await page.goto(`http://${server.authority}/?${query.toString()}`);
      await page.locator('.statusbar').getByText('Sandbox').waitFor();
      await page.keyboard.press('F1');
      await page.locator('.quick-input-widget input.input').fill('>SageMaker Workbench: Test Endpoint');
      await page.locator('.quick-input-list .monaco-list-row').first().click();
      const bench = await frameWith(page, '#send');
      await bench.getByLabel('Target').selectOption({ label: endpoint });
      await bench.getByRole('tab', { name: 'JSON' }).click();
      const scores = Array.from({ length: 133 }, (_, index) => Math.sin(index));
      await bench.getByLabel('JSON body').fill(JSON.stringify(scores));
      for (let round = 0; round < rounds + 1; round++) {
        const painted = untilPainted(bench, '.bars');
        await bench.locator('#send').click();
        times.push(await painted);
      }
    } finally {
      await server.stop();
    }
    // The first one looks for the names of the classes.
    figure('from the click on Send to the first bars, ms', times[0] ?? NaN);
    figure('from the click on Send to the bars, ms', median(times.slice(1)));
  });
}

async function frameWith(page: Page, selector: string): Promise<Frame> {
  for (const end = Date.now() + 60_000; Date.now() < end; await page.waitForTimeout(100)) {
    for (const frame of page.frames()) if ((await frame.locator(selector).count()) > 0) return frame;
  }
  throw new Error(`No webview shows ${selector}.`);
}

/** @returns milliseconds from the mouse button on a view's tab to the frame with `selector`, by the page's own clock */
async function painting(page: Page, tab: RegExp, selector: string): Promise<number> {
  const painted = untilPainted(page, selector);
  await page.getByRole('tab', { name: tab }).click();
  return painted;
}

/** @returns milliseconds from the next press of the mouse to the frame in which `selector` comes, by the page's own clock */
function untilPainted(page: Page | Frame, selector: string): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve) => {
    document.addEventListener('mousedown', () => {
      const started = performance.now();
      let gone = !document.querySelector(${JSON.stringify(selector)});
      new MutationObserver((_, observer) => {
        const there = document.querySelector(${JSON.stringify(selector)});
        gone ||= !there;
        if (!there || !gone) return;
        observer.disconnect();
        requestAnimationFrame(() => resolve(performance.now() - started));
      }).observe(document.body, { childList: true, subtree: true, attributes: true });
    }, { capture: true, once: true });
  })`);
}

/** Runs with a browser and a folder that holds a copy of the sample, and removes both. */
async function inPlace(measure: (folder: string, browser: Browser) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
  cpSync(path.join(repository, 'training', 'sagemaker.jsonc'), path.join(folder, 'sample', 'sagemaker.jsonc'));
  const flags = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
  ];
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
  try {
    await measure(folder, browser);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function kilobytes(file: string): number {
  return statSync(file).size / 1000;
}
