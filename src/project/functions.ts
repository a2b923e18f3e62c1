import * as v from 'valibot';
import { recordOf, RelativePath, Role, Seconds } from './values.js';

/** Set by Lambda itself in every environment ("Using Lambda environment variables", developer guide): CreateFunction refuses them. */
const reservedVariables =
  /^(_HANDLER|_X_AMZN_TRACE_ID|TZ|AWS_(REGION|DEFAULT_REGION|EXECUTION_ENV|ACCESS_KEY|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)|AWS_LAMBDA_(FUNCTION_NAME|FUNCTION_MEMORY_SIZE|FUNCTION_VERSION|INITIALIZATION_TYPE|LOG_GROUP_NAME|LOG_STREAM_NAME|RUNTIME_API)|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/;

const VariableName = v.pipe(
  v.string(),
  v.regex(/^[a-zA-Z]\w+$/, 'A variable of a function begins with a letter and has letters, digits and underscores.'),
  v.check((name) => !reservedVariables.test(name), 'Lambda sets this variable itself and refuses another value.'),
);

const whatAHandlerIs = 'A handler is a module and its function, "lambda_function.lambda_handler".';

const Concurrency = v.pipe(v.number(), v.integer('A concurrency is a whole number.'));

/**
 * A Lambda function. Limits are the API's (botocore lambda 2015-03-31), and what is left out is as Lambda has it by
 * default.
 */
export const LambdaFunction = v.strictObject({
  handler: v.pipe(
    v.string(),
    v.description(
      'The function that answers, as Lambda has it: "lambda_function.lambda_handler" is def lambda_handler(event, context) in lambda_function.py. Relative to source.',
    ),
    v.check((handler) => /^[\w-]+([/.][\w-]+)*\.[a-zA-Z_]\w*$/.test(handler), whatAHandlerIs),
    v.check((handler) => !handler.endsWith('.py'), whatAHandlerIs),
    v.maxLength(128, 'A handler has at most 128 characters.'),
  ),
  source: v.optional(
    v.pipe(
      RelativePath,
      v.description(
        "Folder that is shipped; without it the handler's file alone is. Lambda installs no requirements.txt.",
      ),
    ),
  ),
  runtime: v.optional(
    v.pipe(
      v.picklist(
        ['python3.9', 'python3.10', 'python3.11', 'python3.12', 'python3.13', 'python3.14'],
        'A runtime is "python3.9" to "python3.14".',
      ),
      v.description(
        'Version of Python; python3.13 if left out. The sandbox runs all of them with the Python that is here.',
      ),
    ),
    'python3.13',
  ),
  memorySize: v.optional(
    v.pipe(
      v.number(),
      v.description('Memory in MB, 128 if left out. Its share of a processor grows with it: 1769 MB is a whole one.'),
      v.integer('A memory size is a whole number of MB.'),
      v.minValue(128, 'A function has at least 128 MB.'),
      v.maxValue(10_240, 'A function has at most 10240 MB.'),
    ),
    128,
  ),
  timeout: v.optional(
    v.pipe(
      Seconds,
      v.description(
        'Seconds until Lambda ends a call, 3 if left out. The endpoint behind it has to answer within them.',
      ),
      v.maxValue(900, 'A function has at most 900 seconds, 15 minutes.'),
    ),
    3,
  ),
  environment: v.optional(
    v.pipe(
      recordOf(VariableName, v.string('An environment variable is a string.')),
      v.description('Environment variables of the function, each a string.'),
    ),
    {},
  ),
  endpoint: v.optional(
    v.pipe(
      v.string(),
      v.description('The endpoint that it calls, "endpoints.<name>": its name is in the variable ENDPOINT_NAME.'),
      v.regex(/^endpoints\.[^.]+$/, 'An endpoint is "endpoints.<name>".'),
    ),
  ),
  policy: v.optional(
    v.pipe(
      RelativePath,
      v.description(
        'File with the IAM policy of the function: a role of its own gets it. ${AWS::Region}, ${AWS::AccountId} and ${AWS::Partition} are filled in.',
      ),
    ),
  ),
  role: v.optional(
    v.pipe(Role, v.description('A role that exists, by name or ARN, in place of one that is made from "policy".')),
  ),
  alias: v.optional(
    v.pipe(
      v.string(),
      v.description('What callers name: it leads to the version that was deployed last; "live" if left out.'),
      v.regex(/^(?!\d+$)[\w-]+$/, 'An alias has letters, digits, "-" and "_", and is no number.'),
      v.maxLength(128, 'An alias has at most 128 characters.'),
    ),
    'live',
  ),
  reservedConcurrency: v.optional(
    v.pipe(
      Concurrency,
      v.description("How many calls run at a time at most; the account's others cannot use them. 0 lets none run."),
      v.minValue(0, 'A reserved concurrency is 0 or more.'),
    ),
  ),
  provisionedConcurrency: v.optional(
    v.pipe(
      Concurrency,
      v.description(
        'How many environments of the alias are started ahead of their calls. They cost until it is deleted.',
      ),
      v.minValue(1, 'A provisioned concurrency is 1 or more; leave it out for none.'),
    ),
  ),
});
export type LambdaFunction = v.InferOutput<typeof LambdaFunction>;
/** As it is written: what has a default may be left out. */
export type WrittenFunction = v.InferInput<typeof LambdaFunction>;

/** The variable by which a function knows its endpoint. */
export const endpointVariable = 'ENDPOINT_NAME';

/** Where a handler is: its file, relative to the source, with slashes, and the function in it. */
export function handlerPlace({ handler }: Pick<LambdaFunction, 'handler'>): {
  readonly file: string;
  readonly name: string;
} {
  const dot = handler.lastIndexOf('.');
  return { file: `${handler.slice(0, dot).replaceAll('.', '/')}.py`, name: handler.slice(dot + 1) };
}
