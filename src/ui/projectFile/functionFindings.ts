import * as vscode from 'vscode';
import { executionPolicy } from '../../functions/executionPolicy.js';
import { MalformedPolicy } from '../../iam/policy.js';
import { handlerGate, memoryGate } from '../../launch/functionGates.js';
import { handlerPlace, type LambdaFunction } from '../../project/functions.js';
import { replaceBy } from '../../project/quickFixes.js';
import type { Places } from '../../project/read.js';
import { type Finding, warning } from './finding.js';
import type { OpenProject } from './projectFiles.js';
import { type Scripts, textOf } from './scripts.js';

/** Any will do: a policy is broken everywhere or nowhere. */
const somewhere = { partition: 'aws', region: 'us-east-1', account: '123456789012' };

/** What of the workspace's files does not fit its functions; that a file is missing is said elsewhere. */
export async function functionFindings({ folder, reading }: OpenProject, scripts: Scripts): Promise<Finding[]> {
  const { project, places } = reading;
  if (!project || !places) return [];
  const found = await Promise.all(
    Object.entries(project.functions).map(async ([name, wanted]) => [
      ...(await handlerFindings(folder, scripts, name, wanted, places)),
      ...(await policyFindings(folder, name, wanted, places)),
    ]),
  );
  return found.flat();
}

async function handlerFindings(
  folder: vscode.WorkspaceFolder,
  scripts: Scripts,
  name: string,
  wanted: LambdaFunction,
  places: Places,
): Promise<Finding[]> {
  const place = handlerPlace(wanted);
  const reading = await scripts.handler(vscode.Uri.joinPath(folder.uri, wanted.source ?? '.', place.file), place.name);
  if (!reading) return [];
  const handler = handlerGate(wanted, place.name, reading);
  const memory = memoryGate(wanted, reading.takesImages);
  const at = ['functions', name];
  const [only] = reading.functions.filter((one) => /handler/i.test(one));
  const fixes = only === undefined ? [] : [replaceBy(wanted.handler.replace(/[^.]+$/, only))];
  return [
    ...(handler.level === 'red' ? [warning(`${handler.evidence}.`, places.value([...at, 'handler']), fixes)] : []),
    ...(memory.level === 'amber' ? [warning(`${memory.evidence}. ${memory.fix}`, places.key(at))] : []),
  ];
}

async function policyFindings(
  folder: vscode.WorkspaceFolder,
  name: string,
  { policy }: LambdaFunction,
  places: Places,
): Promise<Finding[]> {
  const text = policy === undefined ? undefined : await textOf(vscode.Uri.joinPath(folder.uri, policy));
  if (policy === undefined || text === undefined) return [];
  try {
    executionPolicy(text, somewhere);
    return [];
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    return [warning(`${policy} is no policy: ${error.message}`, places.value(['functions', name, 'policy']))];
  }
}
