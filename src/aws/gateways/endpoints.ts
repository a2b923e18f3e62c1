import {
  CreateEndpointCommand,
  type CreateEndpointCommandInput,
  CreateEndpointConfigCommand,
  type CreateEndpointConfigCommandInput,
  DeleteEndpointCommand,
  DeleteEndpointConfigCommand,
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  ListEndpointsCommand,
  type SageMakerClient,
  UpdateEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { type Change, receipt } from '../change.js';
import { type Page, type PageRequest, pageSize } from '../page.js';

export type EndpointState =
  | 'OutOfService'
  | 'Creating'
  | 'Updating'
  | 'SystemUpdating'
  | 'RollingBack'
  | 'InService'
  | 'Deleting'
  | 'Failed'
  | 'UpdateRollbackFailed';

/** An endpoint as List tells it. */
export interface EndpointSummary {
  readonly name: string;
  readonly arn: string;
  readonly state: EndpointState;
  readonly created: Date;
  readonly modified: Date;
}

/** An endpoint with what its configuration says of each variant. */
export interface EndpointDetail extends Endpoint {
  readonly arn: string;
  readonly created: Date;
  readonly modified: Date;
  readonly variants: readonly EndpointVariant[];
}

export interface EndpointVariant {
  readonly name: string;
  readonly model: string | undefined;
  /** Undefined for serverless variants. */
  readonly instanceType: string | undefined;
  /** How many run now, and how many are meant to. */
  readonly instances: number;
  readonly desired: number;
  readonly weight: number;
}

export interface Endpoint {
  readonly name: string;
  readonly state: EndpointState;
  readonly config: string;
  /** Why it failed, or why the last update was rolled back, in the service's words. */
  readonly failure: string | undefined;
}

/** SageMaker's endpoints and their configurations. */
export class EndpointsGateway {
  constructor(private readonly client: SageMakerClient) {}

  async describe(name: string, signal: AbortSignal): Promise<Endpoint> {
    const command = new DescribeEndpointCommand({ EndpointName: name });
    const endpoint = await this.client.send(command, { abortSignal: signal });
    return {
      name: endpoint.EndpointName!,
      state: endpoint.EndpointStatus!,
      config: endpoint.EndpointConfigName!,
      failure: endpoint.FailureReason,
    };
  }

  async list({ token, createdAfter }: PageRequest, signal: AbortSignal): Promise<Page<EndpointSummary>> {
    const command = new ListEndpointsCommand({
      MaxResults: pageSize,
      SortBy: 'CreationTime',
      SortOrder: 'Descending',
      NextToken: token,
      CreationTimeAfter: createdAfter,
    });
    const { Endpoints, NextToken } = await this.client.send(command, { abortSignal: signal });
    const items = (Endpoints ?? []).map((endpoint) => ({
      name: endpoint.EndpointName!,
      arn: endpoint.EndpointArn!,
      state: endpoint.EndpointStatus!,
      created: endpoint.CreationTime!,
      modified: endpoint.LastModifiedTime!,
    }));
    return { items, token: NextToken };
  }

  /** Two calls: what runs, and what its configuration says. */
  async detail(name: string, signal: AbortSignal): Promise<EndpointDetail> {
    const options = { abortSignal: signal };
    const endpoint = await this.client.send(new DescribeEndpointCommand({ EndpointName: name }), options);
    const config = new DescribeEndpointConfigCommand({ EndpointConfigName: endpoint.EndpointConfigName! });
    const { ProductionVariants: meant } = await this.client.send(config, options);
    const running = new Map((endpoint.ProductionVariants ?? []).map((variant) => [variant.VariantName, variant]));
    return {
      name: endpoint.EndpointName!,
      arn: endpoint.EndpointArn!,
      state: endpoint.EndpointStatus!,
      config: endpoint.EndpointConfigName!,
      failure: endpoint.FailureReason,
      created: endpoint.CreationTime!,
      modified: endpoint.LastModifiedTime!,
      variants: (meant ?? []).map((variant) => {
        const now = running.get(variant.VariantName);
        return {
          name: variant.VariantName!,
          model: variant.ModelName,
          instanceType: variant.InstanceType,
          instances: now?.CurrentInstanceCount ?? 0,
          desired: now?.DesiredInstanceCount ?? variant.InitialInstanceCount ?? 0,
          weight: now?.CurrentWeight ?? variant.InitialVariantWeight ?? 1,
        };
      }),
    };
  }

  /** Names of the models behind a configuration. */
  async models(config: string, signal: AbortSignal): Promise<string[]> {
    const command = new DescribeEndpointConfigCommand({ EndpointConfigName: config });
    const { ProductionVariants } = await this.client.send(command, { abortSignal: signal });
    return (ProductionVariants ?? []).flatMap(({ ModelName }) => (ModelName === undefined ? [] : [ModelName]));
  }

  createConfig(request: CreateEndpointConfigCommandInput): Change {
    return {
      operation: 'CreateEndpointConfig',
      kind: 'endpoint-config',
      effect: 'create',
      name: request.EndpointConfigName!,
      send: async () => {
        const output = await this.client.send(new CreateEndpointConfigCommand(request));
        return receipt(output, output.EndpointConfigArn);
      },
    };
  }

  create(request: CreateEndpointCommandInput): Change {
    return {
      operation: 'CreateEndpoint',
      kind: 'endpoint',
      effect: 'create',
      name: request.EndpointName!,
      send: async () => {
        const output = await this.client.send(new CreateEndpointCommand(request));
        return receipt(output, output.EndpointArn);
      },
    };
  }

  /**
   * Blue/green: what serves now goes on until the new one answers. Instance counts that were scaled since are kept;
   * without RetainAllVariantProperties they fall back to the configuration's (aws/sagemaker-python-sdk#3126).
   */
  update(name: string, config: string): Change {
    return {
      operation: 'UpdateEndpoint',
      kind: 'endpoint',
      effect: 'update',
      name,
      send: async () => {
        const output = await this.client.send(
          new UpdateEndpointCommand({
            EndpointName: name,
            EndpointConfigName: config,
            RetainAllVariantProperties: true,
          }),
        );
        return receipt(output, output.EndpointArn);
      },
    };
  }

  delete(name: string): Change {
    return {
      operation: 'DeleteEndpoint',
      kind: 'endpoint',
      effect: 'delete',
      name,
      send: async () => receipt(await this.client.send(new DeleteEndpointCommand({ EndpointName: name }))),
    };
  }

  deleteConfig(name: string): Change {
    return {
      operation: 'DeleteEndpointConfig',
      kind: 'endpoint-config',
      effect: 'delete',
      name,
      send: async () => receipt(await this.client.send(new DeleteEndpointConfigCommand({ EndpointConfigName: name }))),
    };
  }
}
