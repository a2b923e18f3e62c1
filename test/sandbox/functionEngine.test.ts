import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FunctionBench } from '../support/functionBench.js';

let bench: FunctionBench;
beforeAll(() => {
  bench = new FunctionBench();
});
afterAll(() => bench.close());

describe('an invocation', () => {
  test('runs the handler with its event, and an environment serves one after the other', async () => {
    const spec = bench.spec(`
count = 0
def lambda_handler(event, context):
    global count
    count += 1
    return {"event": event, "count": count}
`);
    expect((await bench.invoke(spec, { a: 'é' })).value).toEqual({ event: { a: 'é' }, count: 1 });
    expect((await bench.invoke(spec, [])).value).toEqual({ event: [], count: 2 });
  });
});
