import type {
  CreateEndpointCommandInput,
  CreateEndpointConfigCommandInput,
  CreateModelCommandInput,
  ProductionVariantInstanceType,
} from '@aws-sdk/client-sagemaker';

/** An `endpoints` entry with its model resolved and its names made. */
export interface EndpointPlan {
  readonly endpoint: string;
  /** New with every deployment: configurations and models cannot be changed, only replaced. */
  readonly config: string;
  readonly model: string;
  readonly roleArn: string;
  readonly image: string;
  /** `s3://…/model.tar.gz` with `code/` in it, content-addressed. */
  readonly modelData: string;
  /** Name of the inference script in `code/`. */
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly instance: { readonly type: string; readonly count: number };
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** The name under which the SageMaker SDK, and the console's examples, know an endpoint's only variant. */
const onlyVariant = 'AllTraffic';

/** CreateModel, with the environment by which the inference toolkit finds the script (as SDK v2 sends it). */
export function modelRequest(plan: EndpointPlan): CreateModelCommandInput {
  const environment = {
    ...plan.environment,
    SAGEMAKER_CONTAINER_LOG_LEVEL: '20',
    SAGEMAKER_PROGRAM: plan.program,
    SAGEMAKER_REGION: plan.region,
    SAGEMAKER_SUBMIT_DIRECTORY: '/opt/ml/model/code',
  };
  return {
    ModelName: plan.model,
    ExecutionRoleArn: plan.roleArn,
    PrimaryContainer: {
      Image: plan.image,
      ModelDataUrl: plan.modelData,
      Environment: Object.fromEntries(sorted(environment)),
    },
    Tags: tags(plan),
  };
}

export function endpointConfigRequest(plan: EndpointPlan): CreateEndpointConfigCommandInput {
  return {
    EndpointConfigName: plan.config,
    ProductionVariants: [
      {
        VariantName: onlyVariant,
        ModelName: plan.model,
        // The SDK's closed union ages; the service is the judge of what exists.
        InstanceType: plan.instance.type as ProductionVariantInstanceType,
        InitialInstanceCount: plan.instance.count,
        InitialVariantWeight: 1,
      },
    ],
    Tags: tags(plan),
  };
}

export function endpointRequest(plan: EndpointPlan): CreateEndpointCommandInput {
  return { EndpointName: plan.endpoint, EndpointConfigName: plan.config, Tags: tags(plan) };
}

function tags(plan: EndpointPlan) {
  return sorted(plan.tags).map(([Key, Value]) => ({ Key, Value }));
}

function sorted<T>(map: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}
