import type * as Api from '@aws-sdk/client-sagemaker';
import { frameworkImage, imageRefusal } from '../../../container/images.js';
import type { Clock } from '../../clock.js';
import type { ModelSpec } from '../../engines/hosting.js';
import type { Operation, RequestContext } from '../../protocol/service.js';
import { arn, type Settings } from '../../settings.js';
import type { Objects } from '../../store/objects.js';
import type { Collection, Store } from '../../store/store.js';
import type { Access } from '../ports.js';
import { isAllowed, notImplemented, refuse } from '../refusals.js';
import { validation } from './errors.js';
import type { ExecutionRoles } from './executionRole.js';
import { inTime, type ListInput, listPage, nameContains } from './listing.js';
import { objectArn, s3Location } from './s3Location.js';
import { requestTags, Tags } from './tags.js';

/** A model as DescribeModel shows it. */
type Model = Api.DescribeModelOutput & {
  readonly ModelName: string;
  readonly ModelArn: string;
  readonly CreationTime: Date;
  readonly ExecutionRoleArn: string;
};

/** What an endpoint needs of its model; kept by the endpoint, which outlives the model. */
export type ModelSnapshot = Omit<ModelSpec, 'keys'> & { readonly roleArn: string };

export interface ModelsOptions {
  readonly store: Store;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly objects: Objects;
  readonly access: Access;
  readonly roles: ExecutionRoles;
  readonly tags: Tags;
}

export class Models {
  private readonly models: Collection<Model>;

  constructor(private readonly options: ModelsOptions) {
    this.models = options.store.collection<Model>('model');
  }

  operations(): Record<string, Operation> {
    const resource = ({ ModelName = '' }: { ModelName?: string | undefined }) => this.arn(ModelName);
    return {
      CreateModel: {
        resource,
        conditionKeys: requestTags,
        run: (input: Api.CreateModelInput, context) => this.create(input, context),
      },
      DescribeModel: { resource, run: ({ ModelName = '' }: Api.DescribeModelInput) => this.get(ModelName) },
      ListModels: { resource: () => '*', run: (input: Api.ListModelsInput) => this.list(input) },
      DeleteModel: { resource, run: ({ ModelName = '' }: Api.DeleteModelInput) => this.delete(ModelName) },
    };
  }

  arn(name: string): string {
    return arn(this.options.settings, 'sagemaker', `model/${name}`);
  }

  /** @throws {ServiceError} as aws/sagemaker-python-sdk#2112 shows it. */
  get(name: string): Model {
    const model = this.models.get(name);
    if (!model) throw validation(`Could not find model "${this.arn(name)}".`);
    return model;
  }

  snapshot(name: string): ModelSnapshot {
    const model = this.get(name);
    const container = containerOf(model);
    return {
      name,
      image: container.Image ?? '',
      dataUrl: dataUrlOf(container),
      environment: container.Environment ?? {},
      roleArn: model.ExecutionRoleArn,
    };
  }

  private create(input: Api.CreateModelInput, { caller }: RequestContext) {
    const { roles, tags, clock, store, access } = this.options;
    const { ModelName: name = '', ExecutionRoleArn: roleArn, Tags: given, ...described } = input;
    const ModelArn = this.arn(name);
    if (given?.length) access.require(caller, 'sagemaker:AddTags', ModelArn);
    Tags.check(given);
    if (this.models.get(name)) throw validation(`Cannot create already existing model "${ModelArn}".`);
    const container = containerOf(input);
    checkContainer(container);
    if (roleArn === undefined) throw validation('ExecutionRoleArn is required for a model with containers.');
    roles.requirePassable(caller, roleArn, ModelArn);
    this.requireData(dataUrlOf(container), roleArn);
    store.transaction(() => {
      tags.add(ModelArn, given);
      const times = {
        ModelArn,
        CreationTime: clock.now(),
        EnableNetworkIsolation: input.EnableNetworkIsolation ?? false,
      };
      this.models.put(name, { ...described, ModelName: name, ExecutionRoleArn: roleArn, ...times });
    });
    return { ModelArn };
  }

  /** Words: aws/aws-step-functions-data-science-sdk-python#61, philschmid/llm-sagemaker-sample#2. */
  private requireData(dataUrl: string | undefined, roleArn: string): void {
    if (dataUrl === undefined) return;
    const { objects, roles, settings } = this.options;
    const location = s3Location(dataUrl);
    if (!isAllowed(() => roles.require(roleArn, 's3:GetObject', objectArn(location)))) {
      throw validation(
        `Could not access model data at ${dataUrl}. Please ensure that the role "${roleArn}" exists and that its trust ` +
          'relationship policy allows the action "sts:AssumeRole" for the service principal "sagemaker.amazonaws.com". ' +
          `Also ensure that the role has "s3:GetObject" permissions and that the object is located in ${settings.region}.`,
      );
    }
    if (!objects.bucketExists(location.bucket) || !objects.get(location.bucket, location.key)) {
      throw validation(`Could not find model data at ${dataUrl}.`);
    }
  }

  private list(input: Api.ListModelsInput) {
    const listing = {
      name: ({ ModelName }: Model) => ModelName,
      sortKeys: {
        CreationTime: ({ CreationTime }: Model) => CreationTime.getTime(),
        Name: ({ ModelName }: Model) => ModelName,
      },
      within: ({ ModelName, CreationTime }: Model) =>
        nameContains(ModelName, input.NameContains) &&
        inTime(CreationTime, input.CreationTimeAfter, input.CreationTimeBefore),
    };
    const { items, NextToken } = listPage(this.models.values(), listing, input as ListInput);
    const Models = items.map(({ ModelName, ModelArn, CreationTime }) => ({ ModelName, ModelArn, CreationTime }));
    return { Models, NextToken };
  }

  private delete(name: string) {
    const { ModelArn } = this.get(name);
    this.options.store.transaction(() => {
      this.models.delete(name);
      this.options.tags.forget(ModelArn);
    });
    return {};
  }
}

/** The one container of a model: this sandbox has no pipelines. */
function containerOf({ PrimaryContainer, Containers = [] }: Pick<Model, 'PrimaryContainer' | 'Containers'>) {
  if (Containers.length > 1) throw notImplemented('models of several containers (Containers)');
  const container = PrimaryContainer ?? Containers[0];
  if (!container) throw validation('A model must have a PrimaryContainer.');
  return container;
}

function checkContainer(container: Api.ContainerDefinition): void {
  const { ModelDataSource: source } = container;
  const s3 = source?.S3DataSource;
  refuse({
    'multi-model containers (Mode MultiModel)': container.Mode === 'MultiModel',
    'model packages (ModelPackageName)': container.ModelPackageName,
    AdditionalModelDataSources: container.AdditionalModelDataSources,
    'uncompressed models (ModelDataSource with CompressionType None)': s3 && s3.CompressionType !== 'Gzip',
    'ModelDataSource with S3DataType S3Prefix': s3?.S3DataType === 'S3Prefix',
  });
  if (!container.Image) throw validation('The container must have an Image.');
  if (!frameworkImage(container.Image, 'inference')) throw validation(imageRefusal(container.Image, 'inference'));
}

function dataUrlOf({ ModelDataUrl, ModelDataSource }: Api.ContainerDefinition): string | undefined {
  return ModelDataUrl ?? ModelDataSource?.S3DataSource?.S3Uri;
}
