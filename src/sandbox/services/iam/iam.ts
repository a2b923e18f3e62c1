import { realTime, type Clock } from '../../clock.js';
import type { Identities } from '../../identity/identities.js';
import type { Service } from '../../protocol/service.js';
import type { Settings } from '../../settings.js';
import { managedPolicyOperations } from './managedPolicies.js';
import { rolePolicyOperations } from './rolePolicies.js';
import { roleOperations } from './roles.js';
import { simulationOperations } from './simulation.js';
import { tagOperations } from './tags.js';

/** AWS Identity and Access Management: roles and policies. There are no users or groups beside the account's root. */
export function iam(settings: Settings, { roles }: Identities, clock: Clock = realTime): Service {
  return {
    id: 'iam',
    iamPrefix: 'iam',
    operations: {
      ...roleOperations(settings, roles, clock),
      ...rolePolicyOperations(roles),
      ...managedPolicyOperations(settings, roles, clock),
      ...tagOperations(roles),
      ...simulationOperations(roles),
    },
  };
}
