import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  GetFunctionConfigurationCommand,
  type LambdaClient,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda';
import type { ControlPlane } from './controlPlane.js';
import { zip } from './zips.js';

export const handlerZip = zip({ 'app.py': 'def handler(event, context):\n    return event\n' });

/** Functions of a control plane, and the role that they run as. */
export class FunctionsUnderTest {
  readonly role: string;

  constructor(
    readonly lambda: LambdaClient,
    plane: ControlPlane,
  ) {
    this.role = plane.role('functions', [], 'lambda.amazonaws.com').arn;
  }

  create(FunctionName: string, more: Partial<CreateFunctionCommandInput> = {}) {
    return this.lambda.send(
      new CreateFunctionCommand({
        ...{ FunctionName, Runtime: 'python3.12', Handler: 'app.handler', Role: this.role },
        Code: { ZipFile: handlerZip },
        ...more,
      }),
    );
  }

  /** Created, and Active. */
  async active(FunctionName: string, more: Partial<CreateFunctionCommandInput> = {}): Promise<void> {
    await this.create(FunctionName, more);
    await this.settled(FunctionName);
  }

  /** Waits as scripts do that poll faster than the SDK's own waiters. */
  async settled(FunctionName: string): Promise<void> {
    await waitUntilFunctionActiveV2(
      { client: this.lambda, maxWaitTime: 30, minDelay: 0.05, maxDelay: 0.05 },
      { FunctionName },
    );
    for (;;) {
      const command = new GetFunctionConfigurationCommand({ FunctionName });
      if ((await this.lambda.send(command)).LastUpdateStatus === 'Successful') return;
    }
  }
}
