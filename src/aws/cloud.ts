import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { STSClient } from '@aws-sdk/client-sts';
import { CredentialsProviderError } from '@smithy/core/config';
import { type Connection, type ConnectionSource, intervalsFor, isBilled } from './connection.js';
import { codeOf, type FailedCall, isExpired } from './errors.js';
import { EndpointsGateway } from './gateways/endpoints.js';
import { FunctionsGateway } from './gateways/functions.js';
import { identify } from './gateways/identity.js';
import { LogsGateway } from './gateways/logs.js';
import { MetricsGateway } from './gateways/metrics.js';
import { ModelsGateway } from './gateways/models.js';
import { ObjectsGateway } from './gateways/objects.js';
import { RolesGateway } from './gateways/roles.js';
import { RuntimeGateway } from './gateways/runtime.js';
import { TrainingJobsGateway } from './gateways/trainingJobs.js';
import { TuningJobsGateway } from './gateways/tuningJobs.js';
import { keysOf, RenewableKeys } from './keys.js';
import { type TimeLimits, timeLimits } from './limits.js';
import { kindOf, readProfiles } from './profiles.js';

export { type Profile, profiles, settingsOf } from './profiles.js';

/** A cloud that answers: AWS or a sandbox, which nobody can tell apart but by `connection`. */
export interface Cloud {
  readonly connection: Connection;
  readonly trainingJobs: TrainingJobsGateway;
  readonly tuningJobs: TuningJobsGateway;
  readonly models: ModelsGateway;
  readonly endpoints: EndpointsGateway;
  readonly runtime: RuntimeGateway;
  readonly functions: FunctionsGateway;
  readonly objects: ObjectsGateway;
  readonly logs: LogsGateway;
  readonly metrics: MetricsGateway;
  readonly roles: RolesGateway;
  /** Closes the kept connections. */
  close(): void;
}

/** Makes an SDK error what a person is to read (`errors.ts`). */
type Explain = (error: unknown, call: FailedCall) => unknown;

export async function connect(source: ConnectionSource, explain: Explain, limits = timeLimits): Promise<Cloud> {
  const { profile } = source;
  const { keys, ...settings } = await clientSettings(source, explain, limits);
  const open: { destroy(): void }[] = [];
  const explained = <C extends Client>(client: C): C => {
    open.push(client);
    return explaining(client, keys, (error, call) => explain(error, { ...call, profile }));
  };
  const control = { ...settings, requestHandler: handler(limits, limits.answer) };
  const sageMaker = explained(new SageMakerClient(control));
  // A bucket must not become a host name where there is only one host.
  const transfer = { ...settings, requestHandler: handler(limits), forcePathStyle: 'endpoint' in settings };
  const s3 = explained(new S3Client(transfer));
  // What the model did may not be done twice.
  const patient = { ...settings, requestHandler: handler(limits, limits.invocation), maxAttempts: 1 };
  const runtime = explained(new SageMakerRuntimeClient(patient));
  // A function may take 15 minutes and say nothing meanwhile: who calls it says how long it waits.
  const endless = { ...settings, requestHandler: { connectionTimeout: limits.connection }, maxAttempts: 1 };

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
      tuningJobs: new TuningJobsGateway(sageMaker),
      models: new ModelsGateway(sageMaker),
      endpoints: new EndpointsGateway(sageMaker),
      runtime: new RuntimeGateway(runtime),
      functions: new FunctionsGateway(explained(new LambdaClient(control)), explained(new LambdaClient(endless))),
      objects: new ObjectsGateway(s3, account, home),
      logs: new LogsGateway(explained(new CloudWatchLogsClient(control))),
      metrics: new MetricsGateway(explained(new CloudWatchClient(control))),
      roles: new RolesGateway(explained(new IAMClient(control))),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** How long a client waits, in the SDK's words. Without `answer`, for as long as data flows. */
function handler({ connection, silence }: TimeLimits, answer?: number) {
  return {
    connectionTimeout: connection,
    socketTimeout: Math.max(silence, answer ?? 0),
    // Alone, requestTimeout writes a warning and waits on (@smithy/node-http-handler, setRequestTimeout).
    ...(answer !== undefined && { requestTimeout: answer, throwOnRequestTimeout: true }),
  };
}

/** What every client is made with: where its calls go, and whose keys sign them. */
async function clientSettings(source: ConnectionSource, explain: Explain, limits: TimeLimits) {
  const found = await readProfiles(source);
  // An EC2 host, a container and CI have keys without a profile, and often a region in "default": then that means what
  // every AWS client finds.
  const isEnvironment = source.profile === 'default' && kindOf(found['default'] ?? {}) === 'environment';
  const profile = isEnvironment ? undefined : source.profile;
  const own = profile === undefined ? {} : found[profile];
  if (!own) {
    const missing = new CredentialsProviderError('There is no such profile in the AWS config and credentials files.');
    throw explain(missing, { service: 'STS', operation: 'GetCallerIdentity', profile });
  }
  const region = source.region ?? own['region'];
  const endpoint = source.endpoint ?? own['endpoint_url'];
  const place = {
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    // The SDK takes `endpoint_url` from the environment's profile alone, whatever `profile` its client is given
    // (smithy-typescript, getEndpointFromConfig): what belongs to "default" must not catch the calls of another one.
    ignoreConfiguredEndpointUrls: profile !== undefined && !hasEndpointVariable(),
  };
  const keys = new RenewableKeys(keysOf(profile, source, { ...place, requestHandler: handler(limits, limits.answer) }));
  return { ...(profile !== undefined && { profile }), ...place, credentials: keys.provider, keys };
}

/** `AWS_ENDPOINT_URL`, or that of a service: the SDK can ignore these only together with the files. */
function hasEndpointVariable(): boolean {
  return Object.keys(process.env).some((name) => name.startsWith('AWS_ENDPOINT_URL'));
}

interface Client {
  destroy(): void;
  readonly middlewareStack: {
    add(middleware: unknown, options: { step: 'initialize'; priority: 'high'; name: string }): void;
  };
}

type Next = (request: unknown) => Promise<unknown>;

/** What the SDK tells a middleware: also whose keys it signed the last attempt with, once it has. */
interface Context {
  readonly clientName?: string;
  readonly commandName?: string;
  readonly __smithy_context?: { readonly selectedHttpAuthScheme?: { readonly identity?: object } };
}

/**
 * Every call of the client, by whatever paginator or uploader it is made, fails with an explained error. One that was
 * refused because its keys had ended is made once more with new ones: such a call has done nothing.
 */
function explaining<C extends Client>(
  client: C,
  keys: RenewableKeys,
  explain: (error: unknown, call: { readonly service: string; readonly operation: string }) => unknown,
): C {
  const middleware = (next: Next, context: Context) => async (request: unknown) => {
    try {
      return await next(request).catch((error: unknown) => {
        if (!isExpired(codeOf(error) ?? '')) throw error;
        keys.refused(context.__smithy_context?.selectedHttpAuthScheme?.identity);
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
