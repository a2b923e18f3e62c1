import { evaluate } from '../iam/evaluate.js';
import { contextOf } from '../iam/pattern.js';
import { MalformedPolicy, parsePolicy, type Policy } from '../iam/policy.js';

/** Where a policy is to hold. */
export interface Place {
  /** `aws`, `aws-cn`… */
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/**
 * The text of a policy file with its placeholders filled in: one file serves every account, region and sandbox. They are
 * CloudFormation's and SAM's pseudo parameters, `${AWS::Region}`, which IAM's own variables (`${aws:username}`) cannot be
 * taken for.
 * @throws {MalformedPolicy} for one that we do not know
 */
export function filledPolicy(text: string, { partition, region, account }: Place): string {
  const values: Readonly<Record<string, string>> = {
    'AWS::Partition': partition,
    'AWS::Region': region,
    'AWS::AccountId': account,
  };
  return text.replace(/\$\{(AWS::\w*)\}/g, (placeholder, name: string) => {
    const value = values[name];
    if (value === undefined)
      throw new MalformedPolicy(`${placeholder} is not known: use \${${Object.keys(values).join('}, ${')}}.`);
    return value;
  });
}

/** The policy of a file, to be a part of a role. @throws {MalformedPolicy} */
export function executionPolicy(text: string, place: Place): Policy {
  return parsePolicy(filledPolicy(text, place), 'inline');
}

/** IAM compares the names of endpoints in lower case (Service Authorization Reference, SageMaker). */
function endpointArn(endpoint: string, { partition, region, account }: Place): string {
  return `arn:${partition}:sagemaker:${region}:${account}:endpoint/${endpoint.toLowerCase()}`;
}

/** Whether a role that has this policy alone may call the endpoint. */
export function mayInvoke(policy: Policy, endpoint: string, place: Place): boolean {
  const identity = [{ name: 'execution', arn: undefined, policy }];
  const context = contextOf({ 'aws:RequestedRegion': place.region, 'aws:PrincipalAccount': place.account });
  const request = { action: 'sagemaker:InvokeEndpoint', resource: endpointArn(endpoint, place), context };
  return evaluate({ identity }, request).outcome === 'Allowed';
}
