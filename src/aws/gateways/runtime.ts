import { InvokeEndpointCommand, type SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';

export interface Invocation {
  readonly endpoint: string;
  /** The variant that is to answer; undefined: one of them, by their weights. */
  readonly variant?: string | undefined;
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly accept: string;
}

export interface Answer {
  readonly body: Uint8Array;
  readonly contentType: string;
  /** Which of the endpoint's variants answered. */
  readonly variant: string | undefined;
  readonly requestId: string | undefined;
}

/** Asking an endpoint. Its client never retries: the handler runs once for each call. */
export class RuntimeGateway {
  constructor(private readonly client: SageMakerRuntimeClient) {}

  async invoke({ endpoint, variant, body, contentType, accept }: Invocation, signal: AbortSignal): Promise<Answer> {
    const command = new InvokeEndpointCommand({
      EndpointName: endpoint,
      TargetVariant: variant,
      Body: body,
      ContentType: contentType,
      Accept: accept,
    });
    const answer = await this.client.send(command, { abortSignal: signal });
    return {
      body: answer.Body ?? new Uint8Array(),
      contentType: answer.ContentType ?? '',
      variant: answer.InvokedProductionVariant,
      requestId: answer.$metadata.requestId,
    };
  }
}
