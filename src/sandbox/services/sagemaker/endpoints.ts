import type * as Api from '@aws-sdk/client-sagemaker';
import type { Clock } from '../../clock.js';
import type { HostingEngine } from '../../engines/hosting.js';
import type { Operation, RequestContext } from '../../protocol/service.js';
import { arn, type Settings } from '../../settings.js';
import type { Collection, Store } from '../../store/store.js';
import type { Access } from '../ports.js';
import { refuse } from '../refusals.js';
import { Deployments } from './deployments.js';
import type { EndpointConfigs } from './endpointConfigs.js';
import { deployment, describeEndpoint, type EndpointRecord, retaining } from './endpointRecord.js';
import { validation } from './errors.js';
import type { ExecutionRoles } from './executionRole.js';
import { inTime, type ListInput, listPage, nameContains } from './listing.js';
import type { Models } from './models.js';
import { requestTags, Tags } from './tags.js';

export interface EndpointsOptions {
  readonly store: Store;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly access: Access;
  readonly roles: ExecutionRoles;
  readonly tags: Tags;
  readonly models: Models;
  readonly configs: EndpointConfigs;
  readonly engine: HostingEngine;
}

export class Endpoints {
  private readonly endpoints: Collection<EndpointRecord>;
  readonly deployments: Deployments;

  constructor(private readonly options: EndpointsOptions) {
    this.endpoints = options.store.collection<EndpointRecord>('endpoint');
    this.deployments = new Deployments({
      ...{ endpoints: this.endpoints, engine: options.engine, clock: options.clock },
      region: options.settings.region,
      keys: (roleArn, endpointArn) => options.roles.keys(roleArn, endpointArn),
      deleted: (endpoint) => options.tags.forget(endpoint.arn),
    });
  }

  operations(): Record<string, Operation> {
    const resource = ({ EndpointName = '' }: { EndpointName?: string | undefined }) => this.arn(EndpointName);
    const withConfig = (input: { EndpointName: string | undefined; EndpointConfigName: string | undefined }) => [
      resource(input),
      this.options.configs.arn(input.EndpointConfigName ?? ''),
    ];
    return {
      CreateEndpoint: {
        resource: withConfig,
        conditionKeys: requestTags,
        run: (input: Api.CreateEndpointInput, context) => this.create(input, context),
      },
      DescribeEndpoint: {
        resource,
        run: ({ EndpointName = '' }: Api.DescribeEndpointInput) => describeEndpoint(this.get(EndpointName)),
      },
      ListEndpoints: { resource: () => '*', run: (input: Api.ListEndpointsInput) => this.list(input) },
      UpdateEndpoint: { resource: withConfig, run: (input: Api.UpdateEndpointInput) => this.update(input) },
      UpdateEndpointWeightsAndCapacities: {
        resource,
        run: (input: Api.UpdateEndpointWeightsAndCapacitiesInput) => this.updateCapacities(input),
      },
      DeleteEndpoint: {
        resource,
        run: ({ EndpointName = '' }: Api.DeleteEndpointInput) => {
          const endpoint = this.get(EndpointName);
          if (endpoint.status !== 'Failed') requireSettled(endpoint);
          this.deployments.remove(endpoint);
          return {};
        },
      },
    };
  }

  arn(name: string): string {
    return arn(this.options.settings, 'sagemaker', `endpoint/${name}`);
  }

  /** @throws {ServiceError} as aws/amazon-sagemaker-examples#2402 shows it. */
  get(name: string): EndpointRecord {
    const endpoint = this.endpoints.get(name);
    if (!endpoint) throw validation(`Could not find endpoint "${this.arn(name)}".`);
    return endpoint;
  }

  count(): { readonly deployments: number; readonly endpoints: number } {
    const all = [...this.endpoints.values()];
    const resting = ['InService', 'OutOfService', 'Failed', 'UpdateRollbackFailed'];
    return {
      endpoints: all.filter(({ status }) => status === 'InService').length,
      deployments: all.filter(({ status }) => !resting.includes(status)).length,
    };
  }

  private create(input: Api.CreateEndpointInput, { caller }: RequestContext) {
    const { configs, models, tags, clock, store, access } = this.options;
    const { EndpointName: name = '', EndpointConfigName = '', Tags: given } = input;
    const EndpointArn = this.arn(name);
    if (given?.length) access.require(caller, 'sagemaker:AddTags', EndpointArn);
    Tags.check(given);
    // aws/sagemaker-python-sdk#101
    if (this.endpoints.get(name)) throw validation(`Cannot create already existing endpoint "${EndpointArn}".`);
    refuse({ 'deployment guardrails (DeploymentConfig)': input.DeploymentConfig });
    const { ProductionVariants } = configs.get(EndpointConfigName);
    const live = deployment(EndpointConfigName, ProductionVariants, (model) => models.snapshot(model));

    const now = clock.now();
    const endpoint: EndpointRecord = {
      ...{ name, arn: EndpointArn, live },
      status: 'Creating',
      created: now,
      modified: now,
    };
    store.transaction(() => {
      tags.add(EndpointArn, given);
      this.endpoints.put(name, endpoint);
    });
    this.deployments.create(endpoint);
    return { EndpointArn };
  }

