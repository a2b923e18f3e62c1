import type { ResourceKind } from '../aws/change.js';
import type { Connection } from '../aws/connection.js';
import { describeEstimate, type Estimate } from '../costs/estimate.js';
import type { Gate } from './gates.js';

/** What a person confirms before anything is made. */
export interface Summary {
  readonly entry: string;
  readonly connection: Pick<Connection, 'profile' | 'account' | 'region' | 'endpoint' | 'billed'>;
  readonly changes: readonly {
    readonly effect: 'creates' | 'updates';
    readonly kind: ResourceKind;
    readonly name: string;
    readonly estimate?: Estimate | undefined;
  }[];
  readonly gates: readonly Gate[];
}

const marks = { green: 'ok  ', amber: 'look', red: 'STOP' } as const;

/** The summary as plain text, a line each. */
export function summaryText({ entry, connection, changes, gates }: Summary): string[] {
  return [
    `${entry} in account ${connection.account}, ${connection.region} (${connection.endpoint})`,
    ...changes.map(({ effect, kind, name, ...priced }) => {
      const price = 'estimate' in priced ? `: ${describeEstimate(priced.estimate)}` : '';
      return `  ${effect} ${kind} ${name}${price}`;
    }),
    ...gates.flatMap(({ id, level, evidence, fix }) => [
      `  ${marks[level]}  ${id}: ${evidence}`,
      ...(fix === undefined ? [] : [`        ${fix}`]),
    ]),
  ];
}
