import {
  CreateModelCommand,
  type CreateModelCommandInput,
  DeleteModelCommand,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import type { Change } from '../change.js';

/** SageMaker's models: an image, an archive in S3 and a role. They cost nothing themselves. */
export class ModelsGateway {
  constructor(private readonly client: SageMakerClient) {}

  create(request: CreateModelCommandInput): Change {
    return {
      operation: 'CreateModel',
      kind: 'model',
      effect: 'create',
      name: request.ModelName!,
      send: async () => {
        const { ModelArn, $metadata } = await this.client.send(new CreateModelCommand(request));
        return { arn: ModelArn, requestId: $metadata.requestId };
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
      send: async () => {
        const { $metadata } = await this.client.send(new DeleteModelCommand({ ModelName: name }));
        return { arn: undefined, requestId: $metadata.requestId };
      },
    };
  }
}
