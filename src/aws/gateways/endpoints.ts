import {
  CreateEndpointCommand,
  type CreateEndpointCommandInput,
  CreateEndpointConfigCommand,
  type CreateEndpointConfigCommandInput,
  DeleteEndpointCommand,
  DeleteEndpointConfigCommand,
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  type SageMakerClient,
  UpdateEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { type Change, receipt } from '../change.js';

type EndpointState =
  | 'OutOfService'
  | 'Creating'
  | 'Updating'
  | 'SystemUpdating'
  | 'RollingBack'
  | 'InService'
  | 'Deleting'
  | 'Failed'
  | 'UpdateRollbackFailed';

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
