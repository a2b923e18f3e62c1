import { endpointVariable, type LambdaFunction } from '../project/functions.js';
import { endpointName } from './planEndpoint.js';

/** The cloud's name of the endpoint that a function of the project file calls. */
export function functionEndpoint(
  projectName: string,
  { endpoint }: Pick<LambdaFunction, 'endpoint'>,
): string | undefined {
  return endpoint && endpointName(projectName, endpoint.slice('endpoints.'.length));
}

/** What a handler finds in its environment, deployed or tried out here. */
export function functionEnvironment(
  projectName: string,
  wanted: Pick<LambdaFunction, 'environment' | 'endpoint'>,
): Record<string, string> {
  const endpoint = functionEndpoint(projectName, wanted);
  return { ...wanted.environment, ...(endpoint !== undefined && { [endpointVariable]: endpoint }) };
}
