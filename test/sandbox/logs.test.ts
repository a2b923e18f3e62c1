import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteLogStreamCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  ListTagsForResourceCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
  type CloudWatchLogsClient,
} from '@aws-sdk/client-cloudwatch-logs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { filterPattern } from '../../src/sandbox/services/logs/filterPattern.js';
import { formatToken, parseToken } from '../../src/sandbox/services/logs/tokens.js';
import { ControlPlane } from '../support/controlPlane.js';

let plane: ControlPlane;
let logs: CloudWatchLogsClient;
const now = Date.now() - 60_000;

beforeAll(async () => {
  plane = await ControlPlane.start();
  ({ logs } = plane.clients());
});
afterAll(() => plane.stop());

/** A stream with `count` lines, a millisecond apart. */
async function stream(group: string, name: string, count: number): Promise<void> {
  plane.logs.append(
    group,
    name,
    Array.from({ length: count }, (_, index) => ({ timestamp: now + index, message: `line ${index}` })),
  );
}

async function read(group: string, name: string, more: object = {}) {
  const command = new GetLogEventsCommand({ logGroupName: group, logStreamName: name, ...more });
  const { events = [], nextForwardToken, nextBackwardToken } = await logs.send(command);
  return { messages: events.map(({ message }) => message), events, nextForwardToken, nextBackwardToken };
}

describe('GetLogEvents', () => {
  test('reads from the head in pages until the token stays the same', async () => {
    await stream('/read', 'forward', 25);
    const pages: unknown[][] = [];
    let token: string | undefined;
    for (;;) {
      const page = await read('/read', 'forward', { startFromHead: true, limit: 10, nextToken: token });
      pages.push(page.messages);
      if (page.nextForwardToken === token) break;
      token = page.nextForwardToken;
    }
    expect(pages.map((page) => page.length)).toEqual([10, 10, 5, 0]);
    expect(pages.flat()).toEqual(Array.from({ length: 25 }, (_, index) => `line ${index}`));
  });

  test('goes on from the token of the end when more has come in', async () => {
    await stream('/read', 'follow', 3);
    const { nextForwardToken } = await read('/read', 'follow', { startFromHead: true });
    const atEnd = await read('/read', 'follow', { nextToken: nextForwardToken });
    expect(atEnd).toMatchObject({ messages: [], nextForwardToken });
    plane.logs.append('/read', 'follow', [{ timestamp: now + 2, message: 'same millisecond' }]);
    expect((await read('/read', 'follow', { nextToken: nextForwardToken })).messages).toEqual(['same millisecond']);
  });

  test('starts with the newest events without startFromHead, and reads back to the head', async () => {
    await stream('/read', 'backward', 7);
    const newest = await read('/read', 'backward', { limit: 3 });
    expect(newest.messages).toEqual(['line 4', 'line 5', 'line 6']);
    const older = await read('/read', 'backward', { limit: 3, nextToken: newest.nextBackwardToken });
    expect(older.messages).toEqual(['line 1', 'line 2', 'line 3']);
    const oldest = await read('/read', 'backward', { limit: 3, nextToken: older.nextBackwardToken });
    expect(oldest.messages).toEqual(['line 0']);
    const end = await read('/read', 'backward', { limit: 3, nextToken: oldest.nextBackwardToken });
    expect(end).toMatchObject({ messages: [], nextBackwardToken: oldest.nextBackwardToken });
    // The other token of an empty page turns round without losing or repeating an event.
    const turned = await read('/read', 'backward', { limit: 3, nextToken: end.nextForwardToken });
    expect(turned.messages).toEqual(['line 0', 'line 1', 'line 2']);
  });

  test('an empty stream has tokens from which reading can begin', async () => {
    await logs.send(new CreateLogGroupCommand({ logGroupName: '/empty' }));
    await logs.send(new CreateLogStreamCommand({ logGroupName: '/empty', logStreamName: 's' }));
    const { messages, nextForwardToken } = await read('/empty', 's', { startFromHead: true });
    expect(messages).toEqual([]);
    plane.logs.append('/empty', 's', [{ timestamp: now, message: 'first' }]);
    expect((await read('/empty', 's', { nextToken: nextForwardToken })).messages).toEqual(['first']);
  });

  test('startTime is included, endTime is not', async () => {
    await stream('/read', 'range', 5);
    const { messages } = await read('/read', 'range', { startTime: now + 1, endTime: now + 3 });
    expect(messages).toEqual(['line 1', 'line 2']);
  });

  test('a page holds at most 1 MB', async () => {
    const message = 'x'.repeat(300_000);
    plane.logs.append(
      '/read',
      'large',
      Array.from({ length: 5 }, () => ({ timestamp: now, message })),
    );
    const first = await read('/read', 'large', { startFromHead: true });
    expect(first.events).toHaveLength(3);
    expect((await read('/read', 'large', { nextToken: first.nextForwardToken })).events).toHaveLength(2);
  });

  test('says what is missing and which tokens are none, as AWS does', async () => {
    await expect(read('/nowhere', 's')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'The specified log group does not exist.',
    });
    await expect(read('/read', 'nothing')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'The specified log stream does not exist.',
    });
    await expect(read('/read', 'range', { nextToken: 'x/1' })).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'The specified nextToken is invalid.',
    });
  });

  test('tokens are 56 digits and name their place exactly', () => {
    const token = fc.record({
      direction: fc.constantFrom('f' as const, 'b' as const),
      timestamp: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      sequence: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    });
    fc.assert(
      fc.property(token, (place) => {
        const text = formatToken(place);
        expect(text).toMatch(/^[fb]\/\d{56}$/);
        expect(parseToken(text)).toEqual(place);
      }),
    );
  });
});

