import { devNull } from 'node:os';
import path from 'node:path';

/** A cloud of this machine that a script may call: the sandbox, as its ready line describes it. */
export interface ScriptCloud {
  readonly endpoint: string;
  readonly region: string;
  readonly profile: string;
  readonly configFile: string;
  readonly credentialsFile: string;
}

/**
 * The environment of a script that runs here: the person's own, but without their keys. A handler that is tried out must
 * not act in an account with more rights than its role will have; what it may do there, its deployed function tells.
 * The sandbox is another matter: there it can harm nobody, and a handler finds the endpoint in front of which it stands.
 * @param resources `resources/python`, with the shim for versions of boto3 that ignore the endpoint
 */
export function scriptEnvironment(
  person: Readonly<Record<string, string | undefined>>,
  own: Readonly<Record<string, string>>,
  resources: string,
  cloud: ScriptCloud | undefined,
): Record<string, string | undefined> {
  const inherited = Object.entries(person).filter(([name]) => !name.startsWith('AWS_'));
  // A client is made without a call, and needs a region for it.
  const region = cloud?.region ?? person['AWS_REGION'] ?? person['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  return {
    ...Object.fromEntries(inherited),
    PYTHONUNBUFFERED: '1',
    PYTHONIOENCODING: 'UTF-8',
    // Nothing is left in the workspace.
    PYTHONDONTWRITEBYTECODE: '1',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: cloud?.configFile ?? devNull,
    AWS_SHARED_CREDENTIALS_FILE: cloud?.credentialsFile ?? devNull,
    ...(cloud && {
      AWS_PROFILE: cloud.profile,
      AWS_ENDPOINT_URL: cloud.endpoint,
      PYTHONPATH: [person['PYTHONPATH'], resources].filter(Boolean).join(path.delimiter),
    }),
    ...own,
  };
}
