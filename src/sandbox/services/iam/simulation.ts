import { evaluate, type Decision, type NamedPolicy, type PolicySet } from '../../../iam/evaluate.js';
import { contextOf } from '../../../iam/pattern.js';
import { contextKeys } from '../../../iam/policy.js';
import { type Operation, ServiceError } from '../../protocol/service.js';
import type { Role, Roles } from '../../identity/roles.js';
import { checkedPolicy, existingRole, noSuchEntity, page, type PageInput } from './answers.js';

interface SimulationInput extends PageInput {
  readonly PolicySourceArn: string;
  readonly ActionNames: readonly string[];
  readonly ResourceArns?: readonly string[];
  /** Further identity policies. */
  readonly PolicyInputList?: readonly string[];
  /** Instead of the role's own. */
  readonly PermissionsBoundaryPolicyInputList?: readonly string[];
  readonly ContextEntries?: readonly {
    readonly ContextKeyName?: string;
    readonly ContextKeyValues?: readonly string[];
  }[];
  readonly ResourcePolicy?: string;
  readonly ResourceOwner?: string;
  readonly ResourceHandlingOption?: string;
}

/** Only S3, EC2 and the like need these; to leave them out silently would give a wrong verdict. */
const unsupported = ['ResourcePolicy', 'ResourceOwner', 'ResourceHandlingOption'] as const;

/** The policy simulator: the verdicts of the evaluator that decides on real requests. */
export function simulationOperations(roles: Roles) {
  const SimulatePrincipalPolicy: Operation<SimulationInput> = {
    resource: ({ PolicySourceArn }) => PolicySourceArn,
    run: (input) => {
      const missing = unsupported.find((member) => input[member] !== undefined);
      if (missing !== undefined) {
        const message = `SimulatePrincipalPolicy with ${missing} is not implemented by the sandbox.`;
        throw new ServiceError('NotImplemented', message, 501);
      }
      const role = source(input.PolicySourceArn);
      const policies = policySet(role, input);
      const entries = (input.ContextEntries ?? []).map(
        ({ ContextKeyName = '', ContextKeyValues = [] }) => [ContextKeyName, single(ContextKeyValues)] as const,
      );
      const context = contextOf(Object.fromEntries(entries));
      const MissingContextValues = [...policies.identity, ...(policies.boundary ? [policies.boundary] : [])]
        .flatMap(({ policy }) => contextKeys(policy))
        .filter((key, index, all) => !context.has(key.toLowerCase()) && all.indexOf(key) === index);

      const results = input.ActionNames.flatMap((action) =>
        (input.ResourceArns ?? ['*']).map((resource) => {
          const decision = evaluate(policies, { action, resource, context });
          return {
            EvalActionName: action,
            EvalResourceName: resource,
            EvalDecision: verdicts[decision.outcome],
            MatchedStatements: matched(decision, role),
            MissingContextValues,
            ...(policies.boundary && {
              PermissionsBoundaryDecisionDetail: {
                AllowedByPermissionsBoundary: !('by' in decision && decision.by === 'permissions boundary'),
              },
            }),
          };
        }),
      );
      const numbered = results.map((result, index) => ({ result, name: String(index).padStart(6, '0') }));
      const { items, ...rest } = page(numbered, ({ name }) => name, input);
      return { EvaluationResults: items.map(({ result }) => result), ...rest };
    },
  };

  function source(arn: string): Role {
    const [, kind, name = ''] = /^arn:aws:iam::\d{12}:(role|user|group)\/(?:.*\/)?([^/]+)$/.exec(arn) ?? [];
    // The root user and sessions are no sources: as AWS words it, quoted in public reports of both.
    if (kind === undefined) {
      throw new ServiceError(
        'InvalidInput',
        `Invalid Entity Arn: ${arn} does not clearly define entity type and name.`,
      );
    }
    if (kind !== 'role') throw noSuchEntity(`The ${kind} with name ${name} cannot be found.`);
    return existingRole(roles, name);
  }

  function policySet(role: Role, input: SimulationInput): PolicySet {
    const given = (documents: readonly string[] = [], list: string): NamedPolicy[] =>
      documents.map((document, index) => ({
        name: `${list}.${index + 1}`,
        arn: undefined,
        policy: checkedPolicy(document, 'inline'),
      }));
    const own = roles.policiesOf(role);
    const [boundary = own.boundary] = given(
      input.PermissionsBoundaryPolicyInputList,
      'PermissionsBoundaryPolicyInputList',
    );
    const identity = [...own.identity, ...given(input.PolicyInputList, 'PolicyInputList')];
    return boundary ? { identity, boundary } : { identity };
  }

  return { SimulatePrincipalPolicy };
}

const verdicts = { Allowed: 'allowed', ExplicitlyDenied: 'explicitDeny', ImplicitlyDenied: 'implicitDeny' } as const;

/** The statement that decided. AWS names inline policies `role_<role>_<policy>`, and all of them "IAM Policy". */
function matched(decision: Decision, role: Role) {
  if (decision.outcome === 'ImplicitlyDenied') return [];
  const { name } = decision.reason.policy;
  const SourcePolicyId = Object.hasOwn(role.inline, name) ? `role_${role.name}_${name}` : name;
  return [{ SourcePolicyId, SourcePolicyType: 'IAM Policy' }];
}

function single(values: readonly string[]): string | readonly string[] {
  const [first] = values;
  return values.length === 1 && first !== undefined ? first : values;
}
