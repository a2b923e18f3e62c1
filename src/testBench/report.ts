/** What Lambda says at the end of a call. Times in milliseconds, memory in MB. */
export interface Report {
  readonly requestId: string;
  readonly duration: number;
  readonly billed: number;
  readonly memorySize: number;
  readonly maxMemoryUsed: number;
  /** Of a cold start: the environment was made for this call. */
  readonly init?: number;
  /** `timeout`, `error`: where the environment did not end well. */
  readonly status?: string;
}

/**
 * The REPORT line of a log in Lambda's text format. Undefined where there is none.
 *
 * `REPORT RequestId: <id>\tDuration: 12.51 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 90
 * MB\tInit Duration: 150.20 ms\tStatus: timeout`
 */
export function findReport(lines: readonly string[]): Report | undefined {
  const line = lines.findLast((each) => each.startsWith('REPORT '));
  const fields = new Map(
    line
      ?.slice('REPORT '.length)
      .split('\t')
      .map((field): [string, string] => {
        const [name = '', value = ''] = field.split(': ');
        return [name, value.trim()];
      }),
  );
  const number = (name: string) => parseFloat(fields.get(name) ?? 'NaN');
  const requestId = fields.get('RequestId');
  const duration = number('Duration');
  if (requestId === undefined || Number.isNaN(duration)) return undefined;
  const init = number('Init Duration');
  const status = fields.get('Status');
  return {
    requestId,
    duration,
    billed: number('Billed Duration'),
    memorySize: number('Memory Size'),
    maxMemoryUsed: number('Max Memory Used'),
    ...(!Number.isNaN(init) && { init }),
    ...(status !== undefined && { status }),
  };
}
