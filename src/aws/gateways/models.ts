import {
  CreateModelCommand,
  type CreateModelCommandInput,
  DeleteModelCommand,
  DescribeModelCommand,
  ListModelsCommand,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { type Change, receipt } from '../change.js';
import { type Page, type PageRequest, pageSize } from '../page.js';

export interface ModelSummary {
  readonly name: string;
  readonly arn: string;
  readonly created: Date;
}

/** SageMaker's models: an image, an archive in S3 and a role. They cost nothing themselves. */
export class ModelsGateway {
  constructor(private readonly client: SageMakerClient) {}

  async list({ token, createdAfter }: PageRequest, signal: AbortSignal): Promise<Page<ModelSummary>> {
    const command = new ListModelsCommand({
      MaxResults: pageSize,
      SortBy: 'CreationTime',
      SortOrder: 'Descending',
      NextToken: token,
      CreationTimeAfter: createdAfter,
    });
    const { Models, NextToken } = await this.client.send(command, { abortSignal: signal });
    const items = (Models ?? []).map((model) => ({
      name: model.ModelName!,
      arn: model.ModelArn!,
      created: model.CreationTime!,
    }));
    return { items, token: NextToken };
  }

  /** `modelData` is where its archive is, or its files; undefined for a model that is all in its image. */
  async describe(name: string, signal: AbortSignal): Promise<{ readonly modelData: string | undefined }> {
    const command = new DescribeModelCommand({ ModelName: name });
    const { PrimaryContainer, Containers } = await this.client.send(command, { abortSignal: signal });
    const container = PrimaryContainer ?? Containers?.[0];
    return { modelData: container?.ModelDataUrl ?? container?.ModelDataSource?.S3DataSource?.S3Uri };
  }

  create(request: CreateModelCommandInput): Change {
    return {
      operation: 'CreateModel',
      kind: 'model',
      effect: 'create',
      name: request.ModelName!,
      send: async () => {
        const output = await this.client.send(new CreateModelCommand(request));
        return receipt(output, output.ModelArn);
      },
    };
  }

  /** The archive in S3 stays. */
  delete(name: string): Change {
    return {
      operation: 'DeleteModel',
      kind: 'model',
      effect: 'delete',
      name,
      send: async () => receipt(await this.client.send(new DeleteModelCommand({ ModelName: name }))),
    };
  }
}
