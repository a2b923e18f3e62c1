/** Who may not do what, out of AWS's sentence. */
export interface Denial {
  /** ARN of who asked: of a role's session, `arn:aws:sts::…:assumed-role/<role>/<session>`. */
  readonly principal: string;
  /** Name of the role behind a session. */
  readonly role?: string;
  /** `sagemaker:InvokeEndpoint` */
  readonly action: string;
  /** Undefined where the sentence names none. */
  readonly resource?: string;
  /** `because no identity-based policy allows the sagemaker:InvokeEndpoint action` */
  readonly because?: string;
}

/**
 * The denial in a text: AWS's own sentence, wherever it stands, also within an exception of boto3 or its traceback.
 *
 * `User: <arn> is not authorized to perform: <action> on resource: <arn> because no identity-based policy allows …`
 * ("Troubleshoot access denied error messages", IAM user guide).
 */
export function findDenial(text: string): Denial | undefined {
  const found = sentence.exec(text);
  if (!found) return undefined;
  const [, principal = '', action = '', resource, because] = found;
  const role = /:assumed-role\/([^/]+)\//.exec(principal)?.[1];
  return {
    principal,
    action,
    ...(role !== undefined && { role }),
    ...(resource !== undefined && { resource: resource.replace(/[.,;]+$/, '') }),
    ...(because !== undefined && { because }),
  };
}

/** The reason goes to the end of its line, or of the JSON string that it stands in. */
const sentence =
  /User: (\S+) is not authorized to perform: ([\w-]+:\w+)(?: on resource: ([^\s"\\]+))?(?: (because [^"\\\r\n]*\w))?/;
