import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  type CreateEndpointConfigCommandInput,
  CreateModelCommand,
  type CreateModelCommandInput,
  DeleteEndpointCommand,
  DeleteEndpointConfigCommand,
  DeleteModelCommand,
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  DescribeModelCommand,
  type EndpointStatus,
  ListEndpointConfigsCommand,
  ListEndpointsCommand,
  ListModelsCommand,
  ListTagsCommand,
  SageMakerClient,
  UpdateEndpointCommand,
  UpdateEndpointWeightsAndCapacitiesCommand,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ControlPlane } from '../support/controlPlane.js';
import { inferenceImage as image } from '../support/images.js';

let plane: ControlPlane;
let sagemaker: SageMakerClient;
const arn = (resource: string) => `arn:aws:sagemaker:us-east-1:123456789012:${resource}`;
const modelData = 's3://models/model.tar.gz';

beforeAll(async () => {
  plane = await ControlPlane.start();
  ({ sagemaker } = plane.clients());
  await plane.put('models', 'model.tar.gz');
});
afterAll(() => plane.stop());

const createModel = (ModelName: string, more: Partial<CreateModelCommandInput> = {}, from = plane) =>
  from.client(SageMakerClient).send(
    new CreateModelCommand({
      ModelName,
      ExecutionRoleArn: from.roleArn,
      PrimaryContainer: { Image: image, ModelDataUrl: modelData, Environment: { SAGEMAKER_PROGRAM: 'inference.py' } },
      ...more,
    }),
  );

const variant = (ModelName: string, more: object = {}) => ({
  ...{ VariantName: 'AllTraffic', ModelName, InstanceType: 'ml.m5.large' as const, InitialInstanceCount: 1 },
  ...more,
});

const createConfig = (EndpointConfigName: string, more: Partial<CreateEndpointConfigCommandInput>, from = plane) =>
  from
    .client(SageMakerClient)
    .send(new CreateEndpointConfigCommand({ EndpointConfigName, ProductionVariants: [variant('m')], ...more }));

const createEndpoint = (EndpointName: string, EndpointConfigName: string, from = plane) =>
  from.client(SageMakerClient).send(new CreateEndpointCommand({ EndpointName, EndpointConfigName }));

const describeEndpoint = (EndpointName: string, from = plane) =>
  from.client(SageMakerClient).send(new DescribeEndpointCommand({ EndpointName }));

const status = (name: string, expected: EndpointStatus, from = plane) =>
  vi.waitFor(async () => expect((await describeEndpoint(name, from)).EndpointStatus).toBe(expected));

const update = (EndpointName: string, EndpointConfigName: string, more: object = {}) =>
  sagemaker.send(new UpdateEndpointCommand({ EndpointName, EndpointConfigName, ...more }));

const remove = (EndpointName: string) => sagemaker.send(new DeleteEndpointCommand({ EndpointName }));

/** An endpoint in service, on a model and a configuration of its own. */
async function deployed(name: string, from = plane): Promise<void> {
  await createModel(name, {}, from);
  await createConfig(name, { ProductionVariants: [variant(name, { InitialInstanceCount: 2 })] }, from);
  await createEndpoint(name, name, from);
  (await from.hosting.next()).succeed();
  await status(name, 'InService', from);
}

