import { describe, expect, test } from 'vitest';
import { failureReason, modelError, noWorker, workerDied } from '../../../src/container/inferenceMessages.js';

const address = { account: '123456789012', region: 'eu-west-1', endpoint: 'breeds' };
const bytes = (text: string) => new TextEncoder().encode(text);
const log =
  'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logEventViewer:group=/aws/sagemaker/Endpoints/breeds';

describe('modelError', () => {
  test('quotes what the container answered and says where its log is', () => {
    expect(modelError(address, 500, bytes('no such breed'))).toEqual({
      message: `Received server error (500) from primary with message "no such breed". See ${log} in account 123456789012 for more information.`,
      members: {
        ErrorCode: 'INTERNAL_FAILURE_FROM_MODEL',
        OriginalStatusCode: 500,
        OriginalMessage: 'no such breed',
        LogStreamArn: 'arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/Endpoints/breeds',
      },
    });
  });

  test.each([
    [400, 'client', 'CLIENT_ERROR_FROM_MODEL'],
    [499, 'client', 'CLIENT_ERROR_FROM_MODEL'],
    [503, 'server', 'INTERNAL_FAILURE_FROM_MODEL'],
    [0, 'server', 'INTERNAL_FAILURE_FROM_MODEL'],
    [302, 'server', 'INTERNAL_FAILURE_FROM_MODEL'],
  ])('takes %i for a %s error', (status, side, code) => {
    const { message, members } = modelError(address, status, bytes('x'));
    expect(message).toContain(`Received ${side} error (${status}) from primary`);
    expect(members.ErrorCode).toBe(code);
  });

  test('does not quote what is no text', () => {
    const { message, members } = modelError(address, 500, new Uint8Array([0xff, 0xfe]));
    expect(message).toContain(
      'Received server error (500) from primary and could not load the entire response body. See',
    );
    expect(members.OriginalMessage).toBe('');
  });
});

test("the model server's own errors are TorchServe's JSON", () => {
  const body = new TextDecoder().decode(workerDied.body);
  expect(body).toBe('{\n  "code": 500,\n  "type": "InternalServerException",\n  "message": "Worker died."\n}\n');
  expect(noWorker.status).toBe(503);
});

test('a failure reason is one text of at most 1024 characters', () => {
  expect(failureReason('First.', undefined, 'Second.')).toBe('First. Second.');
  expect(failureReason('x'.repeat(2000))).toHaveLength(1024);
});
