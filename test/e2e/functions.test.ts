import { DeleteRolePolicyCommand, IAMClient, ListRolePoliciesCommand } from '@aws-sdk/client-iam';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientConfig } from '../support/sandboxProcess.js';
import { Desk, expectAccessible, pictureFailures, type Window } from './window.js';

/** The sample's function in front of its endpoint: deployed, asked with pictures, and without the right to ask. */
describe('a function in front of an endpoint', () => {
  let desk: Desk;
  let window: Window;
  let bench: Frame;
  let server: Server;
  let address: string;
  const bag = () => path.join(desk.workspace!, 'data', 'fashion-mnist', 'test', 'Bag', '0001.png');
  beforeAll(async () => {
    server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'image/png' }).end(readFileSync(bag()));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const place = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    address = `http://${place}/bag.png`;
    desk = await Desk.open();
    // Seconds of training are enough for a bag. The script fetches from this machine what it is told to.
    desk.edit('sagemaker.jsonc', (text) =>
      text
        .replace('"epochs": 15,', '"epochs": 3,')
        .replace('"inference": "inference.py",', `$& "environment": { "IMAGE_URL_ALLOW": "${place}" },`),
    );
    window = await desk.window();
  });
  afterAll(async () => {
    server.close();
    await desk?.close();
  });
  pictureFailures(() => desk);

  test('the model is trained and deployed, and the function from its row in the project', async () => {
    await window.showSidebar();
    await window.openFile('sagemaker.jsonc');
    await window.lens('Launch').click();
    await launch(window);
    await window
      .toast(/jobs\.train completed/)
      .getByText('Deploy…')
      .click({ timeout: 120_000 });
    await launch(window);
    await window.toast('is in service').waitFor({ timeout: 120_000 });
    await window.choose(/^predict/, /^Deploy Function/);
    await launch(window);
    await window.toast('breeds-predict is deployed').getByText('Test', { exact: true }).click({ timeout: 60_000 });
    bench = await window.webview('#target');
    await bench.getByText('Drop a picture').waitFor();
  });

  test('a dropped picture goes into the event, and its answer is unwrapped to the right class', async () => {
    await window.dropFile(bench, '#input', bag());
    await bench.locator('h1').getByText('Bag').waitFor({ timeout: 60_000 });
    await bench.getByText('lambda_function.py reads').waitFor();
    await bench.getByText('How the answer was unwrapped').waitFor();
    await bench
      .getByRole('figure')
      .getByText(/: [\d,]+ of [\d,]+ ms/)
      .waitFor();
    await bench
      .locator('pre b')
      .getByText(/^REPORT RequestId: /)
      .waitFor();
    await expectAccessible(bench);
    await window.picture('function-picture');
  });

  test('a URL of this machine, which only the function may fetch, is written into the event', async () => {
    const url = bench.getByLabel('URL of a picture');
    await url.fill(address);
    await url.press('Enter');
    await bench.getByText('is not a public address, so it is not fetched').waitFor();
    await bench.getByRole('button', { name: 'Write it into an event' }).click();
    await bench.getByRole('textbox', { name: 'Event' }).press('Control+Enter');
    await bench.locator('.eyebrow').getByText('{ "url": ').waitFor({ timeout: 60_000 });
    await bench.locator('h1').getByText('Bag').waitFor();
    await window.picture('function-url');
  });

  test('without the right to ask its endpoint, principal, action and resource are named', async () => {
    const iam = new IAMClient(clientConfig(desk.sandbox!));
    const role = { RoleName: 'breeds-predict' };
    const { PolicyNames } = await iam.send(new ListRolePoliciesCommand(role));
    for (const PolicyName of PolicyNames ?? []) await iam.send(new DeleteRolePolicyCommand({ ...role, PolicyName }));
    iam.destroy();
    await bench.locator('#send').click();
    const denial = bench.locator('.denial');
    await denial.getByText(/:assumed-role\/breeds-predict\//).waitFor();
    await denial.getByText('sagemaker:InvokeEndpoint').waitFor();
    await denial.getByText(/:endpoint\/breeds-classifier$/).waitFor();
    await expectAccessible(bench);
    await window.picture('function-denied');
    expect(desk.violations).toEqual([]);
  });
});

/** Agrees to what the launch panel shows. */
async function launch(window: Window): Promise<void> {
  const panel = await window.webview('#launch');
  await panel.locator('#launch:not([disabled])').waitFor({ timeout: 60_000 });
  await panel.locator('#launch').click();
}
