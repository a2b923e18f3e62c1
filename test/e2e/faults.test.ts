import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FaultyCloud } from '../support/faultyCloud.js';
import { SandboxProcess } from '../support/sandboxProcess.js';
import { Desk, pictureFailures, type Window } from './window.js';

/** What services answer on a bad day, as a person meets it in the tree. */
describe('a cloud with a bad day', () => {
  let aws: SandboxProcess;
  let cloud: FaultyCloud;
  let desk: Desk;
  let window: Window;
  beforeAll(async () => {
    aws = await SandboxProcess.start({ args: ['--account', '222222222222'] });
    cloud = await FaultyCloud.before(aws);
    desk = await Desk.open({ workspace: 'small' });
    const { accessKeyId, secretAccessKey } = aws.clientConfig.credentials;
    appendFileSync(
      path.join(desk.folder, 'aws', 'config'),
      `[profile bad]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\nregion = us-east-1\nendpoint_url = ${cloud.endpoint}\n`,
    );
    window = await desk.window();
  });
  afterAll(async () => {
    await desk?.close();
    cloud?.stop();
    await aws?.stop();
  });
  pictureFailures(() => desk);

  test('403, 429 and 503: each kind says what it has, the others go on, and a click tries again', async () => {
    await window.showSidebar();
    await window.switchTo('bad', 'Sandbox');
    await window.treeItem(/^Endpoints.*none/).waitFor();
    await window.expand(/^Models/);
    await window.treeItem(/^Models.*none/).waitFor();
    const message = 'User: arn:aws:iam::222222222222:user/ada is not authorized to perform: sagemaker:ListTrainingJobs';
    cloud.faults.set('ListTrainingJobs', { status: 400, code: 'AccessDeniedException', message });
    cloud.faults.set('ListEndpoints', { status: 503, code: 'ServiceUnavailable', message: 'Back soon.' });
    cloud.faults.set('ListModels', { status: 400, code: 'ThrottlingException', message: 'Rate exceeded' });
    await window.command('Refresh');
    await window.treeItem(/ListTrainingJobs is not allowed: User: .*Ask for this permission/).waitFor();
    await window
      .treeItem(/SageMaker could not do ListEndpoints, by a fault of its own \(503 ServiceUnavailable\)/)
      .waitFor();
    await window.treeItem(/SageMaker throttles ListModels, also after several tries/).waitFor();
    await window.statusBar.getByText('AWS bad · us-east-1').waitFor();
    expect(await window.toasts(/./), 'the tree says it, and nothing else does').toBe(0);
    await window.picture('faults');
    // What passes by itself goes by itself; what was not allowed is asked again by the person.
    cloud.faults.clear();
    await window.treeItem(/^Endpoints.*none/).waitFor({ timeout: 60_000 });
    await window.treeItem(/^Models.*none/).waitFor({ timeout: 60_000 });
    await window.treeItem(/ListTrainingJobs is not allowed/).click();
    await window.treeItem(/^Training jobs.*none/).waitFor();
  });

  test('401: one message names the profile and what to do, and Connect Again goes on', async () => {
    const message = 'The security token included in the request is invalid.';
    cloud.faults.set('*', { status: 400, code: 'UnrecognizedClientException', message });
    await window
      .toast(/SageMaker does not know the keys of profile "bad": check the profile/)
      .waitFor({ timeout: 60_000 });
    await window.statusBar.getByText(/AWS bad.*not connected/).waitFor();
    expect(await window.toasts(/./)).toBe(1);
    cloud.faults.clear();
    await window
      .toast(/does not know the keys/)
      .getByText('Connect Again')
      .click();
    await window.treeItem(/^Training jobs.*none/).waitFor();
    expect(desk.violations).toEqual([]);
  });
});
