import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, chromium, type Frame, type Locator, type Page } from 'playwright-core';
import { afterEach, expect, vi } from 'vitest';
import { startVSCodeServer } from '../host/vscodeServer.mjs';
import { findRunning, type Ready } from '../../src/sandbox/lock.js';
import { repository } from '../support/sandboxProcess.js';

const pictures = path.join(repository, 'out', 'e2e');
const { name, version } = JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8')) as {
  name: string;
  version: string;
};

export interface Options {
  /** What the workspace holds: a copy of the sample, a project that runs in seconds, nothing, or no folder at all. */
  readonly workspace?: 'sample' | 'small' | 'empty' | 'none';
  readonly settings?: Record<string, unknown>;
  readonly trust?: boolean;
  readonly env?: Record<string, string>;
  /** Another one's, to share its sandbox and its workspace. */
  readonly folder?: string;
}

/** A VS Code with the packaged extension, a workspace and a sandbox of its own, shown in Chromium: a person's desk. */
export class Desk {
  readonly violations: string[] = [];
  private readonly pages: Page[] = [];

  private constructor(
    readonly folder: string,
    readonly workspace: string | undefined,
    private readonly server: Awaited<ReturnType<typeof startVSCodeServer>>,
    private readonly browser: Browser,
  ) {}

  static async open({ workspace = 'sample', settings, trust = false, env }: Options = {}): Promise<Desk> {
    // Spaces and letters that are no ASCII: a person's own folders have them.
    const folder = mkdtempSync(path.join(tmpdir(), 'Schreibtisch für Hünde '));
    const place = path.join(folder, 'mein Projekt');
    mkdirSync(place);
    const from = { sample: 'training', small: 'test/fixtures/small', empty: undefined, none: undefined }[workspace];
    if (from !== undefined) {
      cpSync(path.join(repository, from), place, {
        recursive: true,
        filter: (file) => !/\.sagemaker$|__pycache__$/.test(file),
      });
    }
    const aws = path.join(folder, 'aws');
    mkdirSync(aws);
    const server = await startVSCodeServer({
      vsix: path.join(repository, 'out', `${name}-${version}.vsix`),
      trust,
      settings: {
        'workbench.colorTheme': 'Default Dark Modern',
        'explorer.compactFolders': false,
        'sagemakerWorkbench.sandbox.dataFolder': path.join(folder, 'sandbox'),
        'sagemakerWorkbench.sandbox.python': '/usr/bin/python3',
        ...settings,
      },
      // Never the machine's own profiles.
      env: {
        AWS_CONFIG_FILE: path.join(aws, 'config'),
        AWS_SHARED_CREDENTIALS_FILE: path.join(aws, 'credentials'),
        AWS_EC2_METADATA_DISABLED: 'true',
        ...env,
      },
    });
    const flags = [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
    ];
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
    mkdirSync(pictures, { recursive: true });
    return new Desk(folder, workspace === 'none' ? undefined : place, server, browser);
  }

