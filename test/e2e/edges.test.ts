import { afterEach, expect, test } from 'vitest';
import { Desk, pictureFailures } from './window.js';

/** What a person meets beside the straight way. */
let desk: Desk | undefined;
afterEach(async () => {
  await desk?.close();
  desk = undefined;
});
pictureFailures(() => desk);

test('without a folder the view says how to begin; a workspace that is not trusted is looked at, and runs nothing', async () => {
  desk = await Desk.open({ workspace: 'none' });
  const empty = await desk.window();
  await empty.showSidebar();
  await empty.page.getByText('Open a folder to keep your data').waitFor();
  await empty.picture('edge-no-folder');
  await desk.close();

  desk = await Desk.open({ trust: true, settings: { 'security.workspace.trust.startupPrompt': 'never' } });
  const window = await desk.window();
  await window.openFile('sagemaker.jsonc');
  await window.page
    .locator('.codelens-decoration')
    .getByText(/about \$0\.23\/h on AWS/)
    .waitFor();
  expect(await window.lens('Launch').count()).toBe(0);
  await window.showSidebar();
  await window.treeItem(/which you have not trusted yet/).waitFor();
  await window.treeItem(/^fashion/).waitFor();
  await window.picture('edge-untrusted');
  expect(desk.sandboxPid, 'nothing was started').toBeUndefined();
});

test('a sandbox that is killed under the open tree is said once, and started again with a click', async () => {
  desk = await Desk.open();
  const window = await desk.window();
  await window.showSidebar();
  await window.treeItem(/^Training jobs.*none/).waitFor();
  process.kill((await desk.startedSandbox()).pid, 'SIGKILL');
  await window.toast(/cannot be reached/).waitFor({ timeout: 60_000 });
  await window.statusBar.getByText(/not connected/).waitFor();
  await window.picture('edge-killed');
  await window.treeItem('Start the sandbox').click();
  await window.treeItem(/^Training jobs.*none/).waitFor();
  expect(
    await window.page
      .locator('.notifications-toasts .notification-toast')
      .filter({ hasText: 'cannot be reached' })
      .count(),
  ).toBeLessThanOrEqual(1);
});

test('a project file that another window has saved meanwhile is not written over, and nothing is launched', async () => {
  desk = await Desk.open({ workspace: 'small', settings: { 'files.autoSave': 'off' } });
  const window = await desk.window();
  await window.openFile('sagemaker.jsonc');
  await window.lens('Launch').waitFor();
  await window.type('// from this window');
  desk.edit('sagemaker.jsonc', (text) => `// from the other one\n${text}`);
  await window.lens('Launch').click();
  await window.toast(/sagemaker\.jsonc could not be saved, so nothing was launched/).waitFor();
  await window.toast(/Failed to save 'sagemaker\.jsonc'/).waitFor();
  await window.picture('edge-two-windows');
  expect(desk.read('sagemaker.jsonc')).toContain('// from the other one');
  expect(desk.read('sagemaker.jsonc')).not.toContain('// from this window');
  expect(desk.sandboxPid, 'nothing was started').toBeUndefined();
});

test('an upload that is cancelled says what it leaves; the next one sends only the rest', async () => {
  desk = await Desk.open();
  const window = await desk.window();
  await window.openFile('sagemaker.jsonc');
  await window.lens('Upload').click();
  const question = window.page.locator('.monaco-dialog-box');
  await question.getByText(/1001 files, .* go to s3:/).waitFor({ timeout: 60_000 });
  await question.getByRole('button', { name: 'Upload' }).click();
  const uploading = window.toast(/Uploading data\.fashion.* [1-9]\d* of 1001 files/);
  await uploading.waitFor();
  // What is still to be sent waits: a fast machine must not be done before the click.
  const { pid } = await desk.startedSandbox();
  process.kill(pid, 'SIGSTOP');
  try {
    await uploading.getByText('Cancel').click();
    await window.toast(/Cancelled\. What was sent stays in S3 and is not sent again/).waitFor();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await window.picture('edge-cancelled');
  await window.lens('Upload').click();
  await question.getByText(/\d+ files are there already and are not sent again/).waitFor({ timeout: 60_000 });
  await question.getByRole('button', { name: 'Upload' }).click();
  await window.toast(/files, .*, are now under s3:/).waitFor({ timeout: 60_000 });
});
