import {
  CreateModelCommand,
  type CreateModelCommandInput,
  DeleteModelCommand,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { type Change, receipt } from '../change.js';

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