describe('models', () => {
  test('are described as they were created, and listed', async () => {
    const { ModelArn } = await createModel('resnet', { Tags: [{ Key: 'a', Value: '1' }] });
    expect(ModelArn).toBe(arn('model/resnet'));
    expect(await sagemaker.send(new DescribeModelCommand({ ModelName: 'resnet' }))).toMatchObject({
      ModelName: 'resnet',
      ModelArn,
      ExecutionRoleArn: plane.roleArn,
      PrimaryContainer: { Image: image, ModelDataUrl: modelData, Environment: { SAGEMAKER_PROGRAM: 'inference.py' } },
      EnableNetworkIsolation: false,
    });
    const { Models } = await sagemaker.send(new ListModelsCommand({ NameContains: 'resnet' }));
    expect(Models?.map(({ ModelName }) => ModelName)).toEqual(['resnet']);
    expect((await sagemaker.send(new ListTagsCommand({ ResourceArn: ModelArn }))).Tags).toHaveLength(1);
  });

  test('exist once', async () => {
    await createModel('once');
    await expect(createModel('once')).rejects.toMatchObject({
      name: 'ValidationException',
      message: `Cannot create already existing model "${arn('model/once')}".`,
    });
    await sagemaker.send(new DeleteModelCommand({ ModelName: 'once' }));
    for (const command of [
      new DeleteModelCommand({ ModelName: 'once' }),
      new DescribeModelCommand({ ModelName: 'once' }),
    ]) {
      await expect(sagemaker.send(command as DescribeModelCommand)).rejects.toMatchObject({
        name: 'ValidationException',
        message: `Could not find model "${arn('model/once')}".`,
      });
    }
  });

  test('need data that the role can read', async () => {
    const PrimaryContainer = { Image: image, ModelDataUrl: 's3://models/other.tar.gz' };
    await expect(createModel('no-data', { PrimaryContainer })).rejects.toThrow(
      'Could not find model data at s3://models/other.tar.gz.',
    );
    const blind = plane.role('blind', [{ Effect: 'Allow', Action: 's3:PutObject', Resource: '*' }]);
    await expect(createModel('no-data', { ExecutionRoleArn: blind.arn })).rejects.toThrow(
      `Could not access model data at ${modelData}. Please ensure that the role "${blind.arn}" exists`,
    );
  });

  test.each<[string, Partial<CreateModelCommandInput>]>([
    ['models of several containers', { PrimaryContainer: undefined, Containers: [{ Image: image }, { Image: image }] }],
    ['multi-model containers', { PrimaryContainer: { Image: image, Mode: 'MultiModel', ModelDataUrl: modelData } }],
    ['model packages', { PrimaryContainer: { ModelPackageName: 'package' } }],
  ])('refuse %s by name', async (feature, more) => {
    await expect(createModel('refused', more)).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining(feature) as string,
    });
  });

  test('refuse an unknown image and say what to do', async () => {
    const PrimaryContainer = { Image: 'my/own:1', ModelDataUrl: modelData };
    await expect(createModel('refused', { PrimaryContainer })).rejects.toThrow('use such an image, for example');
  });
});

describe('endpoint configurations', () => {
  beforeAll(() => createModel('m'));

  test('are described as they were created, exist once, and are listed newest first', async () => {
    const { EndpointConfigArn } = await createConfig('config-a', {});
    await createConfig('config-b', {});
    const described = await sagemaker.send(new DescribeEndpointConfigCommand({ EndpointConfigName: 'config-a' }));
    expect(described).toMatchObject({
      EndpointConfigArn,
      ProductionVariants: [{ ...variant('m'), InitialVariantWeight: 1 }],
    });
    await expect(createConfig('config-a', {})).rejects.toThrow(
      `Cannot create already existing endpoint configuration "${EndpointConfigArn}".`,
    );
    const { EndpointConfigs } = await sagemaker.send(
      new ListEndpointConfigsCommand({
        NameContains: 'config-',
        SortBy: 'Name',
        SortOrder: 'Ascending',
        MaxResults: 1,
      }),
    );
    expect(EndpointConfigs?.map(({ EndpointConfigName }) => EndpointConfigName)).toEqual(['config-a']);
    await sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: 'config-a' }));
    await expect(createEndpoint('e', 'config-a')).rejects.toThrow(
      `Could not find endpoint configuration "${EndpointConfigArn}".`,
    );
  });

  test('need models that exist', async () => {
    await expect(createConfig('no-model', { ProductionVariants: [variant('nothing')] })).rejects.toMatchObject({
      name: 'ValidationException',
      message: `Could not find model "${arn('model/nothing')}".`,
    });
  });

  const s3 = 's3://models/out';
  test.each<[string, Partial<CreateEndpointConfigCommandInput>]>([
    [
      'serverless inference',
      {
        ProductionVariants: [
          { VariantName: 'v', ModelName: 'm', ServerlessConfig: { MemorySizeInMB: 1024, MaxConcurrency: 1 } },
        ],
      },
    ],
    ['asynchronous inference', { AsyncInferenceConfig: { OutputConfig: { S3OutputPath: s3 } } }],
    ['shadow variants', { ShadowProductionVariants: [variant('m', { VariantName: 'shadow' })] }],
    ['inference components', { ProductionVariants: [variant('m', { ModelName: undefined })] }],
  ])('refuse %s by name', async (feature, more) => {
    await expect(createConfig('refused', more)).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining(feature) as string,
    });
  });
});