  private update(input: Api.UpdateEndpointInput) {
    const { configs, models } = this.options;
    const { EndpointName = '', EndpointConfigName = '', ExcludeRetainedVariantProperties: excluded = [] } = input;
    const endpoint = this.get(EndpointName);
    requireSettled(endpoint);
    refuse({
      'deployment guardrails (DeploymentConfig)': input.DeploymentConfig,
      'deployment guardrails (RetainDeploymentConfig)': input.RetainDeploymentConfig,
    });
    const { ProductionVariants } = configs.get(EndpointConfigName);
    // The configuration in force must still be there: hashicorp/terraform-provider-aws#40048.
    configs.get(endpoint.live.config);
    const next = deployment(EndpointConfigName, ProductionVariants, (model) => models.snapshot(model));
    const kinds = excluded.map(({ VariantPropertyType = '' }) => VariantPropertyType);
    this.deployments.update(endpoint, input.RetainAllVariantProperties ? retaining(next, endpoint.live, kinds) : next);
    return { EndpointArn: endpoint.arn };
  }

  /** Words: getmoto/moto, sagemaker/models.py. */
  private updateCapacities(input: Api.UpdateEndpointWeightsAndCapacitiesInput) {
    const { EndpointName = '', DesiredWeightsAndCapacities: desired = [] } = input;
    const endpoint = this.get(EndpointName);
    const { live } = endpoint;
    const names = desired.map(({ VariantName = '' }) => VariantName);
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) !== index) {
        throw validation(`The variant name "${name}" was non-unique within the request.`);
      }
      if (!live.variants.some((variant) => variant.name === name)) {
        throw validation(
          `The variant name(s) "${name}" is/are not present within endpoint configuration "${live.config}".`,
        );
      }
    }
    for (const { VariantName, DesiredInstanceCount, ServerlessUpdateConfig } of desired) {
      refuse({
        'serverless inference (ServerlessUpdateConfig)': ServerlessUpdateConfig,
        [`no instances at all (DesiredInstanceCount 0 of variant ${VariantName})`]: DesiredInstanceCount === 0,
      });
    }
    requireSettled(endpoint);
    const variants = live.variants.map((variant) => {
      const wanted = desired.find(({ VariantName }) => VariantName === variant.name);
      return {
        ...variant,
        instanceCount: wanted?.DesiredInstanceCount ?? variant.instanceCount,
        weight: wanted?.DesiredWeight ?? variant.weight,
      };
    });
    this.deployments.update(endpoint, { ...live, variants });
    return { EndpointArn: endpoint.arn };
  }

  private list(input: Api.ListEndpointsInput) {
    const listing = {
      name: ({ name }: EndpointRecord) => name,
      sortKeys: {
        CreationTime: ({ created }: EndpointRecord) => created.getTime(),
        Name: ({ name }: EndpointRecord) => name,
        Status: ({ status }: EndpointRecord) => status,
      },
      within: ({ name, created, modified, status }: EndpointRecord) =>
        nameContains(name, input.NameContains) &&
        (input.StatusEquals === undefined || status === input.StatusEquals) &&
        inTime(created, input.CreationTimeAfter, input.CreationTimeBefore) &&
        inTime(modified, input.LastModifiedTimeAfter, input.LastModifiedTimeBefore),
    };
    const { items, NextToken } = listPage(this.endpoints.values(), listing, input as ListInput);
    const Endpoints = items.map((endpoint) => ({
      EndpointName: endpoint.name,
      EndpointArn: endpoint.arn,
      CreationTime: endpoint.created,
      LastModifiedTime: endpoint.modified,
      EndpointStatus: endpoint.status,
    }));
    return { Endpoints, NextToken };
  }
}

/** One change at a time, deleting included: aws/amazon-sagemaker-operator-for-k8s, clientwrapper. */
function requireSettled({ status, arn }: EndpointRecord): void {
  if (status === 'InService') return;
  if (status !== 'Failed') throw validation(`Cannot update in-progress endpoint "${arn}".`);
  // DeleteEndpoint is the only operation on a failed endpoint (DescribeEndpoint, API reference, EndpointStatus).
  throw validation(`Cannot update failed endpoint "${arn}": delete it and create it again.`);
}
