import type * as Api from '@aws-sdk/client-sagemaker';
import type { Clock } from '../../clock.js';
import type { Operation, RequestContext } from '../../protocol/service.js';
import { arn, type Settings } from '../../settings.js';
import type { Collection, Store } from '../../store/store.js';
import type { Access } from '../ports.js';
import { refuse } from '../refusals.js';
import { validation } from './errors.js';
import { inTime, type ListInput, listPage, nameContains } from './listing.js';
import type { Models } from './models.js';
import { requestTags, Tags } from './tags.js';

/** An endpoint configuration as DescribeEndpointConfig shows it. */
type EndpointConfig = Api.DescribeEndpointConfigOutput & {
  readonly EndpointConfigName: string;
  readonly EndpointConfigArn: string;
  readonly CreationTime: Date;
  readonly ProductionVariants: Api.ProductionVariant[];
};

export interface EndpointConfigsOptions {
  readonly store: Store;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly access: Access;
  readonly tags: Tags;
  readonly models: Models;
}

export class EndpointConfigs {
  private readonly configs: Collection<EndpointConfig>;

  constructor(private readonly options: EndpointConfigsOptions) {
    this.configs = options.store.collection<EndpointConfig>('endpoint-config');
  }

  operations(): Record<string, Operation> {
    const resource = ({ EndpointConfigName: name = '' }: { EndpointConfigName?: string | undefined }) => this.arn(name);
    return {
      CreateEndpointConfig: {
        resource,
        conditionKeys: requestTags,
        run: (input: Api.CreateEndpointConfigInput, context) => this.create(input, context),
      },
      DescribeEndpointConfig: {
        resource,
        run: ({ EndpointConfigName = '' }: Api.DescribeEndpointConfigInput) => this.get(EndpointConfigName),
      },
      ListEndpointConfigs: { resource: () => '*', run: (input: Api.ListEndpointConfigsInput) => this.list(input) },
      DeleteEndpointConfig: {
        resource,
        run: ({ EndpointConfigName = '' }: Api.DeleteEndpointConfigInput) => this.delete(EndpointConfigName),
      },
    };
  }

  arn(name: string): string {
    return arn(this.options.settings, 'sagemaker', `endpoint-config/${name}`);
  }

  /** @throws {ServiceError} as hashicorp/terraform-provider-aws#40048 shows it. */
  get(name: string): EndpointConfig {
    const config = this.configs.get(name);
    if (!config) throw validation(`Could not find endpoint configuration "${this.arn(name)}".`);
    return config;
  }

  private create(input: Api.CreateEndpointConfigInput, { caller }: RequestContext) {
    const { models, tags, clock, store, access } = this.options;
    const { EndpointConfigName: name = '', ProductionVariants = [], Tags: given, ...described } = input;
    const EndpointConfigArn = this.arn(name);
    if (given?.length) access.require(caller, 'sagemaker:AddTags', EndpointConfigArn);
    Tags.check(given);
    // awslabs/spot-tagging-bot-for-digital-assets#2
    if (this.configs.get(name)) {
      throw validation(`Cannot create already existing endpoint configuration "${EndpointConfigArn}".`);
    }
    refuseFeatures(input);
    for (const variant of ProductionVariants) {
      checkVariant(variant);
      models.get(variant.ModelName ?? '');
    }
    const names = ProductionVariants.map(({ VariantName = '' }) => VariantName);
    const twice = names.find((variant, index) => names.indexOf(variant) !== index);
    if (twice !== undefined) throw validation(`Variant names must be unique: "${twice}" is given more than once.`);
    if (ProductionVariants.every(({ InitialVariantWeight = 1 }) => InitialVariantWeight === 0)) {
      throw validation('The weights of the production variants must not all be 0.');
    }

    store.transaction(() => {
      tags.add(EndpointConfigArn, given);
      const variants = ProductionVariants.map((variant) => ({ InitialVariantWeight: 1, ...variant }));
      const record = { EndpointConfigName: name, EndpointConfigArn, CreationTime: clock.now() };
      this.configs.put(name, { ...described, ...record, ProductionVariants: variants });
    });
    return { EndpointConfigArn };
  }

  private list(input: Api.ListEndpointConfigsInput) {
    const listing = {
      name: ({ EndpointConfigName }: EndpointConfig) => EndpointConfigName,
      sortKeys: {
        CreationTime: ({ CreationTime }: EndpointConfig) => CreationTime.getTime(),
        Name: ({ EndpointConfigName }: EndpointConfig) => EndpointConfigName,
      },
      within: ({ EndpointConfigName, CreationTime }: EndpointConfig) =>
        nameContains(EndpointConfigName, input.NameContains) &&
        inTime(CreationTime, input.CreationTimeAfter, input.CreationTimeBefore),
    };
    const { items, NextToken } = listPage(this.configs.values(), listing, input as ListInput);
    const summary = ({ EndpointConfigName, EndpointConfigArn, CreationTime }: EndpointConfig) => ({
      ...{ EndpointConfigName, EndpointConfigArn, CreationTime },
    });
    return { EndpointConfigs: items.map(summary), NextToken };
  }

  private delete(name: string) {
    const { EndpointConfigArn } = this.get(name);
    this.options.store.transaction(() => {
      this.configs.delete(name);
      this.options.tags.forget(EndpointConfigArn);
    });
    return {};
  }
}

/** Left out here: what changes nothing for the model server, such as volumes, KMS, VPC, routing and core dumps. */
function refuseFeatures(input: Api.CreateEndpointConfigInput): void {
  refuse({
    'asynchronous inference (AsyncInferenceConfig)': input.AsyncInferenceConfig,
    'explanations (ExplainerConfig)': input.ExplainerConfig,
    'shadow variants (ShadowProductionVariants)': input.ShadowProductionVariants,
    'data capture (DataCaptureConfig)': input.DataCaptureConfig?.EnableCapture,
    'inference components (ExecutionRoleArn of an endpoint configuration)': input.ExecutionRoleArn,
  });
}

function checkVariant(variant: Api.ProductionVariant): void {
  const { VariantName: name } = variant;
  refuse({
    [`serverless inference (ServerlessConfig of variant ${name})`]: variant.ServerlessConfig,
    [`inference components (variant ${name} without a ModelName)`]: variant.ModelName === undefined,
    [`elastic inference (AcceleratorType of variant ${name})`]: variant.AcceleratorType,
    [`ManagedInstanceScaling of variant ${name}`]: variant.ManagedInstanceScaling,
    [`InstancePools of variant ${name}`]: variant.InstancePools,
    [`CapacityReservationConfig of variant ${name}`]: variant.CapacityReservationConfig,
  });
  if (variant.InstanceType === undefined || variant.InitialInstanceCount === undefined) {
    throw validation(`Variant "${name}" must have an InstanceType and an InitialInstanceCount.`);
  }
}
