import type { IncomingMessage } from 'node:http';
import { awsJson } from '../protocol/awsJson.js';
import { awsQuery } from '../protocol/awsQuery.js';
import type { Model } from '../protocol/model.js';
import type { Protocol } from '../protocol/protocol.js';
import { findRestOperation, restJson } from '../protocol/restJson.js';
import type { Service } from '../protocol/service.js';
import { scopedService } from './claim.js';
import type { Dialect } from './refusals.js';

/** A service and the model that drives it. */
export interface Hosted {
  readonly service: Service;
  readonly model: Model;
}

/** Which service a request is for, as far as its head tells. */
export type Route =
  | { readonly kind: 's3' }
  /** smithy-rpc-v2-cbor, which is refused. */
  | { readonly kind: 'cbor'; readonly operation: string }
  | {
      readonly kind: 'modelled';
      readonly protocol: Protocol;
      /** Undefined: a service that the sandbox does not have. */
      readonly hosted: Hosted | undefined;
      /** The name that the service is asked for by. */
      readonly asked: string;
      /** Undefined when the request names none, or none yet: awsQuery names it in the body. */
      readonly operation: string | undefined;
    };

/**
 * AWS has a host name for each service; here one address serves them all, and the request itself has to tell:
 * X-Amz-Target (awsJson), a form (awsQuery), else the service in the credential scope. Without any of these it is S3,
 * the one service that anonymous requests are usual for.
 */
export class Router {
  private readonly byTarget: ReadonlyMap<string, Hosted>;
  private readonly query: ReadonlyMap<string, Hosted>;
  private readonly rest: readonly Hosted[];

  constructor(hosted: readonly Hosted[]) {
    this.byTarget = new Map(
      hosted.flatMap((one) => {
        const { targetPrefix } = one.model.document.metadata;
        return targetPrefix === undefined ? [] : [[targetPrefix, one] as const];
      }),
    );
    const speaking = (protocol: string): Hosted[] =>
      hosted.filter(({ model }) => model.document.metadata.protocols.includes(protocol));
    this.query = new Map(speaking('query').map((one) => [one.model.document.metadata.signingName, one]));
    this.rest = speaking('rest-json');
  }

  route(message: IncomingMessage, path: string, query: string): Route {
    const target = message.headers['x-amz-target'];
    if (typeof target === 'string') return this.byName(target);
    if (message.headers['smithy-protocol'] === 'rpc-v2-cbor') {
      return { kind: 'cbor', operation: path.split('/').at(-1) ?? '' };
    }

    const scope = scopedService(message, query);
    if (scope === 's3') return { kind: 's3' };
    // Before forms: curl calls every body one, and an awsQuery call has no path.
    for (const hosted of this.rest) {
      if (scope !== undefined && scope !== hosted.model.document.metadata.signingName) continue;
      const operation = findRestOperation(hosted.model, message.method ?? '', path, query);
      if (operation !== undefined) {
        return { kind: 'modelled', protocol: restJson, hosted, asked: hosted.service.id, operation };
      }
    }

    const form = message.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
    if (form || /(^|&)Action=/.test(query)) {
      const hosted = scope === undefined ? undefined : this.query.get(scope);
      return { kind: 'modelled', protocol: awsQuery, hosted, asked: scope ?? 'unsigned', operation: undefined };
    }
    if (scope === undefined) return { kind: 's3' };
    return { kind: 'modelled', protocol: restJson, hosted: undefined, asked: scope, operation: undefined };
  }

  /** `SageMaker.CreateTrainingJob`. */
  private byName(target: string): Route {
    const dot = target.lastIndexOf('.');
    const [prefix, operation] = dot < 0 ? [target, undefined] : [target.slice(0, dot), target.slice(dot + 1)];
    return { kind: 'modelled', protocol: awsJson, hosted: this.byTarget.get(prefix), asked: prefix, operation };
  }
}

/** How the service that a request is for words its refusals. */
export function dialectOf(route: Route): Dialect {
  if (route.kind === 's3') return 's3';
  return route.kind === 'cbor' ? 'json' : route.protocol.dialect;
}
