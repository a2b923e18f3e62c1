/** What a child process may know of the environment in which the sandbox itself was started. */
const inherited =
  /^(PATH|LANG|LANGUAGE|LC_\w+|TZ|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|https?_proxy|all_proxy|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|CUDA_\w+|NVIDIA_\w+)$/i;

/** The variables on the list above, with their values. */
export function inheritedEnvironment(sandbox: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries = Object.entries(sandbox).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && inherited.test(entry[0]),
  );
  return Object.fromEntries(entries);
}

export interface ChildEnvironmentOptions {
  /** The sandbox's own environment. Only what is on the list above passes: no `AWS_*`, no keys, no HOME. */
  readonly sandbox: Readonly<Record<string, string | undefined>>;
  /** The sandbox's address, `http://127.0.0.1:<port>`. */
  readonly endpoint: string;
  readonly region: string;
  /** The process's own home folder. */
  readonly home: string;
  /** Config and credentials file with the role's temporary keys (roleCredentials.ts). */
  readonly configFile: string;
  readonly credentialsFile: string;
  /** Folders that come before the machine's PATH. */
  readonly path: readonly string[];
  /** Folders of Python modules, the shim for old botocore among them (resources/python). */
  readonly pythonPath: readonly string[];
  /** Where torch.hub looks for weights. */
  readonly torchHome: string;
  /** What the container and the request say: these win. */
  readonly own: Readonly<Record<string, string>>;
}

/**
 * The whole environment of a job's or handler's process. It acts as its role and talks to the sandbox; the person's keys
 * and settings are not in it.
 */
export function childEnvironment(options: ChildEnvironmentOptions): Record<string, string> {
  const { sandbox, own } = options;
  const noProxy = [sandbox['NO_PROXY'] ?? sandbox['no_proxy'], '127.0.0.1', 'localhost'].filter(Boolean).join(',');
  return {
    ...inheritedEnvironment(sandbox),
    HOME: options.home,
    // What the official images set (aws/deep-learning-containers, pytorch Dockerfiles).
    PYTHONUNBUFFERED: 'TRUE',
    PYTHONDONTWRITEBYTECODE: 'TRUE',
    PYTHONIOENCODING: 'UTF-8',
    LANG: sandbox['LANG'] ?? 'C.UTF-8',
    // Several OpenMP threads on a machine that is shared by jobs and model servers spend their time waiting.
    OMP_NUM_THREADS: '1',
    NO_PROXY: noProxy,
    no_proxy: noProxy,
    AWS_ENDPOINT_URL: options.endpoint,
    AWS_REGION: options.region,
    AWS_DEFAULT_REGION: options.region,
    AWS_CONFIG_FILE: options.configFile,
    AWS_SHARED_CREDENTIALS_FILE: options.credentialsFile,
    AWS_EC2_METADATA_DISABLED: 'true',
    TORCH_HOME: options.torchHome,
    ...own,
    PATH: [...options.path, own['PATH'] ?? sandbox['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'].join(':'),
    PYTHONPATH: [own['PYTHONPATH'], ...options.pythonPath].filter(Boolean).join(':'),
  };
}
