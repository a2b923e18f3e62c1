import { type Caller, ServiceError } from '../../protocol/service.js';
import type { Settings } from '../../settings.js';
import type { Access, RoleKeys, TemporaryKeys } from '../ports.js';
import { isAllowed } from '../refusals.js';
import { invalidParameter } from './errors.js';

const service = 'lambda.amazonaws.com';

/** The roles that functions run as. */
export class ExecutionRoles {
  constructor(
    private readonly settings: Settings,
    private readonly access: Access,
    private readonly roleKeys: RoleKeys,
  ) {}

  /** @throws {ServiceError} when the caller may not pass the role, or Lambda cannot assume it */
  requirePassable(caller: Caller, roleArn: string, functionName: string, functionArn: string): void {
    if (roleArn.split(':')[4] !== this.settings.account) {
      throw new ServiceError('AccessDeniedException', 'Cross-account pass role is not allowed.', 403);
    }
    this.access.require(caller, 'iam:PassRole', roleArn, { 'iam:PassedToService': service });
    if (!isAllowed(() => this.keys(roleArn, functionName, functionArn))) throw invalidParameter(notAssumable);
  }

  /** @throws {ServiceError} AccessDeniedException when Lambda can no longer assume the role */
  keys(roleArn: string, functionName: string, functionArn: string): TemporaryKeys {
    try {
      // The session has the function's name, as on AWS: `…:assumed-role/<role>/<function>`.
      return this.roleKeys.assume(roleArn, service, functionName, functionArn);
    } catch (error) {
      if (error instanceof ServiceError) throw new ServiceError('AccessDeniedException', notAssumable, 403);
      throw error;
    }
  }
}

/** nficano/python-lambda#28 */
const notAssumable = 'The role defined for the function cannot be assumed by Lambda.';
