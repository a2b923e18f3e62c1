import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { IAMClient } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { STSClient } from '@aws-sdk/client-sts';
import { fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { CredentialsProviderError, parseKnownFiles } from '@smithy/core/config';
import { type Connection, type ConnectionSource, intervalsFor } from './connection.js';
import type { FailedCall } from './errors.js';
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
  const settings = await clientSettings(source, explain);
  const open: { destroy(): void }[] = [];
  const explained = <C extends Client>(client: C): C => {
    open.push(client);
    return explaining(client, explain, profile);
  };
  const sageMaker = explained(new SageMakerClient(settings));
  // A bucket must not become a host name where there is only one host.
  const s3 = explained(new S3Client({ ...settings, forcePathStyle: 'endpoint' in settings }));
  // An answer may take 60 s and more, and what the model did may not be done twice.
  const runtime = explained(new SageMakerRuntimeClient({ ...settings, maxAttempts: 1 }));

  const close = () => open.forEach((client) => client.destroy());
  try {
    const { account, caller, endpoint: found } = await identify(explained(new STSClient(settings)));
    const home = await sageMaker.config.region();
    return {
      connection: {
        profile,
        region: home,
        account,
        caller,
        endpoint: found,
        intervals: intervalsFor(found),
      },
      trainingJobs: new TrainingJobsGateway(sageMaker),
      models: new ModelsGateway(sageMaker),
      endpoints: new EndpointsGateway(sageMaker),
      runtime: new RuntimeGateway(runtime),
      objects: new ObjectsGateway(s3, account, home),
      logs: new LogsGateway(explained(new CloudWatchLogsClient(settings))),
      roles: new RolesGateway(explained(new IAMClient(settings))),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** What every client is made with: where its calls go, and whose keys sign them. */
async function clientSettings(source: ConnectionSource, explain: Explain) {
  const { profile, configFile, credentialsFile } = source;
  const files = {
    ...(configFile !== undefined && { configFilepath: configFile }),
    ...(credentialsFile !== undefined && { filepath: credentialsFile }),
    // The SDK reads a file once in the life of a process; a sandbox may have moved, a person may have corrected it.
    ignoreCache: true,
  };
  const profiles = await parseKnownFiles(files);
  // The SDK looks for `endpoint_url` in the environment's profile alone, whatever `profile` its client is given
  // (smithy-typescript, getEndpointFromConfig), and for both in the default files: such calls would go to AWS.
  const own = profile === undefined ? {} : profiles[profile];
  if (!own) {
    const missing = new CredentialsProviderError('There is no such profile in the AWS config and credentials files.');
    throw explain(missing, { service: 'STS', operation: 'GetCallerIdentity', profile });
  }
  const region = source.region ?? own['region'];
  const endpoint = source.endpoint ?? own['endpoint_url'];
  const place = { ...(region !== undefined && { region }), ...(endpoint !== undefined && { endpoint }) };
  // STS is asked for a profile's role at the same place.
  const keys = { ...files, clientConfig: place };
  return {
    ...(profile !== undefined && { profile }),
    ...place,
    // A profile's keys must win over those that happen to be in the environment.
    credentials: profile === undefined ? fromNodeProviderChain(keys) : fromIni({ profile, ...keys }),
  };
}

interface Client {
  destroy(): void;
  readonly middlewareStack: {
    add(middleware: unknown, options: { step: 'initialize'; priority: 'high'; name: string }): void;
  };
}

type Next = (request: unknown) => Promise<unknown>;

/** Every call of the client, by whatever paginator or uploader it is made, fails with an explained error. */
function explaining<C extends Client>(client: C, explain: Explain, profile: string | undefined): C {
  const middleware =
    (next: Next, context: { clientName?: string; commandName?: string }) => async (request: unknown) => {
      try {
        return await next(request);
      } catch (error) {
        const service = context.clientName?.replace(/Client$/, '') ?? 'AWS';
        throw explain(error, {
          service,
          operation: context.commandName?.replace(/Command$/, '') ?? 'the call',
          profile,
        });
      }
    };
  client.middlewareStack.add(middleware, { step: 'initialize', priority: 'high', name: 'explain' });
  return client;
}