describe('PutLogEvents', () => {
  const put = (more: object) =>
    logs.send(new PutLogEventsCommand({ logGroupName: '/put', logStreamName: 's', logEvents: [], ...more }));

  beforeAll(async () => {
    await logs.send(new CreateLogGroupCommand({ logGroupName: '/put' }));
    await logs.send(new CreateLogStreamCommand({ logGroupName: '/put', logStreamName: 's' }));
  });

  test('stores events and does not look at sequence tokens', async () => {
    await put({ logEvents: [{ timestamp: now, message: 'one' }], sequenceToken: 'any' });
    await put({ logEvents: [{ timestamp: now + 1, message: 'two' }], sequenceToken: 'the same' });
    expect((await read('/put', 's')).messages).toEqual(['one', 'two']);
  });

  test('names the events that it leaves out', async () => {
    const day = 86_400_000;
    const tooOld = await put({ logEvents: [{ timestamp: Date.now() - 15 * day, message: 'old' }] });
    expect(tooOld.rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1 });
    const inThreeHours = Date.now() + 3 * 3_600_000;
    const tooNew = await put({
      logEvents: [
        { timestamp: Date.now(), message: 'kept' },
        { timestamp: inThreeHours, message: 'too new' },
      ],
    });
    expect(tooNew.rejectedLogEventsInfo).toEqual({ tooNewLogEventStartIndex: 1 });
    const { messages } = await read('/put', 's');
    expect(messages).toContain('kept');
    expect(messages).not.toContain('old');
    expect(messages).not.toContain('too new');
  });

  test('wants the batch in order and within a day', async () => {
    const at = (...times: number[]) => put({ logEvents: times.map((timestamp) => ({ timestamp, message: 'm' })) });
    await expect(at(now, now - 1)).rejects.toThrow('must be in chronological order');
    await expect(at(now - 86_400_001, now)).rejects.toThrow('cannot span more than 24 hours');
  });
});

