import type { Endpoint } from '../aws/gateways/endpoints.js';
import type { ModelLatency } from '../aws/gateways/metrics.js';
import { executionPolicy, mayInvoke, type Place } from '../functions/executionPolicy.js';
import type { DeployedFunction, FunctionChanges } from '../functions/functionChanges.js';
import { MalformedPolicy } from '../iam/policy.js';
import type { ZipArchive } from '../packaging/zip.js';
import type { LambdaFunction } from '../project/functions.js';
import type { HandlerReading } from '../python/lambdaHandler.js';
import { type Gate, megabytes } from './gates.js';

/** Lambda quotas (developer guide): a zip that is sent with the call, and what it unpacks to. Bytes. */
const most = { zipped: 50 * 1024 * 1024, unzipped: 250 * 1024 * 1024 } as const;

/** boto3 alone takes some 80 MB, and a picture of 4 MB is there as JSON, as base64 and as bytes. */
const leastForImages = 256;

/** The integrations in front of functions give up first: API Gateway after 29 s, by default. */
const longestInFront = 29;

/** @param reading of the handler's file; undefined when it cannot be read */
export function handlerGate({ handler }: LambdaFunction, name: string, reading: HandlerReading | undefined): Gate {
  const id = 'handler';
  if (!reading) return { id, level: 'amber', evidence: `${handler} could not be looked for: its file is too large` };
  if (reading.isDefined) return { id, level: 'green', evidence: `${handler} is there` };
  const others = reading.functions.length > 0 ? `: it has ${reading.functions.join(', ')}` : '';
  return {
    id,
    level: 'red',
    evidence: `There is no function ${name} in its file${others}`,
    fix: 'Name the function that takes event and context, as <file>.<function>.',
  };
}

export function packageGate({ bytes, unzipped, contents }: ZipArchive): Gate {
  const id = 'package';
  const evidence = `${contents.length === 1 ? '1 file' : `${contents.length} files`}, ${megabytes(bytes.length)} zipped, ${megabytes(unzipped)} unzipped`;
  if (bytes.length > most.zipped || unzipped > most.unzipped) {
    return {
      id,
      level: 'red',
      evidence: `${evidence}: Lambda takes ${megabytes(most.zipped)} and ${megabytes(most.unzipped)}`,
      fix: 'Ship less: name what the function does not need in .sagemakerignore.',
    };
  }
  if (!contents.some(({ path }) => /(^|\/)requirements\.txt$/.test(path))) return { id, level: 'green', evidence };
  return {
    id,
    level: 'amber',
    evidence: `${evidence}; Lambda installs nothing of requirements.txt`,
    fix: 'Put the packages beside the handler (pip install --target), or leave the file out: boto3 is there.',
  };
}

/** Whether a name is taken by what was not made from this entry. */
export function ownerGate(name: string, deployed: DeployedFunction, tags: Readonly<Record<string, string>>): Gate[] {
  const foreign = (there: { readonly tags: Readonly<Record<string, string>> } | undefined) =>
    there && Object.entries(tags).some(([tag, value]) => there.tags[tag] !== value);
  const what = foreign(deployed.function) ? 'function' : foreign(deployed.role) ? 'role' : undefined;
  if (what === undefined) return [];
  return [
    {
      id: 'owner',
      level: 'red',
      evidence: `There is a ${what} ${name} that was not made from this entry`,
      fix: `Give the entry, or the project, another name, or delete that ${what}.`,
    },
  ];
}

/**
 * @param text of the policy file; undefined when there is none
 * @param endpoint name of the one that the function is to call
 */
export function policyGate(file: string, text: string | undefined, endpoint: string | undefined, place: Place): Gate {
  const id = 'policy';
  if (text === undefined) {
    return {
      id,
      level: 'red',
      evidence: `There is no ${file}`,
      fix: 'Write it, or correct "policy" in sagemaker.jsonc.',
    };
  }
  try {
    const policy = executionPolicy(text, place);
    if (endpoint === undefined) return { id, level: 'green', evidence: `${file} is a policy` };
    return mayInvoke(policy, endpoint, place)
      ? { id, level: 'green', evidence: `${file} lets the function call ${endpoint}` }
      : {
          id,
          level: 'red',
          evidence: `${file} does not let the function call ${endpoint}`,
          fix: `Allow sagemaker:InvokeEndpoint on arn:\${AWS::Partition}:sagemaker:\${AWS::Region}:\${AWS::AccountId}:endpoint/${endpoint.toLowerCase()}.`,
        };
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    return { id, level: 'red', evidence: `${file} is no policy: ${error.message}`, fix: 'Mend it.' };
  }
}

export function endpointGate(entry: string, name: string, endpoint: Endpoint | undefined): Gate {
  const id = 'endpoint';
  if (endpoint?.state === 'InService') return { id, level: 'green', evidence: `${name} is in service` };
  return {
    id,
    level: 'amber',
    evidence: endpoint ? `${name} is ${endpoint.state}` : `There is no endpoint ${name} yet`,
    fix: `Deploy ${entry} before the function is called.`,
  };
}

/** @param latency of its endpoint; undefined when nothing was measured */
export function timeoutGate({ timeout }: Pick<LambdaFunction, 'timeout'>, latency: ModelLatency | undefined): Gate {
  const id = 'timeout';
  const own = `${timeout} s`;
  if (!latency) return { id, level: 'green', evidence: `${own}; how long the endpoint takes was not measured yet` };
  const measured = `the endpoint's model took ${durationText(latency.p50)} (p50) and ${durationText(latency.p99)} (p99) in the last 24 hours`;
  // A start of the function and the way there come on top.
  const needed = Math.ceil((latency.p99 * 2) / 1000) + 1;
  if (timeout >= needed) {
    const front =
      timeout > longestInFront ? `; an API Gateway in front gives up after ${longestInFront} s by default` : '';
    return { id, level: 'green', evidence: `${own}: ${measured}${front}` };
  }
  return { id, level: 'amber', evidence: `${own}, and ${measured}`, fix: `Set "timeout" to ${needed} or more.` };
}

export function memoryGate({ memorySize }: Pick<LambdaFunction, 'memorySize'>, takesImages: boolean): Gate {
  const id = 'memory';
  return takesImages && memorySize < leastForImages
    ? {
        id,
        level: 'amber',
        evidence: `${memorySize} MB, and the handler takes pictures`,
        fix: `Set "memorySize" to ${leastForImages} or more: a picture is in memory several times.`,
      }
    : { id, level: 'green', evidence: `${memorySize} MB` };
}

/** What the deployment comes to, in a word. */
export function changesGate({ alias }: LambdaFunction, { publish }: FunctionChanges, anything: boolean): Gate {
  const id = 'changes';
  if (!anything) return { id, level: 'green', evidence: `None: ${alias} has this code and this configuration already` };
  const evidence = publish ? `A version is published, and ${alias} leads to it` : `${alias} stays at its version`;
  return { id, level: 'green', evidence };
}

function durationText(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.ceil(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
