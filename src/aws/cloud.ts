import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { IAMClient } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { STSClient } from '@aws-sdk/client-sts';
import { fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { CredentialsProviderError, parseKnownFiles } from '@smithy/core/config';
import { type Connection, type ConnectionSource, intervalsFor, isBilled } from './connection.js';
import { codeOf, type FailedCall, isExpired } from './errors.js';
import { EndpointsGateway } from './gateways/endpoints.js';
import { identify } from './gateways/identity.js';
import { LogsGateway } from './gateways/logs.js';
import { ModelsGateway } from './gateways/models.js';
import { ObjectsGateway } from './gateways/objects.js';
import { RolesGateway } from './gateways/roles.js';
import { RuntimeGateway } from './gateways/runtime.js';
import { TrainingJobsGateway } from './gateways/trainingJobs.js';

/** A cloud that answers: AWS or a sandbox, which nobody can tell apart but by `connection`. */
export interface Cloud {
  readonly connection: Connection;
  readonly trainingJobs: TrainingJobsGateway;
  readonly models: ModelsGateway;
  readonly endpoints: EndpointsGateway;
  readonly runtime: RuntimeGateway;
  readonly objects: ObjectsGateway;
  readonly logs: LogsGateway;
  readonly roles: RolesGateway;
  /** Closes the kept connections. */
  close(): void;
}

/** Makes an SDK error what a person is to read (`errors.ts`). */
type Explain = (error: unknown, call: FailedCall) => unknown;

export async function connect(source: ConnectionSource, explain: Explain): Promise<Cloud> {
  const { profile } = source;
  const { forgetKeys, ...settings } = await clientSettings(source, explain);
  const open: { destroy(): void }[] = [];
  const explained = <C extends Client>(client: C): C => {
    open.push(client);
    return explaining(client, forgetKeys, (error, call) => explain(error, { ...call, profile }));
  };
  // A call without an answer must end some day. Milliseconds.
  const control = { ...settings, requestHandler: { connectionTimeout: 5000, requestTimeout: 30_000 } };
  const sageMaker = explained(new SageMakerClient(control));
  // A bucket must not become a host name where there is only one host. How long a transfer takes nobody knows.
  const transfer = { ...settings, requestHandler: { connectionTimeout: 5000, socketTimeout: 60_000 } };
  const s3 = explained(new S3Client({ ...transfer, forcePathStyle: 'endpoint' in settings }));
  // An answer may take 60 s, the service's own limit, and what the model did may not be done twice.
  const patient = { ...settings, requestHandler: { connectionTimeout: 5000, requestTimeout: 70_000 } };
  const runtime = explained(new SageMakerRuntimeClient({ ...patient, maxAttempts: 1 }));

  const close = () => open.forEach((client) => client.destroy());
  try {
    const { account, caller, endpoint: found } = await identify(explained(new STSClient(control)));
    const home = await sageMaker.config.region();
    return {
      connection: {
        profile,
        region: home,
        account,
        caller,
        endpoint: found,
        intervals: intervalsFor(found, source.pace),
        billed: isBilled(found, source.pace),
        executionRole: source.executionRole,
      },
      trainingJobs: new TrainingJobsGateway(sageMaker),
      models: new ModelsGateway(sageMaker),
      endpoints: new EndpointsGateway(sageMaker),
      runtime: new RuntimeGateway(runtime),
      objects: new ObjectsGateway(s3, account, home),
      logs: new LogsGateway(explained(new CloudWatchLogsClient(control))),
      roles: new RolesGateway(explained(new IAMClient(control))),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** What every client is made with: where its calls go, and whose keys sign them. */
async function clientSettings(source: ConnectionSource, explain: Explain) {
  const { configFile, credentialsFile } = source;
  const files = {
    ...(configFile !== undefined && { configFilepath: configFile }),
    ...(credentialsFile !== undefined && { filepath: credentialsFile }),
    // The SDK reads a file once in the life of a process; a sandbox may have moved, a person may have corrected it.
    ignoreCache: true,
  };
  const found = await parseKnownFiles(files);
  // An EC2 host, a container and CI have keys without a profile: then "default" means what every AWS client finds.
  const profile = source.profile === 'default' && !found['default'] ? undefined : source.profile;
  // The SDK looks for `endpoint_url` in the environment's profile alone, whatever `profile` its client is given
  // (smithy-typescript, getEndpointFromConfig), and for both in the default files: such calls would go to AWS.
  const own = profile === undefined ? {} : found[profile];
  if (!own) {
    const missing = new CredentialsProviderError('There is no such profile in the AWS config and credentials files.');
    throw explain(missing, { service: 'STS', operation: 'GetCallerIdentity', profile });
  }
  const region = source.region ?? own['region'];
  const endpoint = source.endpoint ?? own['endpoint_url'];
  const place = { ...(region !== undefined && { region }), ...(endpoint !== undefined && { endpoint }) };
  // STS is asked for a profile's role at the same place.
  const keys = { ...files, clientConfig: place };
  // A profile's keys must win over those that happen to be in the environment. Made anew for each set of keys: the
  // SDK's providers remember what they found.
  const provider = () => (profile === undefined ? fromNodeProviderChain(keys) : fromIni({ profile, ...keys }))();
  return {
    ...(profile !== undefined && { profile }),
    ...place,
    ...forgettable(provider),
  };
}

type Keys = Awaited<ReturnType<ReturnType<typeof fromIni>>>;

/** Keys are renewed this long before they end (milliseconds), as the SDK itself does. */
const renewBefore = 5 * 60_000;

/**
 * Keys that are looked for again when the service says that they have ended: a profile's process, SSO or role may have
 * new ones. The SDK keeps keys without an expiration for ever, and asks for those whose expiration is past at every call
 * (@smithy/core, memoizeIdentityProvider): so all of ours look as if they were, and are remembered here.
 */
function forgettable(provide: () => Promise<Keys>) {
  let known: { readonly keys: Promise<Keys>; readonly until: number } | undefined;
  const look = async () => {
    const keys = provide();
    known = { keys, until: Infinity };
    const { expiration } = await keys;
    if (expiration) known = { keys, until: expiration.getTime() - renewBefore };
    return keys;
  };
  const credentials = async (): Promise<Keys> => {
    const keys = await (known && known.until > Date.now() ? known.keys : look()).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return { ...keys, expiration: new Date(0) };
  };
  return { credentials, forgetKeys: () => (known = undefined) };
}

interface Client {
  destroy(): void;
  readonly middlewareStack: {
    add(middleware: unknown, options: { step: 'initialize'; priority: 'high'; name: string }): void;
  };
}

type Next = (request: unknown) => Promise<unknown>;

/**
 * Every call of the client, by whatever paginator or uploader it is made, fails with an explained error. One that was
 * refused because its keys had ended is made once more with new ones: such a call has done nothing.
 */
function explaining<C extends Client>(
  client: C,
  forgetKeys: () => void,
  explain: (error: unknown, call: { readonly service: string; readonly operation: string }) => unknown,
): C {
  const middleware =
    (next: Next, context: { clientName?: string; commandName?: string }) => async (request: unknown) => {
      try {
        return await next(request).catch((error: unknown) => {
          if (!isExpired(codeOf(error) ?? '')) throw error;
          forgetKeys();
          return next(request);
        });
      } catch (error) {
        const service = context.clientName?.replace(/Client$/, '') ?? 'AWS';
        const operation = context.commandName?.replace(/Command$/, '') ?? 'the call';
        throw explain(error, { service, operation });
      }
    };
  client.middlewareStack.add(middleware, { step: 'initialize', priority: 'high', name: 'explain' });
  return client;
}

/** Where a profile's keys come from. */
export type ProfileKind = 'sso' | 'process' | 'role' | 'web identity' | 'keys' | 'environment';

export interface Profile {
  readonly name: string;
  readonly region: string | undefined;
  readonly kind: ProfileKind;
}

/** The profiles of the AWS config and credentials files, as they are now; "default" also when it is only the environment's. */
export async function profiles(): Promise<Profile[]> {
  const found = await parseKnownFiles({ ignoreCache: true });
  const named = Object.entries(found).map(([name, own]) => ({ name, region: own['region'], kind: kindOf(own) }));
  return found['default'] ? named : [...named, { name: 'default', region: undefined, kind: 'environment' }];
}

function kindOf(own: Readonly<Record<string, string | undefined>>): ProfileKind {
  if (own['web_identity_token_file'] !== undefined) return 'web identity';
  if (own['role_arn'] !== undefined) return 'role';
  if (own['sso_session'] !== undefined || own['sso_start_url'] !== undefined) return 'sso';
  if (own['credential_process'] !== undefined) return 'process';
  return own['aws_access_key_id'] === undefined ? 'environment' : 'keys';
}