  /** Another window on the same workspace, as a person would open it. */
  async window(): Promise<Window> {
    const context = await this.browser.newContext({
      viewport: { width: 1400, height: 900 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (
        /Content Security Policy|Refused to/i.test(message.text()) &&
        /webview|vscode-resource|dist\/media/.test(message.text())
      )
        this.violations.push(message.text());
    });
    this.pages.push(page);
    const query = this.workspace === undefined ? 'ew=true' : `folder=${encodeURIComponent(this.workspace)}`;
    await page.goto(`http://${this.server.authority}/?${query}`);
    await page.locator('.monaco-workbench').waitFor();
    return new Window(page);
  }

  /** What each window shows now, under out/e2e. */
  async picture(title: string): Promise<void> {
    const open = this.pages.filter((page) => !page.isClosed());
    for (const [index, page] of open.entries()) {
      await page.screenshot({ path: path.join(pictures, `${title}${index === 0 ? '' : `-${index + 1}`}.png`) });
    }
  }

  /** The sandbox that the windows have started; undefined when there is none. */
  get sandbox(): Ready | undefined {
    return findRunning(path.join(this.folder, 'sandbox', 'lock.json'));
  }

  /** The sandbox, as soon as the windows have started it. */
  async startedSandbox(): Promise<Ready> {
    return vi.waitUntil(() => this.sandbox, { timeout: 60_000, interval: 100 });
  }

  get sandboxPid(): number | undefined {
    return this.sandbox?.pid;
  }

  /** A file of the workspace, as it is saved. */
  read(file: string): string {
    return readFileSync(path.join(this.workspace!, file), 'utf8');
  }

  /** Changes a file of the workspace as another program would. */
  edit(file: string, change: (text: string) => string): void {
    writeFileSync(path.join(this.workspace!, file), change(this.read(file)));
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    const { sandboxPid } = this;
    if (sandboxPid !== undefined) {
      try {
        process.kill(sandboxPid, 'SIGTERM');
      } catch {
        // It has ended already.
      }
      for (let tries = 0; tries < 100 && this.sandboxPid !== undefined; tries++)
        await new Promise((done) => setTimeout(done, 50));
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** What is used of the browser inside of `evaluate`: the tests are compiled without its types. */
interface BrowserGlobals {
  readonly navigator: { readonly clipboard: { write(items: readonly object[]): Promise<void> } };
  readonly ClipboardItem: new (data: object) => object;
  readonly Blob: typeof Blob;
  atob(text: string): string;
}

/** One window: what a person does with mouse and keyboard. */
export class Window {
  constructor(readonly page: Page) {}

  async showSidebar(): Promise<void> {
    await this.page.getByRole('tab', { name: 'SageMaker Workbench' }).click();
  }

  treeItem(text: string | RegExp) {
    return this.page.getByRole('treeitem', { name: text }).first();
  }

  /** Opens a category: a click on one that is just being drawn anew may go astray. */
  async expand(category: string | RegExp): Promise<void> {
    const row = this.treeItem(category);
    const state = async () => {
      if ((await row.getAttribute('aria-expanded')) !== 'true') await row.click();
      return row.getAttribute('aria-expanded');
    };
    await expect.poll(state, { timeout: 30_000 }).toBe('true');
  }

  /** Runs a command by its title. */
  command(title: string): Promise<void> {
    return this.quickOpen('F1', `>SageMaker Workbench: ${title}`, `SageMaker Workbench: ${title}`);
  }

  /** Opens a file of the workspace by its name. */
  openFile(file: string): Promise<void> {
    return this.quickOpen('Control+P', file, file);
  }

  /**
   * Takes the first row, once that is the one that is meant: what a list showed before is not. Once more when nothing is
   * found: a list that opened before files and commands were known does not look twice.
   */
  private async quickOpen(key: string, text: string, first: string): Promise<void> {
    const row = this.page.locator('.quick-input-list .monaco-list-row[data-index="0"]').filter({ hasText: first });
    const find = async () => {
      await this.page.keyboard.press(key);
      await this.page.locator('.quick-input-widget input.input').fill(text);
      await row.waitFor({ timeout: 5000 });
    };
    const closed = async (error: unknown) => {
      await this.page.keyboard.press('Escape');
      throw error;
    };
    await vi.waitFor(() => find().catch(closed), { timeout: 60_000 });
    await this.page.keyboard.press('Enter');
  }

  /** Chooses in the context menu of a row. */
  async choose(row: string | RegExp, item: string | RegExp): Promise<void> {
    await this.treeItem(row).click({ button: 'right' });
    // A menu that is younger than a tenth of a second ignores the mouse button's release: it may be that of its opening.
    await this.page.getByRole('menuitem', { name: item }).click({ delay: 200 });
  }

  /** Writes a line at the top of the file that is open. */
  async type(line: string): Promise<void> {
    await this.page.locator('.monaco-editor .view-line').first().click();
    await this.page.keyboard.press('Control+Home');
    await this.page.keyboard.type(line);
    await this.page.keyboard.press('Enter');
  }

  async pick(option: string | RegExp): Promise<void> {
    await this.page.locator('.quick-input-list').getByRole('option', { name: option }).first().click();
  }

  lens(text: string | RegExp) {
    return this.page.locator('.codelens-decoration a').filter({ hasText: text }).first();
  }

  get statusBar() {
    return this.page.locator('.statusbar');
  }

  toast(text: string | RegExp) {
    return this.page.locator('.notifications-toasts .notification-toast').filter({ hasText: text }).first();
  }

  /** Switches to a profile by the status bar, in its own region. */
  async switchTo(profile: string, current: string | RegExp): Promise<void> {
    await this.statusBar.getByText(current).click();
    await this.pick(new RegExp(`^(cloud)?\\s*${profile},`));
    await this.pick(/of profile/);
  }

  /** How many toasts say this. */
  toasts(text: string | RegExp): Promise<number> {
    return this.page.locator('.notifications-toasts .notification-toast').filter({ hasText: text }).count();
  }

  /** The frame of the webview that shows `selector`. */
  async webview(selector: string, milliseconds = 30_000): Promise<Frame> {
    for (const end = Date.now() + milliseconds; Date.now() < end; await this.page.waitForTimeout(100)) {
      for (const frame of this.page.frames()) {
        const visible = await frame
          .locator(selector)
          .first()
          .isVisible()
          .catch(() => false);
        if (visible) return frame;
      }
    }
    throw new Error(`No webview shows ${selector}.`);
  }

  /**
   * Drops a file as the system does: a synthetic DOM event would reach the page even where the workbench takes the drag.
   */
  async dropFile(frame: Frame, selector: string, file: string): Promise<void> {
    const box = await frame.locator(selector).boundingBox();
    if (!box) throw new Error(`${selector} is not to be seen.`);
    const session = await this.page.context().newCDPSession(this.page);
    const point = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    const data = { items: [], files: [file], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await session.send('Input.dispatchDragEvent', { type, ...point, data });
    }
    await session.detach();
  }

  /** Answers VS Code's own file dialog, which reads a folder before it takes what is typed. */
  async typePath(file: string): Promise<void> {
    const dialog = this.page.locator('.quick-input-widget');
    await dialog.locator('.monaco-list-row').first().waitFor();
    await dialog.locator('input.input').fill(file);
    await dialog
      .locator('.monaco-list-row')
      .filter({ hasText: path.basename(file) })
      .first()
      .waitFor();
    await this.page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
  }

  /** Puts a PNG on the clipboard, as a screenshot tool does. */
  async copyPicture(file: string): Promise<void> {
    const base64 = readFileSync(file).toString('base64');
    await this.page.evaluate(async (text) => {
      const { navigator, ClipboardItem, Blob, atob } = globalThis as unknown as BrowserGlobals;
      const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': new Blob([bytes], { type: 'image/png' }) })]);
    }, base64);
  }

  /** Opens folders of the Explorer, one in the other. */
  async reveal(...folders: string[]): Promise<void> {
    for (const folder of folders) {
      const row = this.page.locator('.explorer-folders-view').getByRole('treeitem', { name: folder, exact: true });
      if ((await row.getAttribute('aria-expanded')) !== 'true') await row.click();
    }
  }

  /** Drags a row into a panel with Shift held, as VS Code asks for. */
  async dragToWebview(row: Locator, frame: Frame, selector: string): Promise<void> {
    const [from, to] = [await row.boundingBox(), await frame.locator(selector).boundingBox()];
    if (!from || !to) throw new Error('What is dragged, or where to, is not to be seen.');
    const { mouse, keyboard } = this.page;
    await mouse.move(from.x + 40, from.y + from.height / 2);
    await mouse.down();
    await keyboard.down('Shift');
    await mouse.move(to.x + to.width / 2, to.y + 20, { steps: 12 });
    await mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 6 });
    await mouse.up();
    await keyboard.up('Shift');
  }

  async picture(title: string): Promise<void> {
    await this.page.screenshot({ path: path.join(pictures, `${title}.png`) });
  }
}

/** Keeps pictures of what the windows show when a test has failed. */
export function pictureFailures(desk: () => Desk | undefined): void {
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await desk()?.picture(`failed-${task.name.slice(0, 60).replace(/\W+/g, '-')}`);
  });
}

/** Fails with what axe finds wrong in a panel. */
export async function expectAccessible(frame: Frame): Promise<void> {
  await frame.evaluate(readFileSync(path.join(repository, 'node_modules', 'axe-core', 'axe.min.js'), 'utf8'));
  const found = await frame.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(where: unknown, options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
      };
    };
    // Landmarks and titles are those of VS Code's own frame round the panel.
    const off = { 'page-has-heading-one': { enabled: false }, region: { enabled: false } };
    const { violations } = await axe.run((globalThis as unknown as { document: unknown }).document, { rules: off });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  });
  expect(found).toEqual([]);
}
