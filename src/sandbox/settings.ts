import path from 'node:path';

/** What a sandbox is: one account in one region, kept in one data folder. */
export interface Settings {
  readonly account: string;
  readonly region: string;
  readonly dataDir: string;
  /** `--python`; undefined: probe for one (engines/process/interpreter.ts). */
  readonly python: string | undefined;
}

/** Where things are in the data folder (mode 0700). */
export class Folders {
  constructor(private readonly root: string) {}

  readonly lock = (): string => path.join(this.root, 'lock.json');
  /** What `Control` asks for: of the running sandbox, and of no use after it. */
  readonly controlToken = (): string => path.join(this.root, 'control-token');
  readonly database = (): string => path.join(this.root, 'state.db');
  readonly objects = (): string => path.join(this.root, 'objects');
  readonly aws = (name: 'config' | 'credentials'): string => path.join(this.root, 'aws', name);
  /** What was found out about this machine's interpreters. */
  readonly interpreters = (): string => path.join(this.root, 'interpreters.json');
  /** What jobs and model servers share and may lose at any time: downloaded packages and weights. */
  readonly cache = (name: 'pip' | 'torch'): string => path.join(this.root, 'cache', name);
  readonly trainingJobs = (): string => path.join(this.root, 'jobs');
  readonly trainingJob = (name: string): string => path.join(this.root, 'jobs', name);
  /** Zip files of functions, by their SHA-256. */
  readonly functionPackages = (): string => path.join(this.root, 'function-packages');
  readonly endpoint = (name: string): string => path.join(this.root, 'endpoints', name);
  /** Environments in which functions run, and their unpacked code: nothing of it outlives the sandbox. */
  readonly functionEnvironments = (): string => path.join(this.root, 'environments');
}

export function arn(settings: Settings, service: string, resource: string): string {
  return `arn:aws:${service}:${settings.region}:${settings.account}:${resource}`;
}
