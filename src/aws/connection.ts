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
}

/** Milliseconds between two looks at the same thing. */
export interface Intervals {
  readonly describe: number;
  readonly logs: number;
  /** How long after its end a job's last lines may still arrive. */
  readonly logDelay: number;
}

/**
 * AWS meters Describe calls per account, and its logs arrive seconds late: the SageMaker SDK reads logs every 10 s and
 * describes every 30 s (sagemaker/session.py). A cloud on this machine has neither limit.
 */
export function intervalsFor(endpoint: string): Intervals {
  return isLoopback(endpoint)
    ? { describe: 1000, logs: 1000, logDelay: 0 }
    : { describe: 30_000, logs: 10_000, logDelay: 10_000 };
}

function isLoopback(endpoint: string): boolean {
  const { hostname } = new URL(endpoint);
  return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
}
