import path from 'node:path';
import type { Endpoint } from '../aws/gateways/endpoints.js';
import { parseS3Uri } from '../aws/s3Uri.js';
import { UserError } from '../core/errors.js';
import { deleteReplaced } from '../hosting/deleteEndpoint.js';
import { deploy } from '../hosting/deploy.js';
import { endpointConfigRequest, type EndpointPlan, endpointRequest, modelRequest } from '../hosting/hostingRequests.js';
import { repackModel } from '../packaging/modelArchive.js';
import { hashContents } from '../packaging/sourceArchive.js';
import { uploadArchive } from '../transfer/uploadArchive.js';
import type { EndpointLaunch } from './planEndpoint.js';
import type { RunRecord } from './runRecord.js';
import { newRecord, type Session } from './session.js';

export type ReadyEndpoint = EndpointLaunch & { readonly ready: NonNullable<EndpointLaunch['ready']> };

/** What a deployment sends, by operation. */
export function deploymentRequests(plan: EndpointPlan): RunRecord['requests'] {
  return {
    CreateModel: modelRequest(plan),
    CreateEndpointConfig: endpointConfigRequest(plan),
    CreateEndpoint: endpointRequest(plan),
  };
}

/**
 * Puts the inference code into the model's archive, and the archive behind the endpoint, with a record of the run. What
 * the endpoint served before is deleted once the new model serves.
 * @param model `s3://…/model.tar.gz` of a training job
 */
export async function deployModel(
  session: Session,
  launch: ReadyEndpoint,
  model: string,
  scratch: string,
  observe: (endpoint: Endpoint) => void,
  signal: AbortSignal,
): Promise<Endpoint> {
  const { cloud, runs, bucket, projectName } = session;
  const { entry, run, estimate, ready } = launch;
  const mutate = session.mutate(run);
  const from = parseS3Uri(model);
  if (!from) throw new UserError(`${model} is not an S3 address of a model.`);

  const downloaded = await cloud.objects.read(from, signal);
  const archive = await repackModel(downloaded, ready.code, path.join(scratch, 'model.tar.gz'), signal);
  const target = { bucket, key: `${projectName}/models/${archive.sha256}/model.tar.gz` };
  if (!(await cloud.objects.exists(target, signal))) {
    await mutate(uploadArchive(cloud.objects, archive, target, signal), { entry });
  }

  const plan = ready.plan(`s3://${bucket}/${target.key}`);
  const record = {
    ...newRecord(session, run, entry),
    requests: deploymentRequests(plan),
    source: { uri: plan.modelData, sha256: archive.sha256, files: [...(await hashContents(ready.code.files))] },
  };
  const results = { model, endpoint: plan.endpoint };
  await runs.save(record);
  const ended = (): string => session.now().toISOString();
  try {
    const facts = { entry, usdPerHour: estimate?.usdPerHour };
    const { endpoint, replaced } = await deploy(cloud, mutate, plan, facts, observe, signal);
    await runs.save({ ...record, ended: ended(), outcome: endpoint.state, results });
    if (replaced) await deleteReplaced(cloud, mutate, replaced);
    return endpoint;
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    await runs.save({ ...record, ended: ended(), outcome: signal.aborted ? 'Cancelled' : 'Failed', failure, results });
    throw error;
  }
}
