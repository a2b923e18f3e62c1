import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, chromium, type Frame, type Page } from 'playwright-core';
import { expect, vi } from 'vitest';
import { startVSCodeServer } from '../host/vscodeServer.mjs';
import { repository } from '../support/sandboxProcess.js';

const pictures = path.join(repository, 'out', 'e2e');
const { name, version } = JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8')) as {
  name: string;
  version: string;
};

export interface Options {
  /** What the workspace holds: a copy of the sample, nothing, or no folder at all. */
  readonly workspace?: 'sample' | 'empty' | 'none';
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
    if (workspace === 'sample') {
      cpSync(path.join(repository, 'training'), place, {
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

  /** The process of the sandbox that the windows have started; undefined when there is none. */
  get sandboxPid(): number | undefined {
    const lock = path.join(this.folder, 'sandbox', 'lock.json');
    return existsSync(lock) ? (JSON.parse(readFileSync(lock, 'utf8')) as { pid: number }).pid : undefined;
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

/** One window: what a person does with mouse and keyboard. */
export class Window {
  constructor(readonly page: Page) {}

  async showSidebar(): Promise<void> {
    await this.page.getByRole('tab', { name: 'SageMaker Workbench' }).click();
  }

  treeItem(text: string | RegExp) {
    return this.page.getByRole('treeitem', { name: text }).first();
  }

  /** Runs a command by its title. */
  command(title: string): Promise<void> {
    return this.quickOpen('F1', `>SageMaker Workbench: ${title}`, title);
  }

  /** Opens a file of the workspace by its name. */
  openFile(file: string): Promise<void> {
    return this.quickOpen('Control+P', file, file);
  }

  /** Once more when nothing is found: a list that opened before files and commands were known does not look twice. */
  private async quickOpen(key: string, text: string, option: string): Promise<void> {
    const entry = this.page.locator('.quick-input-list').getByRole('option', { name: option }).first();
    const find = async () => {
      await this.page.keyboard.press(key);
      await this.page.locator('.quick-input-widget input.input').fill(text);
      await entry.waitFor({ timeout: 5000 });
    };
    const closed = async (error: unknown) => {
      await this.page.keyboard.press('Escape');
      throw error;
    };
    await vi.waitFor(() => find().catch(closed), { timeout: 60_000 });
    await entry.click();
  }

  /** Chooses in the context menu of a row. */
  async choose(row: string | RegExp, item: string | RegExp): Promise<void> {
    await this.treeItem(row).click({ button: 'right' });
    // A menu that is younger than a tenth of a second ignores the mouse button's release: it may be that of its opening.
    await this.page.getByRole('menuitem', { name: item }).click({ delay: 200 });
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

  async picture(title: string): Promise<void> {
    await this.page.screenshot({ path: path.join(pictures, `${title}.png`) });
  }
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