describe('an endpoint', () => {
  let name = '';
  let count = 0;
  beforeEach(() => void (name = `endpoint-number-${(count += 1)}`));

  test('is Creating until its servers answer', async () => {
    await createModel(name);
    await createConfig(name, { ProductionVariants: [variant(name)] });
    const { EndpointArn } = await createEndpoint(name, name);
    expect(await describeEndpoint(name)).toMatchObject({
      EndpointStatus: 'Creating',
      EndpointConfigName: name,
      ProductionVariants: [{ VariantName: 'AllTraffic', CurrentInstanceCount: 0, DesiredInstanceCount: 1 }],
    });
    await expect(createEndpoint(name, name)).rejects.toThrow(
      `Cannot create already existing endpoint "${EndpointArn}".`,
    );
    await expect(remove(name)).rejects.toThrow(`Cannot update in-progress endpoint "${EndpointArn}".`);
    await expect(update(name, name)).rejects.toThrow(`Cannot update in-progress endpoint "${EndpointArn}".`);

    const { spec, succeed } = await plane.hosting.next();
    expect(spec).toMatchObject({
      name,
      variants: [
        {
          ...{ name: 'AllTraffic', instanceType: 'ml.m5.large', instanceCount: 1, weight: 1 },
          model: { name, image, dataUrl: modelData, environment: { SAGEMAKER_PROGRAM: 'inference.py' } },
        },
      ],
    });
    expect(spec.variants[0]?.model.keys().sessionToken).toBeDefined();
    succeed();
    await status(name, 'InService');
    expect(await describeEndpoint(name)).toMatchObject({
      ProductionVariants: [{ CurrentInstanceCount: 1, CurrentWeight: 1, DeployedImages: [{ SpecifiedImage: image }] }],
    });
  });

  test('has Failed, with the reason, when they do not, and can only be deleted', async () => {
    await createModel(name);
    await createConfig(name, { ProductionVariants: [variant(name)] });
    await createEndpoint(name, name);
    (await plane.hosting.next()).fail(`The container did not pass the ping health check. ${'x'.repeat(2000)}`);
    await status(name, 'Failed');
    const { FailureReason = '' } = await describeEndpoint(name);
    expect(FailureReason).toMatch(/^The container did not pass/);
    expect(FailureReason).toHaveLength(1024);
    await expect(update(name, name)).rejects.toThrow('delete it and create it again');
    await remove(name);
    await vi.waitFor(() =>
      expect(describeEndpoint(name)).rejects.toThrow(`Could not find endpoint "${arn(`endpoint/${name}`)}".`),
    );
  });

  test('takes another configuration and serves the old one until then', async () => {
    await deployed(name);
    await createConfig(`${name}-2`, { ProductionVariants: [variant(name, { InitialInstanceCount: 3 })] });
    await update(name, `${name}-2`);
    expect(await describeEndpoint(name)).toMatchObject({
      EndpointStatus: 'Updating',
      EndpointConfigName: name,
      PendingDeploymentSummary: { EndpointConfigName: `${name}-2` },
    });
    const { spec, succeed } = await plane.hosting.next();
    expect(spec.variants[0]?.instanceCount).toBe(3);
    succeed();
    await status(name, 'InService');
    const endpoint = await describeEndpoint(name);
    expect(endpoint).toMatchObject({ EndpointConfigName: `${name}-2` });
    expect(endpoint.PendingDeploymentSummary).toBeUndefined();
  });

  test('serves on when an update fails, and says why until the next one', async () => {
    await deployed(name);
    await createConfig(`${name}-2`, { ProductionVariants: [variant(name)] });
    await update(name, `${name}-2`);
    (await plane.hosting.next()).fail('no ping');
    await status(name, 'InService');
    expect(await describeEndpoint(name)).toMatchObject({ EndpointConfigName: name, FailureReason: 'no ping' });
    await update(name, `${name}-2`);
    expect((await describeEndpoint(name)).FailureReason).toBeUndefined();
    (await plane.hosting.next()).succeed();
    await status(name, 'InService');
  });

  test('keeps weights and counts over an update when asked to', async () => {
    await deployed(name);
    await sagemaker.send(
      new UpdateEndpointWeightsAndCapacitiesCommand({
        EndpointName: name,
        DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', DesiredInstanceCount: 5, DesiredWeight: 0.5 }],
      }),
    );
    expect(await describeEndpoint(name)).toMatchObject({
      EndpointStatus: 'Updating',
      ProductionVariants: [{ CurrentInstanceCount: 2, DesiredInstanceCount: 5, CurrentWeight: 1, DesiredWeight: 0.5 }],
    });
    (await plane.hosting.next()).succeed();
    await status(name, 'InService');

    await update(name, name, {
      RetainAllVariantProperties: true,
      ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DesiredWeight' }],
    });
    const retained = await plane.hosting.next();
    expect(retained.spec.variants).toMatchObject([{ instanceCount: 5, weight: 1 }]);
    retained.succeed();
    await status(name, 'InService');
    await update(name, name);
    const reset = await plane.hosting.next();
    expect(reset.spec.variants).toMatchObject([{ instanceCount: 2, weight: 1 }]);
    reset.succeed();
    await status(name, 'InService');
  });

  test('refuses capacities of variants that it does not have', async () => {
    await deployed(name);
    const change = (...names: string[]) =>
      sagemaker.send(
        new UpdateEndpointWeightsAndCapacitiesCommand({
          EndpointName: name,
          DesiredWeightsAndCapacities: names.map((VariantName) => ({ VariantName, DesiredInstanceCount: 1 })),
        }),
      );
    await expect(change('Other')).rejects.toThrow(
      `The variant name(s) "Other" is/are not present within endpoint configuration "${name}".`,
    );
    await expect(change('AllTraffic', 'AllTraffic')).rejects.toThrow(
      'The variant name "AllTraffic" was non-unique within the request.',
    );
  });

  test('needs its present configuration to be updated', async () => {
    await deployed(name);
    await createConfig(`${name}-2`, { ProductionVariants: [variant(name)] });
    await sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: name }));
    await expect(update(name, `${name}-2`)).rejects.toThrow(
      `Could not find endpoint configuration "${arn(`endpoint-config/${name}`)}".`,
    );
  });

  test('is listed with its status', async () => {
    await deployed(name);
    const list = async (more: object) => {
      const { Endpoints } = await sagemaker.send(new ListEndpointsCommand({ NameContains: name, ...more }));
      return Endpoints?.map(({ EndpointName, EndpointStatus }) => [EndpointName, EndpointStatus]);
    };
    expect(await list({ StatusEquals: 'InService' })).toEqual([[name, 'InService']]);
    expect(await list({ StatusEquals: 'Failed' })).toEqual([]);
  });
});

