import type { Role } from '../aws/gateways/roles.js';
import { longestName } from '../aws/names.js';
import { describeEstimate, describeInstances, type Estimate, type Instances } from '../costs/estimate.js';
import { instanceType } from '../costs/instanceTypes.js';
import { contextOf } from '../iam/pattern.js';
import { MalformedPolicy, parsePolicy } from '../iam/policy.js';
import { trust } from '../iam/trust.js';
import { largeSourceBytes, type SourcePreview } from '../packaging/sourceArchive.js';
import type { Job } from '../project/jobs.js';
import type { UploadPlan } from '../transfer/uploadFolder.js';
import type { HostReading } from './scanWorkspace.js';

/** One check before a request is sent. Red stops it, amber is worth a look, green shows what was found. */
export interface Gate {
  readonly id: string;
  readonly level: 'green' | 'amber' | 'red';
  /** What was found, with its numbers. */
  readonly evidence: string;
  /** What to do about it. */
  readonly fix?: string;
}

export function isBlocked(gates: readonly Gate[]): boolean {
  return gates.some(({ level }) => level === 'red');
}

/** @param longest of the service, in characters */
export function nameGate(name: string, longest = longestName): Gate {
  return /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/.test(name) && name.length <= longest
    ? { id: 'name', level: 'green', evidence: `${name}: ${name.length} of ${longest} characters` }
    : {
        id: 'name',
        level: 'red',
        evidence: `${name} is not a name that the service takes`,
        fix: `Use letters, digits and hyphens, ${longest} at most.`,
      };
}

/** @param source undefined when there is no such folder */
export function sourceGate(folder: string, script: string, source: SourcePreview | undefined): Gate {
  const id = 'source';
  if (!source) {
    return { id, level: 'red', evidence: `There is no folder ${folder}`, fix: 'Correct the path in sagemaker.jsonc.' };
  }
  const [secret] = source.secrets;
  if (secret) {
    return {
      id,
      level: 'red',
      evidence: `${secret.path} looks like ${secret.what} and would be shipped`,
      fix: 'Remove it, or name it in .sagemakerignore.',
    };
  }
  if (!source.files.some(({ path }) => path === script.replaceAll('\\', '/'))) {
    return {
      id,
      level: 'red',
      evidence: `There is no ${script} among the ${source.files.length} files of ${source.folder}`,
      fix: 'Check its name and "source", and whether an ignore file leaves it out.',
    };
  }
  const evidence = [
    `${source.files.length === 1 ? '1 file' : `${source.files.length} files`}, ${megabytes(source.bytes)}`,
    ...(source.normalised.length > 0 ? [`line ends made LF in ${source.normalised.join(', ')}`] : []),
    ...source.skipped.map(({ path, reason }) => `${path} left out (${reason})`),
  ].join('; ');
  if (source.bytes <= largeSourceBytes) return { id, level: 'green', evidence };
  const largest = source.files.toSorted((a, b) => b.size - a.size).slice(0, 3);
  return {
    id,
    level: 'amber',
    evidence: `${evidence}; the largest: ${largest.map(({ path, size }) => `${path} ${megabytes(size)}`).join(', ')}`,
    fix: 'Name what is no source in .sagemakerignore: every job downloads all of it.',
  };
}

/** @param plan undefined when the folder does not exist */
export function dataGate(name: string, path: string, plan: UploadPlan | undefined): Gate {
  const id = `data.${name}`;
  const files = plan ? plan.send.length + plan.unchanged.length : 0;
  if (!plan || files === 0) {
    return {
      id,
      level: 'red',
      evidence: plan ? `${path} is empty` : `There is no folder ${path}`,
      fix: `Put the data there, or correct "path" of data.${name}.`,
    };
  }
  const bytes = [...plan.send, ...plan.unchanged].reduce((sum, { size }) => sum + size, 0);
  const evidence = `${files} files, ${megabytes(bytes)}; ${plan.send.length} to send`;
  if (plan.extra.length === 0) return { id, level: 'green', evidence };
  return {
    id,
    level: 'amber',
    evidence: `${evidence}; ${plan.extra.length} objects under s3://${plan.bucket}/${plan.prefix} are not in the folder, and the job would get them too`,
    fix: `Delete them, such as ${plan.extra[0]}, if they were removed from the folder on purpose.`,
  };
}

