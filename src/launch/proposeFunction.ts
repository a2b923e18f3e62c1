import type { WrittenFunction } from '../project/functions.js';
import { endpointName } from './planEndpoint.js';
import { functionName } from './functionName.js';

/** What a person has chosen of a new function. */
export interface FunctionChoice {
  /** Of the entry: `predict` */
  readonly name: string;
  /** Of the project file: `breeds` */
  readonly endpoint: string;
  /** MB. */
  readonly memorySize: number;
  /** Seconds. */
  readonly timeout: number;
  readonly alias: string;
}

/** As Lambda's console names what nobody has named. */
export const handlerFile = 'lambda_function.py';

/** The entry, as it is written. */
export function functionEntry({ name, endpoint, memorySize, timeout, alias }: FunctionChoice): WrittenFunction {
  return {
    handler: 'lambda_function.lambda_handler',
    memorySize,
    timeout,
    endpoint: `endpoints.${endpoint}`,
    policy: policyFile(name),
    ...(alias !== 'live' && { alias }),
  };
}

export function policyFile(name: string): string {
  return `policies/${name}.json`;
}

/** The least that the function needs: to call this one endpoint, and to write its own log. */
export function policyText(projectName: string, { name, endpoint }: Pick<FunctionChoice, 'name' | 'endpoint'>): string {
  const place = '${AWS::Region}:${AWS::AccountId}';
  const logGroup = `arn:\${AWS::Partition}:logs:${place}:log-group:/aws/lambda/${functionName(projectName, name)}`;
  // IAM compares the names of endpoints in lower case.
  const called = `endpoint/${endpointName(projectName, endpoint).toLowerCase()}`;
  const policy = {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'CallEndpoint',
        Effect: 'Allow',
        Action: 'sagemaker:InvokeEndpoint',
        Resource: `arn:\${AWS::Partition}:sagemaker:${place}:${called}`,
      },
      {
        Sid: 'WriteLog',
        Effect: 'Allow',
        Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: [logGroup, `${logGroup}:*`],
      },
    ],
  };
  return `${JSON.stringify(policy, null, 2)}\n`;
}