describe('streams and groups', () => {
  test('are found by prefix and in pages', async () => {
    for (const name of ['job-a/algo-1', 'job-a/algo-2', 'job-b/algo-1', 'job_a/algo-1']) await stream('/list', name, 1);
    const page = async (more: object) => logs.send(new DescribeLogStreamsCommand({ logGroupName: '/list', ...more }));
    const first = await page({ logStreamNamePrefix: 'job-', limit: 2 });
    const second = await page({ logStreamNamePrefix: 'job-', limit: 2, nextToken: first.nextToken });
    expect([first, second].map(({ logStreams = [] }) => logStreams.map(({ logStreamName }) => logStreamName))).toEqual([
      ['job-a/algo-1', 'job-a/algo-2'],
      ['job-b/algo-1'],
    ]);
    expect(second.nextToken).toBeUndefined();
    const down = await page({ descending: true, limit: 1 });
    expect(down.logStreams?.[0]?.logStreamName).toBe('job_a/algo-1');
  });

  test('are ordered by their last events, and say when these were', async () => {
    await stream('/times', 'long', 9);
    await stream('/times', 'short', 2);
    const { logStreams } = await logs.send(
      new DescribeLogStreamsCommand({ logGroupName: '/times', orderBy: 'LastEventTime', descending: true }),
    );
    expect(logStreams).toMatchObject([
      { logStreamName: 'long', firstEventTimestamp: now, lastEventTimestamp: now + 8 },
      { logStreamName: 'short', lastEventTimestamp: now + 1 },
    ]);
    await expect(
      logs.send(
        new DescribeLogStreamsCommand({ logGroupName: '/times', orderBy: 'LastEventTime', logStreamNamePrefix: 'l' }),
      ),
    ).rejects.toThrow('Cannot order by LastEventTime with a logStreamNamePrefix.');
  });

  test('exist once, and are gone with their events when deleted', async () => {
    await stream('/gone', 's', 1);
    await expect(logs.send(new CreateLogGroupCommand({ logGroupName: '/gone' }))).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
      message: 'The specified log group already exists',
    });
    const names = { logGroupName: '/gone', logStreamName: 's' };
    await expect(logs.send(new CreateLogStreamCommand(names))).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
      message: 'The specified log stream already exists',
    });
    await logs.send(new DeleteLogStreamCommand(names));
    plane.logs.append('/gone', 's', [{ timestamp: now, message: 'anew' }]);
    expect((await read('/gone', 's')).messages).toEqual(['anew']);
    await logs.send(new DeleteLogGroupCommand({ logGroupName: '/gone' }));
    await expect(read('/gone', 's')).rejects.toThrow('The specified log group does not exist.');
  });

  test('keep retention and tags', async () => {
    await logs.send(new CreateLogGroupCommand({ logGroupName: '/kept', tags: { a: '1' } }));
    await logs.send(new PutRetentionPolicyCommand({ logGroupName: '/kept', retentionInDays: 7 }));
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/kept' }));
    expect(logGroups).toMatchObject([{ logGroupName: '/kept', retentionInDays: 7, storedBytes: 0 }]);
    await expect(
      logs.send(new PutRetentionPolicyCommand({ logGroupName: '/kept', retentionInDays: 8 })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });

    const resourceArn = logGroups?.[0]?.logGroupArn ?? '';
    await logs.send(new TagResourceCommand({ resourceArn, tags: { b: '2' } }));
    await logs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a'] }));
    expect((await logs.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual({ b: '2' });
  });

  test('are closed to a role whose policy does not name them', async () => {
    const group = 'arn:aws:logs:us-east-1:123456789012:log-group:/allowed:*';
    const { keys } = plane.role('reader', [{ Effect: 'Allow', Action: 'logs:*', Resource: group }]);
    const own = plane.client(logs.constructor as new (options: object) => CloudWatchLogsClient, keys);
    await own.send(new CreateLogGroupCommand({ logGroupName: '/allowed' }));
    await expect(own.send(new DescribeLogStreamsCommand({ logGroupName: '/list' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(
        'logs:DescribeLogStreams on resource: arn:aws:logs:us-east-1:123456789012:log-group:/list:log-stream:',
      ) as string,
    });
  });
});

describe('FilterLogEvents', () => {
  const filter = async (more: object) => logs.send(new FilterLogEventsCommand({ logGroupName: '/filter', ...more }));

  beforeAll(() => {
    const line = (offset: number, message: string) => ({ timestamp: now + offset, message });
    plane.logs.append('/filter', 'job/algo-1', [line(0, 'epoch 1 loss=0.5'), line(2, 'ERROR out of memory')]);
    plane.logs.append('/filter', 'job/algo-2', [line(1, 'epoch 1 loss=0.7'), line(3, 'epoch 2 loss=0.4')]);
    plane.logs.append('/filter', 'other', [line(4, 'ERROR elsewhere')]);
  });

  test('interleaves streams by time, page by page', async () => {
    const first = await filter({ logStreamNamePrefix: 'job/', filterPattern: 'epoch', limit: 2 });
    const second = await filter({ logStreamNamePrefix: 'job/', filterPattern: 'epoch', nextToken: first.nextToken });
    expect(
      [first, second].map(({ events = [] }) => events.map((event) => [event.logStreamName, event.message])),
    ).toEqual([
      [
        ['job/algo-1', 'epoch 1 loss=0.5'],
        ['job/algo-2', 'epoch 1 loss=0.7'],
      ],
      [['job/algo-2', 'epoch 2 loss=0.4']],
    ]);
    expect(second.nextToken).toBeUndefined();
  });

  test('takes streams by name and refuses them together with a prefix', async () => {
    const { events } = await filter({ logStreamNames: ['other'], filterPattern: 'ERROR' });
    expect(events?.map(({ message }) => message)).toEqual(['ERROR elsewhere']);
    await expect(filter({ logStreamNames: ['other'], logStreamNamePrefix: 'o' })).rejects.toThrow('mutually exclusive');
  });

  test.each([
    ['', ['a b', 'A']],
    ['a b', ['a b']],
    ['"a b"', ['a b']],
    ['?A ?b', ['a b', 'A']],
    ['-b', ['A']],
    ['a -b', []],
  ])('%j matches %j', (pattern, expected) => {
    expect(['a b', 'A'].filter(filterPattern(pattern))).toEqual(expected);
  });

  test('refuses the patterns that it does not know by name', async () => {
    await expect(filter({ filterPattern: '{ $.level = "ERROR" }' })).rejects.toMatchObject({ name: 'NotImplemented' });
    await expect(filter({ filterPattern: '%ERR.*%' })).rejects.toMatchObject({ name: 'NotImplemented' });
    await expect(filter({ filterPattern: 'a=b' })).rejects.toThrow("Invalid character(s) in term 'a=b'");
  });
});

test('a flood of lines is stored whole and in order', async () => {
  const count = 30_000;
  for (let index = 0; index < count; index++) {
    plane.logs.append('/flood', 's', [{ timestamp: now, message: String(index) }]);
  }
  const numbers: number[] = [];
  let token: string | undefined;
  for (;;) {
    const { messages, nextForwardToken } = await read('/flood', 's', { startFromHead: true, nextToken: token });
    if (messages.length === 0) break;
    numbers.push(...messages.map(Number));
    token = nextForwardToken;
  }
  expect(numbers).toHaveLength(count);
  expect(numbers.every((number, index) => number === index)).toBe(true);
});

test('a full disk loses no line that fits in when there is room again, and readers are told', async () => {
  const own = await ControlPlane.start();
  const read = () => own.clients().logs.send(new GetLogEventsCommand({ logGroupName: '/full', logStreamName: 's' }));
  own.logs.append('/full', 's', [{ timestamp: now, message: 'before' }]);
  own.logs.flush();
  const room = (pages: string) => own.store.database.exec(`PRAGMA max_page_count = ${pages}`);
  room('1');
  const message = 'x'.repeat(1000);
  own.logs.append(
    '/full',
    's',
    Array.from({ length: 5000 }, () => ({ timestamp: now, message })),
  );
  await expect(read()).rejects.toMatchObject({ $fault: 'server' });
  room('1000000');
  expect((await read()).events).not.toHaveLength(1);
  const { events = [] } = await own.clients().logs.send(new FilterLogEventsCommand({ logGroupName: '/full' }));
  expect(events[0]?.message).toBe('before');
  await own.stop();
});
