import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';

export interface Identity {
  readonly account: string;
  /** ARN of who signs the calls. */
  readonly caller: string;
  /** Where the call went: the SDK finds endpoints in options, environment and profile, and tells nobody else. */
  readonly endpoint: string;
}

/** Who we are, by the one call that needs no permission: it shows that keys, clock and endpoint work. */
export async function identify(client: STSClient): Promise<Identity> {
  let endpoint = '';
  const command = new GetCallerIdentityCommand({});
  command.middlewareStack.add(
    (next, context) => (request) => {
      endpoint = String((context.endpointV2 as { url?: URL } | undefined)?.url ?? '');
      return next(request);
    },
    { step: 'finalizeRequest', name: 'noteEndpoint' },
  );
  const { Account, Arn } = await client.send(command);
  return { account: Account!, caller: Arn!, endpoint };
}
