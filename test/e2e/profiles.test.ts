import { CreateModelCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inferenceImage } from '../support/images.js';
import { Profiles } from '../support/profiles.js';
import { clientConfig, SandboxProcess } from '../support/sandboxProcess.js';
import { Desk, pictureFailures, type Window } from './window.js';

/** A second sandbox plays AWS: an account of somebody else, behind the profiles that people have, at AWS's own intervals. */
describe('another account', () => {
  let aws: SandboxProcess;
  let profiles: Profiles;
  let desk: Desk;
  let window: Window;
  beforeAll(async () => {
    const account = ['--account', '222222222222', '--region', 'eu-west-1', '--python', '/usr/bin/python3'];
    aws = await SandboxProcess.start({ args: account });
    desk = await Desk.open({ workspace: 'small', settings: { 'sagemakerWorkbench.watching.pace': 'aws' } });
    profiles = new Profiles(aws, path.join(desk.folder, 'aws'));
    desk.edit('sagemaker.jsonc', (text) =>
      text
        .replace('"name": "small",', '"name": "small",\n  "role": "SageMakerExecutionRole",')
        .replace('"epochs": 12, "pause": 0.1', '"epochs": 40, "pause": 1'),
    );
    window = await desk.window();
  });
  afterAll(async () => {
    await desk?.close();
    await aws?.stop();
  });

  pictureFailures(() => desk);

  test('by credential_process: account and region in the status bar, and no node of the old account', async () => {
    await window.showSidebar();
    await window.treeItem(/^Training jobs.*none/).waitFor();
    const own = await desk.startedSandbox();
    const home = new SageMakerClient(clientConfig(own));
    await home.send(
      new CreateModelCommand({
        ModelName: 'of-the-sandbox',
        ExecutionRoleArn: own.executionRoleArn,
        PrimaryContainer: { Image: inferenceImage },
      }),
    );
    home.destroy();
    await window.expand(/^Models/);
    await window.command('Refresh');
    await window.treeItem(/of-the-sandbox/).waitFor();

    await window.switchTo('process', 'Sandbox');
    await window.statusBar.getByText('AWS process · eu-west-1').waitFor();
    await window.treeItem(/^Models.*none/).waitFor();
    expect(await window.page.getByRole('treeitem', { name: /of-the-sandbox/ }).count()).toBe(0);
    await window.picture('profile-process');
  });

  test('by role_arn and source_profile: a job is launched and watched to its end while its keys expire, quietly', async () => {
    await window.switchTo('role', 'AWS process');
    await window.statusBar.getByText('AWS role · eu-west-1').waitFor();
    await window.openFile('sagemaker.jsonc');
    await window.lens('Launch').click();
    const launch = await window.webview('#launch');
    // The role may launch, and may not look at roles: worth a look, and no obstacle.
    await launch.locator('#verdict').getByText('One gate is worth a look').waitFor({ timeout: 60_000 });
    await launch.getByText('you are not allowed iam:GetRole').waitFor();
    await launch.getByText('account 222222222222').waitFor();
    await window.picture('profile-launch');
    const { calls: before, since } = { calls: await aws.calls(), since: performance.now() };
    await launch.locator('#launch').click();
    const job = await window.webview('#headline', 90_000);
    await job.locator('#log').getByText('epoch=1 ').waitFor({ timeout: 90_000 });
    await aws.control('POST expire-sessions');
    // The log as a document goes on as well, and is still followed after its keys have expired.
    await job.getByRole('button', { name: 'Open full log' }).click();
    await window.page.locator('.view-lines').getByText('epoch=30 ').first().waitFor({ timeout: 90_000 });
    await window.picture('profile-log');
    await window.toast(/jobs\.quick completed/).waitFor({ timeout: 180_000 });
    await window.page.getByRole('tab', { name: /^small-quick-[^.]*$/ }).click();
    const done = await window.webview('#headline');
    await done.locator('#headline').getByText('valid_accuracy 0.985').waitFor({ timeout: 60_000 });
    await window.picture('profile-completed');
    expect(await window.toasts(/expired|cannot be reached|sign in/)).toBe(0);

    // At most one Describe in 30 s by each of those who look (panel, tree), and one List a kind.
    const turns = (performance.now() - since) / 30_000;
    const after = await aws.calls();
    const made = (operation: string) => (after[operation] ?? 0) - (before[operation] ?? 0);
    expect(made('sagemaker:DescribeTrainingJob')).toBeLessThanOrEqual(2 * turns + 6);
    expect(made('sagemaker:ListTrainingJobs')).toBeLessThanOrEqual(turns + 4);
    expect(made('logs:GetLogEvents')).toBeLessThanOrEqual(2 * ((3 * turns + 4) * 2));
  });

  test('keys that stay expired are said once; a click after a new sign-in goes on where it was', async () => {
    const lists = async () => (await aws.calls())['sagemaker:ListTrainingJobs'] ?? 0;
    const before = await lists();
    await window.switchTo('session', 'AWS role');
    await window.statusBar.getByText('AWS session · eu-west-1').waitFor();
    // Once it lists, it has its keys, and the rows are its own.
    await expect.poll(lists, { timeout: 30_000 }).toBeGreaterThan(before);
    await window.treeItem(/small-quick-/).waitFor();
    profiles.frozen = true;
    await aws.control('POST expire-sessions');
    await window.command('Refresh');
    await window.toast(/profile "session" have expired: sign in again/).waitFor();
    await window.statusBar.getByText(/not connected/).waitFor();
    expect(await window.toasts(/have expired/)).toBe(1);
    await window.picture('profile-expired');
    profiles.frozen = false;
    await window
      .toast(/have expired/)
      .getByText('Connect Again')
      .click();
    await window.treeItem(/small-quick-/).waitFor();
  });

  test('a profile that vanishes is said once and by its name; it comes back, and everything goes on without a click', async () => {
    const config = readFileSync(profiles.configFile, 'utf8');
    writeFileSync(profiles.configFile, '');
    await window.toast(/profile "session": There is no such profile/).waitFor({ timeout: 60_000 });
    expect(await window.toasts(/no such profile/)).toBe(1);
    writeFileSync(profiles.configFile, config);
    await window.treeItem(/small-quick-/).waitFor({ timeout: 60_000 });
    expect(desk.violations).toEqual([]);
  });
});
