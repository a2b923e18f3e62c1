import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { environmentAlone, isolations } from '../../src/sandbox/engines/process/isolation.js';
import { evaluate, FunctionBench } from '../support/functionBench.js';
import { refused } from '../support/refused.js';

let bench: FunctionBench;
beforeAll(() => {
  bench = new FunctionBench({
    environment: {
      ...process.env,
      AWS_PROFILE: 'decoy',
      AWS_SECRET_ACCESS_KEY: 'decoy',
      SECRET_OF_THE_PERSON: 'decoy',
    },
  });
});
afterAll(() => bench.close());

describe('an invocation', () => {
  test('runs the handler with its event, and an environment serves one after the other', async () => {
    const spec = bench.spec(evaluate);
    expect((await bench.invoke(spec, '{"é": 1}')).value).toEqual({ é: 1 });
    expect((await bench.invoke(spec, 'seen')).value).toEqual(['{"é": 1}', 'seen']);
  });

  test('gives the handler its context and its environment, and nothing of the person', async () => {
    const spec = bench.spec(evaluate, { environment: { ENDPOINT: 'breeds', TZ: 'Europe/Vienna' } });
    const clientContext = Buffer.from('{"custom": {"a": 1}, "client": {"app_title": "t"}}').toString('base64');
    const { value, requestId } = await bench.invoke(
      spec,
      '[str(context), dict(os.environ), os.getcwd(), context.client_context.custom, context.get_remaining_time_in_millis()]',
      { clientContext },
    );
    const [context, environment, folder, custom, remaining] = value as [
      string,
      Record<string, string>,
      string,
      unknown,
      number,
    ];
    const stream = environment['AWS_LAMBDA_LOG_STREAM_NAME']!;
    expect(stream).toMatch(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
    expect(context).toBe(
      `LambdaContext([aws_request_id=${requestId},log_group_name=/aws/lambda/predict,log_stream_name=${stream},` +
        'function_name=predict,memory_limit_in_mb=256,function_version=$LATEST,' +
        'invoked_function_arn=arn:aws:lambda:us-east-1:000000000000:function:predict,' +
        "client_context=ClientContext([custom={'a': 1},env=None,client=Client([installation_id=None,app_title=t," +
        'app_version_name=None,app_version_code=None,app_package_name=None])]),' +
        'identity=CognitoIdentity([cognito_identity_id=None,cognito_identity_pool_id=None]),tenant_id=None])',
    );
    expect(environment).toMatchObject({
      ...{ ENDPOINT: 'breeds', TZ: 'Europe/Vienna', _HANDLER: 'lambda_function.lambda_handler' },
      ...{ LAMBDA_TASK_ROOT: '/var/task', AWS_EXECUTION_ENV: 'AWS_Lambda_python3.12', AWS_REGION: 'us-east-1' },
      ...{ AWS_ACCESS_KEY_ID: 'ASIAROLE', AWS_SECRET_ACCESS_KEY: 'role-secret', AWS_SESSION_TOKEN: 'role-token' },
    });
    expect(Object.values(environment)).not.toContain('decoy');
    expect([folder, custom]).toEqual(['/var/task', { a: 1 }]);
    expect(remaining).toBeGreaterThan(0);
    expect(remaining).toBeLessThanOrEqual(30_000);
  });

  test('gives the handler the context of the caller however its JSON is written', async () => {
    const clientContext = Buffer.from('{\n  "custom": {"größe": "😀"}\n}').toString('base64');
    const { value } = await bench.invoke(bench.spec(evaluate), 'context.client_context.custom', { clientContext });
    expect(value).toEqual({ größe: '😀' });
  });

  test('logs START to REPORT, prints and records in their order, each record as one event', async () => {
    const spec = bench.spec(`
import logging
logging.getLogger().setLevel("INFO")
print("loading")
def lambda_handler(event, context):
    print("printed")
    logging.info("two\\nlines")
    print("unfinished", end="")
`);
    const { requestId, logTail, text } = await bench.invoke(spec);
    expect(text).toBe('null');
    const report = `REPORT RequestId: ${requestId}\tDuration: 0.00 ms\tBilled Duration: 0 ms\tMemory Size: 256 MB\tMax Memory Used: 0 MB\tInit Duration: 0.00 ms\t`;
    const shown = (line: string) =>
      line
        .replaceAll(/\d+(\.\d\d)? (?=ms|MB)/g, (_, rest?: string) => (rest ? '0.00 ' : '0 '))
        .replace('Memory Size: 0', 'Memory Size: 256')
        .replaceAll(/\t[-0-9T:.]+Z/g, '\tNOW');
    const own = bench.log.filter(({ message }) => message.includes(requestId))[0]!;
    const lines = bench.log.filter(({ stream }) => stream === own.stream).map(({ message }) => shown(message));
    expect(lines).toEqual([
      expect.stringMatching(/^\[sagemaker-sandbox\] Python 3.*isolation: /),
      expect.stringMatching(/^INIT_START Runtime Version: python:3\./),
      ...['loading', `START RequestId: ${requestId} Version: $LATEST`, 'printed'],
      `[INFO]\tNOW\t${requestId}\ttwo\nlines`,
      ...['unfinished', `END RequestId: ${requestId}`, report],
    ]);
    expect(shown(logTail)).toBe(`${lines.slice(3).join('\n')}\n`);
    expect(Number(/Max Memory Used: (\d+)/.exec(logTail)?.[1])).toBeGreaterThan(5);
  });

  test('whose handler raises answers with the error, in its own frames alone', async () => {
    const { error, value, requestId, logTail } = await bench.invoke(bench.spec(evaluate), '1 / 0');
    expect(error).toBe('Unhandled');
    expect(value).toEqual({
      ...{ errorMessage: 'division by zero', errorType: 'ZeroDivisionError', requestId },
      stackTrace: [
        '  File "/var/task/lambda_function.py", line 6, in lambda_handler\n    return eval(event)\n',
        '  File "<string>", line 1, in <module>\n',
      ],
    });
    expect(logTail).toContain(
      '[ERROR] ZeroDivisionError: division by zero\nTraceback (most recent call last):\n\u00a0\u00a0File "/var/task/',
    );
  });

  test.each([
    [
      '{1}',
      {
        errorType: 'Runtime.MarshalError',
        errorMessage: 'Unable to marshal response: Object of type set is not JSON serializable',
      },
    ],
    [
      'sys.exit(1)',
      { errorType: 'Runtime.ExitError', errorMessage: 'Error: Runtime exited with error: exit status 1' },
    ],
    [
      'os._exit(0)',
      { errorType: 'Runtime.ExitError', errorMessage: 'Error: Runtime exited without providing a reason' },
    ],
    [
      'os.kill(os.getpid(), signal.SIGSEGV)',
      { errorType: 'Runtime.ExitError', errorMessage: 'Error: Runtime exited with error: signal: segmentation fault' },
    ],
    [
      '"x" * 7_000_000',
      {
        errorType: 'Function.ResponseSizeTooLarge',
        errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
      },
    ],
  ])('that ends badly (%s) says so, and the next one is served', async (event, { errorType, errorMessage }) => {
    const spec = bench.spec(evaluate);
    const { error, value, requestId } = await bench.invoke(spec, event);
    expect(error).toBe('Unhandled');
    const message = errorMessage.startsWith('Error: ') ? `RequestId: ${requestId} ${errorMessage}` : errorMessage;
    expect(value).toMatchObject({ errorType, errorMessage: message });
    expect((await bench.invoke(spec, '42')).value).toBe(42);
  });

  test('that outlasts its timeout is killed with everything that it has started', async () => {
    const spec = bench.spec(evaluate, { timeout: 1 });
    const event = 'subprocess.Popen(["sleep", "4711"], start_new_session=True) and time.sleep(1000)';
    const { error, value, requestId, logTail } = await bench.invoke(spec, event);
    expect(error).toBe('Unhandled');
    expect(value).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${requestId} Error: Task timed out after 1.00 seconds`,
    });
    expect(logTail).toMatch(/\tStatus: timeout\n$/);
    expect(commands()).not.toContain('sleep 4711');
    expect((await bench.invoke(spec, '42')).value).toBe(42);
  });

  test('that needs more memory than it has is ended', async () => {
    const spec = bench.spec(evaluate, { memorySize: 128 });
    const { error, value, requestId, logTail } = await bench.invoke(
      spec,
      '(bytearray(b"x") * 400_000_000, time.sleep(20))',
    );
    expect(error).toBe('Unhandled');
    expect(value).toEqual({
      errorType: 'Runtime.OutOfMemory',
      errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
    });
    expect(logTail).toContain('Max Memory Used: 128 MB');
    expect(logTail).toMatch(/\tStatus: error\tError Type: Runtime.OutOfMemory\n$/);
  });

  test('may share its memory with processes that it forks: it is counted once', async () => {
    const spec = bench.spec(
      `
import os, time
held = bytearray(b"x") * 60_000_000
def lambda_handler(event, context):
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            time.sleep(0.5)
            os._exit(0)
        children.append(child)
    return [os.waitpid(child, 0)[1] for child in children]
`,
      { memorySize: 160 },
    );
    expect((await bench.invoke(spec)).value).toEqual([0, 0, 0, 0]);
  });

  test('whose forked child answers, too, is answered once', async () => {
    const spec = bench.spec(`
import os, time
parent = os.getpid()
def lambda_handler(event, context):
    if event == "fork" and os.fork() == 0:
        time.sleep(0.2)
        return "child"
    return ["parent", os.getpid() == parent]
`);
    expect((await bench.invoke(spec, 'fork')).value).toEqual(['parent', true]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await bench.invoke(spec, '')).value).toEqual(['parent', true]);
  });

  test('that writes 100 MB of log ends well, and not all of it is stored', async () => {
    const spec = bench.spec(evaluate, { name: 'chatty', timeout: 120 });
    const { value, requestId, logTail } = await bench.invoke(spec, '[print("x" * 100_000) for _ in range(1000)][-1]');
    expect(value).toBeNull();
    expect(Buffer.byteLength(logTail)).toBeLessThanOrEqual(4096);
    expect(logTail).toContain(`REPORT RequestId: ${requestId}`);
    bench.engine.remove('chatty');
    await vi.waitFor(() => {
      const log = bench.log.filter(({ group }) => group === '/aws/lambda/chatty').map(({ message }) => message);
      expect(log.join('\n')).toMatch(/\d+ bytes of log are left out here/);
      expect(log.join('\n')).toContain(`REPORT RequestId: ${requestId}`);
      expect(log.join('').length).toBeLessThan(53 * 1024 * 1024);
    }, 20_000);
  });

  test('finds /tmp empty in a new environment, and its code read-only', async () => {
    const spec = bench.spec(evaluate);
    await bench.invoke(spec, 'open("/tmp/left", "w").write("x")');
    expect((await bench.invoke(spec, 'os.path.exists("/tmp/left")')).value).toBe(true);
    expect((await bench.invoke({ ...spec, revision: 'other' }, 'os.path.exists("/tmp/left")')).value).toBe(false);
    const { value } = await bench.invoke(spec, 'open("/var/task/new", "w")');
    expect(value).toMatchObject({ errorType: 'OSError', errorMessage: expect.stringContaining('Read-only') as string });
  });

  test('finds the links and the programs of its package as such', async () => {
    const spec = bench.spec('');
    const pack = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as archive:
    for name, mode, content in [
        ("lib/greet.1", 0o100755, "#!/bin/sh\\necho $0"),
        ("lib/greet", 0o120777, "greet.1"),
        ("lambda_function.py", 0o120777, "handler.py"),
        ("handler.py", 0o100644, "import os, subprocess\\ndef lambda_handler(event, context):\\n"
            "    return [os.readlink('lib/greet'), subprocess.check_output(['lib/greet'], text=True)]"),
    ]:
        entry = zipfile.ZipInfo(name)
        entry.create_system, entry.external_attr = 3, mode << 16
        archive.writestr(entry, content)
`;
    execFileSync('/usr/bin/python3', ['-c', pack, spec.codeFile]);
    expect((await bench.invoke(spec)).value).toEqual(['greet.1', 'lib/greet\n']);
  });

  test.each(isolations.slice(1).concat(environmentAlone))(
    'runs where its isolation is: $description',
    async (isolation) => {
      const apart = new FunctionBench({ isolation: Promise.resolve(isolation) });
      try {
        const spec = apart.spec(evaluate);
        const { value } = await apart.invoke(spec, '[os.getcwd() == os.environ["LAMBDA_TASK_ROOT"], os.getcwd()]');
        const root = isolation.kind === 'environment' ? (expect.stringContaining('/code/') as string) : '/var/task';
        expect(value).toEqual([true, root]);
        if (isolation.kind === 'environment') return;
        expect((await apart.invoke(spec, 'open("/var/task/new", "w")')).value).toMatchObject({ errorType: 'OSError' });
      } finally {
        await apart.close();
      }
    },
  );
});

describe('a handler that cannot be loaded', () => {
  test.each([
    [
      'import nothing_there',
      'Runtime.ImportModuleError',
      "Unable to import module 'lambda_function': No module named 'nothing_there'",
    ],
    ['x = 1', 'Runtime.HandlerNotFound', "Handler 'lambda_handler' missing on module 'lambda_function'"],
    [
      'def f(:',
      'Runtime.UserCodeSyntaxError',
      "Syntax error in module 'lambda_function': invalid syntax (lambda_function.py, line 1)",
    ],
    ['raise KeyError("ENDPOINT")', 'KeyError', "'ENDPOINT'"],
  ])('%s', async (code, errorType, errorMessage) => {
    const { error, value, logTail } = await bench.invoke(bench.spec(code));
    expect(error).toBe('Unhandled');
    expect(value).toMatchObject({ errorType, errorMessage, requestId: '' });
    expect(logTail).toContain(`[ERROR] ${errorType}: ${errorMessage}\n`);
    expect(logTail).toContain(`\tPhase: invoke\tStatus: error\tError Type: ${errorType}\nSTART RequestId: `);
    expect(logTail).toMatch(new RegExp(`\\tStatus: error\\tError Type: ${errorType}\\n$`));
  });

  test('is tried again within the invocation, as on Lambda', async () => {
    const spec = bench.spec(`
import os
if not os.path.exists("/tmp/tried"):
    open("/tmp/tried", "w").close()
    os._exit(3)
def lambda_handler(event, context): return "second"
`);
    expect((await bench.invoke(spec)).value).toBe('second');
    expect(bench.lines().join('\n')).toMatch(
      /INIT_REPORT Init Duration: \S+ ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError/,
    );
  });

  test('because its package is no zip file is an error of the service, and so is a role that is gone', async () => {
    const broken = bench.spec(evaluate);
    expect(await refused(bench.invoke({ ...broken, codeFile: import.meta.filename }, '1'))).toMatchObject({
      ...{ name: 'InvalidZipFileException', status: 502 },
    });
    const spec = bench.spec(evaluate, {
      keys: () => {
        throw new Error('no role');
      },
    });
    expect((await refused(bench.invoke(spec, '1'))).message).toBe('no role');
  });
});

/** Command lines of the processes that run here. */
function commands(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
      } catch {
        return ''; // It ended while we were looking.
      }
    });
}
