// `node scripts/icon.mjs`: media/icons/workbench.png, which the marketplace and the list of extensions show, from the
// drawing of the sidebar. Run it when that changes: the picture is kept, so that packaging needs no browser.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { root } from './setup.mjs';

const icons = path.join(root, 'media', 'icons');
const drawing = readFileSync(path.join(icons, 'workbench.svg'), 'utf8');
const size = 128;
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: size, height: size } });
await page.setContent(`
  <style>
    body { margin: 0 }
    div { box-sizing: border-box; width: ${size}px; height: ${size}px; padding: 20px; border-radius: 28px;
          color: white; background: linear-gradient(160deg, #0b8c83, #14405f) }
    svg { width: 100%; height: 100% }
  </style>
  <div>${drawing}</div>`);
await page.screenshot({ path: path.join(icons, 'workbench.png'), omitBackground: true });
await browser.close();