/** The services that act as roles of ours, each with a resource for whose sake it does. */
const roleUsers = {
  sagemaker: { label: 'SageMaker', resource: 'training-job/any' },
  lambda: { label: 'Lambda', resource: 'function:any' },
} as const;
export type RoleUser = keyof typeof roleUsers;

/** Asked as the service asks, with the account and resource that a careful trust policy wants to see. */
export function roleGate(
  wanted: string,
  role: Pick<Role, 'arn' | 'trustPolicy'> | undefined,
  { account, region }: { readonly account: string; readonly region: string },
  user: RoleUser = 'sagemaker',
): Gate {
  const id = 'role';
  if (!role) {
    return { id, level: 'red', evidence: `There is no role ${wanted}`, fix: 'Create it, or name another as "role".' };
  }
  const { label, resource } = roleUsers[user];
  const service = `${user}.amazonaws.com`;
  const fix = `Let ${service} assume it in its trust policy.`;
  try {
    const policy = parsePolicy(role.trustPolicy, 'trust');
    const verdict = trust(
      policy,
      role.arn,
      { service },
      contextOf({
        'aws:SourceAccount': account,
        'aws:SourceArn': `arn:aws:${user}:${region}:${account}:${resource}`,
      }),
    );
    return verdict === 'direct'
      ? { id, level: 'green', evidence: `${role.arn} trusts ${label}` }
      : { id, level: 'red', evidence: `${role.arn} does not trust ${label}`, fix };
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    return { id, level: 'red', evidence: `The trust policy of ${role.arn} cannot be read: ${error.message}`, fix };
  }
}

export function instanceGate(
  use: 'training' | 'hosting',
  { type, count }: Instances,
  price: Estimate | undefined,
): Gate {
  const id = 'instance';
  const known = instanceType(type);
  if (known && !known.uses.includes(use)) {
    return {
      id,
      level: 'red',
      evidence: `${type} cannot be used for ${use}`,
      fix: 'Choose another, such as ml.m5.xlarge.',
    };
  }
  const evidence = `${describeInstances({ type, count })}: ${describeEstimate(price)}`;
  if (known && price) return { id, level: 'green', evidence };
  const fix = 'Look its price up before launching.';
  return { id, level: 'amber', evidence: known ? evidence : `${evidence}, and the type is not in our table`, fix };
}

/**
 * Hosts that nobody joins run the same script as often as there are hosts: N bills, one model (trap of most course
 * solutions). A launcher numbers the ranks; only the script can divide the work by them.
 * @param reading what its scripts say of hosts; undefined where that cannot be told
 */
export function distributionGate(
  { instance: { count }, distribution }: Pick<Job, 'instance' | 'distribution'>,
  reading: HostReading | undefined,
): Gate[] {
  if (count === 1) return [];
  const id = 'distribution';
  if (reading && reading.reads === undefined) {
    const at = reading.undivided === undefined ? '' : `; the work is not divided at ${reading.undivided}`;
    return [
      {
        id,
        level: 'amber',
        evidence: `${count} hosts, ${count} separate trainings, at ${count} times the price: no script reads hosts or ranks${at}`,
        fix: 'Train data-parallel (torch.distributed, SM_HOSTS), or set "count": 1.',
      },
    ];
  }
  if (distribution !== undefined) return [{ id, level: 'green', evidence: `${count} hosts joined by ${distribution}` }];
  return [
    reading
      ? { id, level: 'green', evidence: `${count} hosts, joined by the script itself: ${reading.reads}` }
      : {
          id,
          level: 'amber',
          evidence: `${count} hosts would each train a model of their own, at ${count} times the price`,
          fix: 'Set "distribution": "torchrun" if the script can share the work, else "count": 1.',
        },
  ];
}

/** SageMaker reads data and writes models in its own region only. */
export function bucketGate(bucket: string, region: string, found: string | undefined): Gate {
  const id = 'bucket';
  if (found === undefined) return { id, level: 'green', evidence: `${bucket} will be created in ${region}` };
  return found === region
    ? { id, level: 'green', evidence: `${bucket} is in ${region}` }
    : {
        id,
        level: 'red',
        evidence: `${bucket} is in ${found}, not in ${region}`,
        fix: 'Name a "bucket" of this region.',
      };
}

export function megabytes(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
