import type { Caller } from '../../protocol/service.js';
import type { Settings } from '../../settings.js';
import type { Access, RoleKeys, TemporaryKeys } from '../ports.js';
import { validation } from './errors.js';

const service = 'sagemaker.amazonaws.com';

/** The roles that jobs and models run as: who may pass them, and what they may do themselves. */
export class ExecutionRoles {
  constructor(
    private readonly settings: Settings,
    private readonly access: Access,
    private readonly roleKeys: RoleKeys,
  ) {}

  /**
   * @param sourceArn of the job or model that is to run as the role.
   * @throws {ServiceError} AccessDeniedException without iam:PassRole, ValidationException when SageMaker cannot assume
   * the role.
   */
  requirePassable(caller: Caller, roleArn: string, sourceArn: string): void {
    if (roleArn.split(':')[4] !== this.settings.account) {
      throw validation('RoleArn: Cross-account pass role is not allowed.');
    }
    this.access.require(caller, 'iam:PassRole', roleArn, { 'iam:PassedToService': service });
    this.keys(roleArn, sourceArn);
  }

  /** @throws {ServiceError} when SageMaker cannot assume the role. */
  keys(roleArn: string, sourceArn: string): TemporaryKeys {
    return this.roleKeys.assume(roleArn, service, 'SageMaker', sourceArn);
  }

  /** Whether the role itself may. @throws {ServiceError} when it may not. */
  require(roleArn: string, action: string, resource: string): void {
    const role = roleArn.split('/').at(-1) ?? '';
    const { account } = this.settings;
    const arn = `arn:aws:sts::${account}:assumed-role/${role}/SageMaker`;
    this.access.require({ arn, account, userId: 'SageMaker', role }, action, resource);
  }
}
