import { homedir } from 'node:os';
import path from 'node:path';

/** Where to connect to, as a person or the sandbox's ready line says it. What is left out is found as every AWS client does. */
export interface ConnectionSource {
  readonly profile?: string;
  /** Otherwise the profile's. */
  readonly region?: string;
  /** `http://127.0.0.1:PORT` of a sandbox; otherwise the profile's `endpoint_url`, or AWS itself. */
  readonly endpoint?: string;
  /** Instead of ~/.aws/config and ~/.aws/credentials. */
  readonly configFile?: string;
  readonly credentialsFile?: string;
  /** Role of jobs and endpoints where the project file names none: a sandbox has one ready. */
  readonly executionRole?: string;
  /** `aws`: AWS's own intervals also where the endpoint is on this machine, as a tunnel to AWS is. */
  readonly pace?: 'auto' | 'aws';
}

/** Which cloud we talk to. Made by `connect`, once its keys have been shown to work. */
export interface Connection {
  readonly profile: string | undefined;
  readonly region: string;
  readonly account: string;
  /** ARN of who signs the calls. */
  readonly caller: string;
  /** Where calls really go. */
  readonly endpoint: string;
  readonly intervals: Intervals;
  /** Whether what runs there costs money: a cloud on this machine is free. */
  readonly billed: boolean;
  /** ARN of the role that launches use when the project file names none. */
  readonly executionRole: string | undefined;
}

/** Milliseconds between two looks at the same thing. */
export interface Intervals {
  readonly describe: number;
  readonly logs: number;
  /** List calls a second, over all kinds. */
  readonly listsPerSecond: number;
  /** How long after its end a job's last lines may still arrive. */
  readonly logDelay: number;
}

/**
 * AWS meters Describe calls per account, and its logs arrive seconds late: the SageMaker SDK reads logs every 10 s and
 * describes every 30 s (sagemaker/session.py). A cloud on this machine has neither limit.
 */
export function intervalsFor(endpoint: string, pace: 'auto' | 'aws' = 'auto'): Intervals {
  return pace === 'auto' && isLoopback(endpoint)
    ? { describe: 1000, logs: 1000, logDelay: 0, listsPerSecond: 100 }
    : { describe: 30_000, logs: 10_000, logDelay: 10_000, listsPerSecond: 1 };
}

/** Whether what runs behind an endpoint is paid for; a tunnel to AWS (`pace: aws`) is AWS. */
export function isBilled(endpoint: string, pace: 'auto' | 'aws' = 'auto'): boolean {
  return pace === 'aws' || !isLoopback(endpoint);
}

/** `aws`, `aws-cn`, `aws-us-gov`: what ARNs begin with. */
export function partitionOf({ caller }: Pick<Connection, 'caller'>): string {
  return caller.split(':')[1] ?? 'aws';
}

/** Whether an endpoint (a URL) is on this machine. */
export function isLoopback(endpoint: string): boolean {
  const { hostname } = new URL(endpoint);
  return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
}

/** The files that profiles come from, as every AWS client finds them. */
export function configFiles(environment: Readonly<Record<string, string | undefined>> = process.env): string[] {
  const folder = path.join(homedir(), '.aws');
  return [
    environment['AWS_CONFIG_FILE'] ?? path.join(folder, 'config'),
    environment['AWS_SHARED_CREDENTIALS_FILE'] ?? path.join(folder, 'credentials'),
  ];
}
