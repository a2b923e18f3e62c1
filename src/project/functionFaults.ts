import { endpointVariable, type LambdaFunction } from './functions.js';
import type { Fault } from './tuningFaults.js';

/** "Lambda quotas", developer guide: of all variables of a function, their names included. */
const mostEnvironmentBytes = 4096;

/** What Lambda would refuse of a function whose keys are right each on its own, or what would not be as it reads. */
export function* functionFaults(wanted: LambdaFunction): Generator<Fault> {
  const { policy, role, environment, endpoint, reservedConcurrency, provisionedConcurrency } = wanted;
  if (policy === undefined && role === undefined) {
    yield { path: [], message: 'A function needs "policy", the file of what it may do, or "role", one that exists.' };
  }
  if (policy !== undefined && role !== undefined) {
    yield { path: ['role'], message: 'A role that exists has its own policies: leave "policy" out, or "role".' };
  }
  if (endpoint !== undefined && endpointVariable in environment) {
    const path = ['environment', endpointVariable];
    yield { path, message: `"endpoint" sets ${endpointVariable}: leave one of the two out.` };
  }
  if (Buffer.byteLength(JSON.stringify(environment)) > mostEnvironmentBytes) {
    yield { path: ['environment'], message: 'The environment of a function has at most 4 KB.' };
  }
  if (reservedConcurrency !== undefined && (provisionedConcurrency ?? 0) > reservedConcurrency) {
    yield {
      path: ['provisionedConcurrency'],
      message: `${provisionedConcurrency} provisioned environments are more than the ${reservedConcurrency} that are reserved.`,
    };
  }
}
