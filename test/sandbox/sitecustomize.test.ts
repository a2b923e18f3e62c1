import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const shim = path.resolve('resources/python');
const endpoint = 'http://127.0.0.1:9';

/** What the system's Python, whose boto3 is older than AWS_ENDPOINT_URL, prints with the shim in place. */
function python(code: string, environment: Record<string, string> = { AWS_ENDPOINT_URL: endpoint }): string {
  const own = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_DEFAULT_REGION: 'us-east-1', PYTHONPATH: shim };
  return execFileSync('/usr/bin/python3', ['-c', code], { env: { ...own, ...environment } })
    .toString()
    .trim();
}

describe('sitecustomize', () => {
  test('gives clients of an old boto3 the endpoint of the environment; one that is named in the code wins', () => {
    const code = `
import boto3
print(boto3.client('s3').meta.endpoint_url, boto3.client('s3', endpoint_url='http://other:1').meta.endpoint_url,
      boto3.Session().resource('s3').meta.client.meta.endpoint_url, boto3.client('sagemaker-runtime').meta.endpoint_url)`;
    const variables = { AWS_ENDPOINT_URL: endpoint, AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME: 'http://runtime:2' };
    expect(python(code, variables).split(' ')).toEqual([endpoint, 'http://other:1', endpoint, 'http://runtime:2']);
  });

  test('does nothing without the variable', () => {
    expect(python("import boto3; print(boto3.client('s3').meta.endpoint_url)", {})).toMatch(/amazonaws\.com/);
  });

  test('serves the AWS CLI, which has a botocore of its own', () => {
    const code = `
import awscli.botocore.session as session
print(session.Session().create_client('sts').meta.endpoint_url)`;
    expect(python(code)).toBe(endpoint);
  });

  test('imports nothing of weight', () => {
    const code = 'import sys; print("\\n".join(sorted(sys.modules)))';
    const bare = python(code, { PYTHONPATH: '' }).split('\n');
    expect(
      python(code)
        .split('\n')
        .filter((name) => !bare.includes(name)),
    ).toEqual(['__future__']);
  });

  test('runs the sitecustomize that it hides', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'site-'));
    writeFileSync(path.join(folder, 'sitecustomize.py'), 'print("the system says", __name__)');
    try {
      const printed = python('print("done")', { PYTHONPATH: `${shim}:${folder}` });
      expect(printed).toBe('the system says sitecustomize\ndone');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
