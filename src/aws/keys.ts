import { getDefaultRoleAssumer, getDefaultRoleAssumerWithWebIdentity } from '@aws-sdk/client-sts';
import { fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers';
import type { ConnectionSource } from './connection.js';
import { filesOf } from './profiles.js';

type Keys = Awaited<ReturnType<ReturnType<typeof fromIni>>>;

/** Where calls go, and how long they may take, as options of an SDK client. */
interface Place {
  readonly region?: string;
  readonly endpoint?: string;
  readonly ignoreConfiguredEndpointUrls: boolean;
  readonly requestHandler: object;
}

/**
 * Looks for the keys of a profile; without one, wherever every AWS client does.
 *
 * `clientConfig` reaches the clients of STS, SSO and sign-in alike, and its region wins over `sso_region`
 * (@aws-sdk/credential-provider-sso, resolveSSOCredentials). A role is assumed at the profile's own place, and a person
 * signs in at another: so STS gets assumers of its own.
 */
export function keysOf(profile: string | undefined, source: ConnectionSource, place: Place): () => Promise<Keys> {
  const { requestHandler, ignoreConfiguredEndpointUrls } = place;
  const search = {
    ...filesOf(source),
    clientConfig: { requestHandler, ignoreConfiguredEndpointUrls },
    roleAssumer: getDefaultRoleAssumer(place),
    roleAssumerWithWebIdentity: getDefaultRoleAssumerWithWebIdentity(place),
  };
  // A profile's keys must win over those that happen to be in the environment. Made anew for each set of keys: the
  // SDK's providers remember what they found.
  return () => (profile === undefined ? fromNodeProviderChain(search) : fromIni({ profile, ...search }))();
}

/** Keys are renewed this long before they end (milliseconds), as the SDK itself does. */
const renewBefore = 5 * 60_000;

/** One search for keys, and what it found. */
interface Search {
  readonly keys: Promise<Keys>;
  until: number;
}

/**
 * Keys that are looked for again when the service says that they have ended: a profile's process, SSO or role may have
 * new ones. The SDK keeps keys without an expiration for ever, so it gets a provider that does the remembering itself,
 * which it knows by `memoized` (@aws-sdk/core, resolveAwsSdkSigV4Config).
 */
export class RenewableKeys {
  private search: Search | undefined;
  private readonly found = new WeakMap<object, Search>();
  readonly provider: (() => Promise<Keys>) & { memoized: true };

  constructor(private readonly look: () => Promise<Keys>) {
    this.provider = Object.assign(() => this.get(), { memoized: true as const });
  }

  /**
   * The service has refused what was signed with these. One search serves all calls that were refused together, and what
   * one of them says late says nothing about keys that were found since.
   */
  refused(keys: object | undefined): void {
    if (keys && this.found.get(keys) === this.search) this.search = undefined;
  }

  private async get(): Promise<Keys> {
    if (!this.search || this.search.until <= Date.now()) this.search = this.begin();
    const { search } = this;
    // An object of its own for each search, though a provider may hand out the same one again.
    const keys = { ...(await search.keys) };
    this.found.set(keys, search);
    return keys;
  }

  private begin(): Search {
    const search: Search = { keys: this.look(), until: Infinity };
    search.keys.then(
      ({ expiration }) => {
        if (expiration) search.until = expiration.getTime() - renewBefore;
      },
      // Whoever waits for the keys hears why there are none; the next call looks again.
      () => {
        if (this.search === search) this.search = undefined;
      },
    );
    return search;
  }
}
