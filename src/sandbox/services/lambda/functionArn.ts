import { ServiceError } from '../../protocol/service.js';
import { arn, type Settings } from '../../settings.js';
import { invalidParameter, notFound } from './errors.js';

/** A function, or one of its versions or aliases. */
export interface FunctionReference {
  readonly name: string;
  /** `$LATEST`, the number of a version, or an alias, where the caller named one. */
  readonly qualifier: string | undefined;
}

/** Input of the operations on functions. */
export interface FunctionInput {
  readonly FunctionName?: string | undefined;
  readonly Qualifier?: string | undefined;
}

/** `name`, `account:function:name` or the whole ARN, each with or without a qualifier (the model's FunctionName). */
const form =
  /^(?:arn:aws[a-zA-Z-]*:lambda:)?(?:([a-z]{2}(?:-[a-z]+)+-\d):)?(?:(\d{12}):)?(?:function:)?([\w.-]+)(?::(\$LATEST(?:\.PUBLISHED)?|[\w-]+))?$/;

export class FunctionArns {
  constructor(private readonly settings: Settings) {}

  of({ name, qualifier }: FunctionReference): string {
    return arn(this.settings, 'lambda', `function:${name}${qualifier === undefined ? '' : `:${qualifier}`}`);
  }

  /**
   * Whom the caller means. The name was validated by the model.
   * @throws {ServiceError} when it belongs to another region or account, or names two qualifiers (texts measured by
   *   localstack, test_lambda_api.snapshot.json)
   */
  read({ FunctionName = '', Qualifier }: FunctionInput): FunctionReference {
    const [, region, account, name = FunctionName, derived] = form.exec(FunctionName) ?? [];
    if (region !== undefined && region !== this.settings.region) {
      throw notFound(`Functions from '${region}' are not reachable in this region ('${this.settings.region}')`);
    }
    if (account !== undefined && account !== this.settings.account)
      throw new ServiceError('AccessDeniedException', '', 403);
    if (derived !== undefined && Qualifier !== undefined && derived !== Qualifier) {
      throw invalidParameter('The derived qualifier from the function name does not match the specified qualifier.');
    }
    return { name, qualifier: derived ?? Qualifier };
  }

  /** The resource that IAM checks. */
  resource = (input: FunctionInput): string => this.of(this.read(input));
}

/** Whether it can be the name of an alias: numbers are versions (the model's Alias). */
export function isAlias(qualifier: string): boolean {
  return /^(?!\d+$)[\w-]+$/.test(qualifier);
}
