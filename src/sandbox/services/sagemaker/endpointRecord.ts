import type { DescribeEndpointOutput, EndpointStatus, ProductionVariant } from '@aws-sdk/client-sagemaker';
import type { ModelSnapshot } from './models.js';

/** One variant as it is deployed, with all that is needed to deploy it again. */
export interface DeployedVariant {
  readonly name: string;
  readonly model: ModelSnapshot;
  readonly instanceType: string;
  readonly instanceCount: number;
  readonly weight: number;
}

export interface Deployment {
  readonly config: string;
  readonly variants: readonly DeployedVariant[];
}

export interface EndpointRecord {
  readonly name: string;
  readonly arn: string;
  readonly status: EndpointStatus;
  readonly reason?: string;
  readonly created: Date;
  readonly modified: Date;
  /** What is served; while Creating, what will be. */
  readonly live: Deployment;
  /** What an update is on the way to, and since when. */
  readonly pending?: Deployment & { readonly since: Date };
}

/** DescribeEndpoint's FailureReason (API reference). */
const maxReason = 1024;

/** The record in another status. An old reason goes: it stays only until the next change (sagemaker-controller#7). */
export function withStatus(
  { reason: _, ...endpoint }: EndpointRecord,
  status: EndpointStatus,
  now: Date,
  reason?: string,
): EndpointRecord {
  return { ...endpoint, status, modified: now, ...(reason !== undefined && { reason: reason.slice(0, maxReason) }) };
}

export function settled({ pending: _, ...endpoint }: EndpointRecord, live: Deployment): EndpointRecord {
  return { ...endpoint, live };
}

/** Each variant's model as it is now, in the capacity that the configuration gives. */
export function deployment(
  config: string,
  variants: readonly ProductionVariant[],
  snapshot: (model: string) => ModelSnapshot,
): Deployment {
  return {
    config,
    variants: variants.map((variant) => ({
      name: variant.VariantName ?? '',
      model: snapshot(variant.ModelName ?? ''),
      instanceType: variant.InstanceType ?? '',
      instanceCount: variant.InitialInstanceCount ?? 1,
      weight: variant.InitialVariantWeight ?? 1,
    })),
  };
}

/** `next` with the capacities and weights of `before`'s variants of the same names, but for `excluded` properties. */
export function retaining(next: Deployment, before: Deployment, excluded: readonly string[]): Deployment {
  const variants = next.variants.map((variant) => {
    const old = before.variants.find(({ name }) => name === variant.name);
    return {
      ...variant,
      ...(old && !excluded.includes('DesiredInstanceCount') && { instanceCount: old.instanceCount }),
      ...(old && !excluded.includes('DesiredWeight') && { weight: old.weight }),
    };
  });
  return { ...next, variants };
}

export function describeEndpoint(endpoint: EndpointRecord): DescribeEndpointOutput {
  const { live, pending, status } = endpoint;
  const serves = status !== 'Creating' && status !== 'Failed';
  // An update of weights and capacities has the same configuration: only then is there something to desire.
  const desired = pending?.config === live.config ? pending.variants : live.variants;
  return {
    EndpointName: endpoint.name,
    EndpointArn: endpoint.arn,
    EndpointConfigName: live.config,
    EndpointStatus: status,
    ...(endpoint.reason !== undefined && { FailureReason: endpoint.reason }),
    CreationTime: endpoint.created,
    LastModifiedTime: endpoint.modified,
    ProductionVariants: live.variants.map((variant) => {
      const wanted = desired.find(({ name }) => name === variant.name) ?? variant;
      return {
        ...describeVariant(variant, endpoint.created),
        CurrentWeight: variant.weight,
        DesiredWeight: wanted.weight,
        CurrentInstanceCount: serves ? variant.instanceCount : 0,
        DesiredInstanceCount: wanted.instanceCount,
      };
    }),
    ...(pending && {
      PendingDeploymentSummary: {
        EndpointConfigName: pending.config,
        StartTime: pending.since,
        ProductionVariants: pending.variants.map((variant) => ({
          ...describeVariant(variant, pending.since),
          DesiredWeight: variant.weight,
          DesiredInstanceCount: variant.instanceCount,
          InstanceType: variant.instanceType as NonNullable<ProductionVariant['InstanceType']>,
        })),
      },
    }),
  };
}

function describeVariant({ name, model }: DeployedVariant, resolved: Date) {
  return {
    VariantName: name,
    DeployedImages: [{ SpecifiedImage: model.image, ResolvedImage: model.image, ResolutionTime: resolved }],
  };
}
