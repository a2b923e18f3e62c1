import type { InvokeEndpointInput, InvokeEndpointOutput } from '@aws-sdk/client-sagemaker-runtime';
import { noTargetModel } from '../../container/inferenceMessages.js';
import type { HostingEngine } from '../engines/hosting.js';
import { type Operation, type Service, ServiceError } from '../protocol/service.js';
import { arn, type Settings } from '../settings.js';

type Input = InvokeEndpointInput & { readonly Body: Uint8Array; readonly EndpointName: string };
type Output = Omit<InvokeEndpointOutput, 'Body'> & { readonly Body: Uint8Array };

/** Headers for kinds of endpoints that the sandbox does not have: refused by name, never passed over. */
const unsupported = [
  'TargetContainerHostname',
  'InferenceComponentName',
  'EnableExplanations',
  'SessionId',
] as const satisfies readonly (keyof Input)[];

/** SageMaker's runtime: InvokeEndpoint. What is in service is the engine's to say. */
export function sagemakerRuntime(engine: HostingEngine, settings: Settings): Service {
  const invokeEndpoint: Operation<Input> = {
    // An endpoint's ARN has its name in small letters (aws/amazon-sagemaker-examples#293).
    resource: ({ EndpointName }) => arn(settings, 'sagemaker', `endpoint/${EndpointName.toLowerCase()}`),

    run: async (input, { signal }): Promise<Output> => {
      refuseWhatIsNotHere(input);
      const answer = await engine.invoke(input.EndpointName, {
        body: input.Body,
        contentType: input.ContentType,
        accept: input.Accept,
        customAttributes: input.CustomAttributes,
        targetVariant: input.TargetVariant,
        signal,
      });
      return {
        Body: answer.body,
        ContentType: answer.contentType,
        InvokedProductionVariant: answer.variant,
        ...(answer.customAttributes !== undefined && { CustomAttributes: answer.customAttributes }),
      };
    },
  };
  return { id: 'sagemaker-runtime', iamPrefix: 'sagemaker', operations: { InvokeEndpoint: invokeEndpoint } };
}

function refuseWhatIsNotHere(input: Input): void {
  if (input.TargetModel !== undefined) throw new ServiceError('ValidationError', noTargetModel(input.EndpointName));
  const asked = unsupported.find((member) => input[member] !== undefined);
  if (asked !== undefined) {
    throw new ServiceError('ValidationError', `InvokeEndpoint's ${asked} is not supported by the sandbox.`);
  }
}
