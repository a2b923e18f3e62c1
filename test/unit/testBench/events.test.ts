import { describe, expect, test } from 'vitest';
import { readEventKeys } from '../../../src/launch/scanWorkspace.js';
import { chooseTemplate, eventOf, needsUrl } from '../../../src/testBench/events.js';
import { jsonFault } from '../../../src/testBench/jsonFault.js';
import { tooLarge } from '../../../src/testBench/sizes.js';

const keysOf = (text: string) => readEventKeys(text, 'lambda_handler');
const handler = (...lines: string[]) =>
  `def lambda_handler(event, context):\n${lines.map((line) => `    ${line}\n`).join('')}`;

describe('what a handler reads of its event', () => {
  test.each([
    [
      'by subscript, get and in',
      handler('if "image" in event: return event["image"]', 'return event.get("url", "")'),
      ['image', 'url'],
    ],
    ['of another name', handler('data = event', 'return data["url"]'), ['url']],
    [
      'in a function that gets it',
      `${handler('return picture(1, event)')}def picture(x, e: dict): return e["image"]\n`,
      ['image'],
    ],
  ])('%s', (_what, script, keys) => {
    expect(keysOf(script)).toEqual({ keys, bodyKeys: [], whole: false });
  });

  test('in what its functions make of it, also where it may be the body of an HTTP request', () => {
    const script = [
      handler('question = read(event)', 'return picture(question)'),
      'def read(event):\n    question = event\n    if "body" in event: question = json.loads(event["body"])\n    return question\n',
      'def picture(question): return question.get("image"), question.get("url")\n',
    ].join('\n');
    expect(keysOf(script)?.keys).toEqual(expect.arrayContaining(['image', 'url', 'body']));
    expect(chooseTemplate(keysOf(script)).template).toBe('image');
  });

  test("of the body that API Gateway sends, and not of other people's variables", () => {
    expect(keysOf(handler('body = json.loads(event["body"])', 'other["x"]', 'return body["url"]'))).toEqual({
      ...{ keys: ['body'], bodyKeys: ['url'], whole: false },
    });
  });

  test("is all of it where the event is handed on, as the course's handler does", () => {
    const script = handler('return runtime.invoke_endpoint(EndpointName=name, Body=json.dumps(event))');
    expect(keysOf(script)).toEqual({ keys: [], bodyKeys: [], whole: true });
    expect(keysOf(handler('print(event)'))?.whole).toBe(false);
  });

  test('is not known of a handler that is not there, or takes nothing', () => {
    expect(keysOf('def other(event, context): pass')).toBeUndefined();
    expect(keysOf('def lambda_handler(): pass')).toBeUndefined();
  });

  test.each([
    [handler('event["image"], event["url"]'), 'image', false],
    [handler('event["url"]'), 'url', false],
    [handler('b = json.loads(event["body"])', 'b["image"]'), 'proxyJson', false],
    [handler('base64.b64decode(event["body"])'), 'proxy', false],
    [handler('json.dumps(event)'), 'url', true],
    [handler('event["records"]'), 'raw', true],
    ['', 'image', true],
  ])('chooses the template (%#)', (script, template, isGuess) => {
    expect(chooseTemplate(keysOf(script))).toMatchObject({ template, isGuess });
  });
});

describe('an event', () => {
  const picture = { content: new Uint8Array([1, 2, 3]), contentType: 'image/png' };
  const url = { url: 'https://example.org/dog.jpg' };

  test('brings the picture, or where it is', () => {
    expect(JSON.parse(eventOf('image', picture))).toEqual({ image: 'AQID' });
    expect(JSON.parse(eventOf('url', url))).toEqual(url);
    expect(JSON.parse(eventOf('proxy', picture))).toMatchObject({
      ...{ body: 'AQID', isBase64Encoded: true, headers: { 'content-type': 'image/png' } },
    });
    expect(JSON.parse(eventOf('proxyJson', picture))).toMatchObject({
      body: '{"image":"AQID"}',
      isBase64Encoded: false,
    });
    expect(() => eventOf('url', picture)).toThrow('URL');
  });

  test('needs a URL where the handler reads nothing else', () => {
    const reads = (bodyKeys: string[]) => ({ keys: ['body'], bodyKeys, whole: false });
    expect([needsUrl('url', undefined), needsUrl('image', undefined)]).toEqual([true, false]);
    expect([needsUrl('proxyJson', reads(['url'])), needsUrl('proxyJson', reads(['url', 'image']))]).toEqual([
      true,
      false,
    ]);
  });

  test('of a picture of 5 MB does not fit: base64 makes 6.7 MB of it', () => {
    const large = eventOf('image', { content: new Uint8Array(5 * 1024 * 1024), contentType: 'image/jpeg' });
    expect(tooLarge('function', Buffer.byteLength(large))).toMatchObject({
      message: 'A function takes an event of at most 6 MB, and this one is 6.7 MB.',
      advice: expect.stringContaining('presigned S3 URL') as string,
    });
    expect(tooLarge('function', 6_291_456)).toBeUndefined();
    expect(tooLarge('endpoint', 6_291_457)).toBeDefined();
  });

  test.each([
    ['{"url": "x"}', undefined],
    ['{\n  "url": x\n}', [2, 10]],
    ['{"a": 1,}', [1, 9]],
    ['{"a": 1} {', [1, 10]],
    ['// no\n{}', [1, 1]],
    ['', [1, 1]],
    ['{"a": "x', [1, 7]],
  ])('says where %j stops being JSON', (text, place) => {
    const fault = jsonFault(text);
    expect(fault && [fault.line, fault.column]).toEqual(place);
  });
});
