import path from 'node:path';
import type { Mutate } from '../aws/change.js';
import type { Cloud } from '../aws/cloud.js';
import type { Connection } from '../aws/connection.js';
import { fixedName } from '../aws/names.js';
import { fileError, isFolder } from '../core/files.js';
import { previewSource, type SourcePreview } from '../packaging/sourceArchive.js';
import { handlerPlace } from '../project/functions.js';
import type { Project } from '../project/project.js';
import { Ledger } from './ledger.js';
import { mutator } from './mutate.js';
import { type RunRecord, RunRecords } from './runRecord.js';
import { StateFolder } from './stateFolder.js';

/** A workspace and a cloud: what every launch works with. */
export interface Session {
  /** Folder of sagemaker.jsonc. */
  readonly workspace: string;
  readonly project: Project;
  /** Begins every name and every S3 key. */
  readonly projectName: string;
  readonly cloud: Cloud;
  readonly state: StateFolder;
  readonly ledger: Ledger;
  readonly runs: RunRecords;
  readonly bucket: string;
  readonly now: () => Date;
  /** Sends changes as a part of `run`. */
  mutate(run: string): Mutate;
}

export async function openSession(
  workspace: string,
  folderName: string,
  project: Project,
  cloud: Cloud,
  now: () => Date,
  log: (line: string) => void,
): Promise<Session> {
  const state = await StateFolder.open(workspace);
  const ledger = new Ledger(state.ledger(), now);
  const { account, region } = cloud.connection;
  return {
    workspace,
    project,
    projectName: projectNameOf(project, folderName),
    cloud,
    state,
    ledger,
    runs: new RunRecords(state),
    bucket: bucketOf(project, cloud.connection),
    now,
    mutate: (run) => mutator(ledger, { account, region, run }, log),
  };
}

/** Where a project keeps its objects; a workspace without one has the same default. */
export function bucketOf(project: Pick<Project, 'bucket'> | undefined, { region, account }: Connection): string {
  return project?.bucket ?? `sagemaker-${region}-${account}`;
}

/** Begins every name that is made from a project. */
export function projectNameOf({ name }: Pick<Project, 'name'>, folderName: string): string {
  return name ?? fixedName(folderName, 30);
}

/** What is shipped with a job or an endpoint. A handler that is shipped on its own must not make another job of it. */
export async function sourceOfJob(session: Session, source: string): Promise<SourcePreview | undefined> {
  const functions = Object.values(session.project.functions);
  const handlers = functions.flatMap((wanted) => (wanted.source === undefined ? [handlerPlace(wanted).file] : []));
  return sourceWithoutData(session, source, [...handlers, ...functions.flatMap(({ policy }) => policy ?? [])]);
}

/**
 * What is shipped of a source folder of the workspace: data goes to S3 on its own. Undefined when it is no folder.
 * @param also what else is not, relative to the workspace
 */
export async function sourceWithoutData(
  { workspace, project }: Session,
  source: string,
  also: readonly string[] = [],
): Promise<SourcePreview | undefined> {
  const folder = path.resolve(workspace, source);
  if (!(await isFolder(folder))) return undefined;
  const others = [...Object.values(project.data).map((entry) => entry.path), ...also];
  const excluded = others.map((place) => path.relative(folder, path.resolve(workspace, place)));
  return previewSource(folder, excluded).catch((error: unknown) => {
    throw fileError('The source cannot be read', error);
  });
}

export function tagsOf(session: Session, entry: string, run: string): Record<string, string> {
  return { 'workbench:project': session.projectName, 'workbench:entry': entry, 'workbench:run': run };
}

/** A run's record as it is before anything was sent. */
export function newRecord(session: Session, id: string, entry: string): RunRecord {
  const { profile, account, region, endpoint } = session.cloud.connection;
  return {
    version: 1,
    id,
    entry,
    connection: { ...(profile !== undefined && { profile }), account, region, endpoint },
    requests: {},
    data: [],
    started: session.now().toISOString(),
    results: {},
  };
}