test('CreateEndpoint asks for rights on the endpoint and on its configuration', async () => {
  const { keys } = plane.role('deployer', [
    { Effect: 'Allow', Action: 'sagemaker:CreateEndpoint', Resource: arn('endpoint/*') },
  ]);
  const own = plane.client(SageMakerClient, keys);
  const command = new CreateEndpointCommand({ EndpointName: 'e', EndpointConfigName: 'c' });
  await expect(own.send(command)).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining(arn('endpoint-config/c')) as string,
  });
});

test('after a kill, endpoints come back even without their model; interrupted updates are given up', async () => {
  const before = await ControlPlane.start();
  await before.put('models', 'model.tar.gz');
  for (const name of ['served', 'updating']) await deployed(name, before);
  const client = before.client(SageMakerClient);
  await client.send(new DeleteModelCommand({ ModelName: 'served' }));
  await client.send(new UpdateEndpointCommand({ EndpointName: 'updating', EndpointConfigName: 'updating' }));
  await before.abandon();

  const after = await ControlPlane.start({ folder: before.folder });
  expect((await describeEndpoint('served', after)).EndpointStatus).toBe('SystemUpdating');
  for (const application of [await after.hosting.next(), await after.hosting.next()]) {
    expect(application.spec.variants).toMatchObject([{ instanceCount: 2, model: { image, dataUrl: modelData } }]);
    application.succeed();
  }
  await status('served', 'InService', after);
  await status('updating', 'InService', after);
  expect((await describeEndpoint('served', after)).FailureReason).toBeUndefined();
  expect((await describeEndpoint('updating', after)).FailureReason).toContain('Update the endpoint again.');
  await after.stop();
});
