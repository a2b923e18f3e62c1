import { randomUUID } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { type Change, type ChangeFacts, type Receipt, type ResourceKind, resourceKinds } from '../aws/change.js';
import { fileError } from '../core/files.js';

/**
 * What we changed in a cloud: `.sagemaker/ledger.jsonl`, one line before a call is made and one after, never rewritten.
 * A call whose second line is missing (the process ended meanwhile), or that got no answer, may have worked: then a
 * resource counts as there, whether it was to be created or deleted.
 */

const Sent = v.object({
  line: v.literal('sent'),
  id: v.string(),
  at: v.string(),
  account: v.string(),
  region: v.string(),
  run: v.optional(v.string()),
  entry: v.optional(v.string()),
  operation: v.string(),
  kind: v.picklist(resourceKinds),
  effect: v.picklist(['create', 'update', 'stop', 'delete']),
  name: v.string(),
  usdPerHour: v.optional(v.number()),
});
const Answered = v.object({
  line: v.picklist(['done', 'failed', 'unanswered']),
  id: v.string(),
  at: v.string(),
  requestId: v.optional(v.string()),
  arn: v.optional(v.string()),
  error: v.optional(v.string()),
});
/** Something ended by itself, as a training job does: it costs nothing from then on. */
const Ended = v.object({
  line: v.literal('ended'),
  at: v.string(),
  account: v.string(),
  region: v.string(),
  kind: Sent.entries.kind,
  name: v.string(),
});
const Line = v.variant('line', [Sent, Answered, Ended]);
type Line = v.InferOutput<typeof Line>;

function isAnswer(line: Line): line is v.InferOutput<typeof Answered> {
  return line.line !== 'sent' && line.line !== 'ended';
}

/** Which cloud, and which run of which entry, changes belong to. */
export interface LedgerScope {
  readonly account: string;
  readonly region: string;
  readonly run?: string;
}

/** Something we created, as the ledger knows it. */
export interface LedgerResource {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly arn: string | undefined;
  readonly account: string;
  readonly region: string;
  readonly run: string | undefined;
  readonly entry: string | undefined;
  readonly usdPerHour: number;
  readonly since: Date;
  /** When it was deleted or ended; undefined while it is there. */
  readonly until: Date | undefined;
}

export class Ledger {
  constructor(
    private readonly file: string,
    private readonly now: () => Date,
  ) {}

  /** Notes that a change is about to be sent. Returns how to note its end. */
  async sending(change: Change, facts: ChangeFacts, { account, region, run }: LedgerScope) {
    const id = randomUUID();
    const { operation, kind, effect, name } = change;
    await this.append({
      line: 'sent',
      id,
      at: this.time(),
      account,
      region,
      run,
      entry: facts.entry,
      operation,
      kind,
      effect,
      name,
      usdPerHour: facts.usdPerHour,
    });
    return {
      done: ({ requestId, arn }: Receipt) => this.append({ line: 'done', id, at: this.time(), requestId, arn }),
      failed: (error: string, requestId: string | undefined) =>
        this.append({ line: 'failed', id, at: this.time(), requestId, error }),
      unanswered: (error: string) => this.append({ line: 'unanswered', id, at: this.time(), error }),
    };
  }

  async ended(kind: ResourceKind, name: string, { account, region }: LedgerScope): Promise<void> {
    await this.append({ line: 'ended', at: this.time(), account, region, kind, name });
  }

  /** Everything that was created, the oldest first, with what has become of it. */
  async resources(): Promise<LedgerResource[]> {
    const resources = new Map<string, LedgerResource>();
    const lines = await this.lines();
    const answers = new Map(lines.filter(isAnswer).map((answer) => [answer.id, answer]));
    for (const line of lines) {
      if (isAnswer(line)) continue;
      const key = [line.account, line.region, line.kind, line.name].join(' ');
      const found = resources.get(key);
      if (line.line === 'ended') {
        if (found) resources.set(key, { ...found, until: found.until ?? new Date(line.at) });
        continue;
      }
      const answer = answers.get(line.id);
      // An upload that failed has left what it had sent; of other calls a failed one has made nothing.
      if (answer?.line === 'failed' && line.kind !== 'objects') continue;
      if (line.effect === 'create' || (line.effect === 'update' && found)) {
        const { kind, name, account, region, run, entry } = line;
        const usdPerHour = line.usdPerHour ?? found?.usdPerHour ?? 0;
        const arn = answer?.arn ?? found?.arn;
        const since = found && !found.until ? found.since : new Date(line.at);
        resources.set(key, { kind, name, account, region, run, entry, usdPerHour, arn, since, until: undefined });
      } else if (line.effect === 'delete' && found && answer?.line === 'done') {
        resources.set(key, { ...found, until: new Date(answer.at) });
      }
    }
    return [...resources.values()];
  }

  private time(): string {
    return this.now().toISOString();
  }

  private async append(line: Line): Promise<void> {
    // One short write at the end of the file: lines of two processes do not mix. The leading line end heals a last line
    // that a crash cut short.
    await appendFile(this.file, `\n${JSON.stringify(line)}`).catch((error: unknown) => {
      throw fileError('The ledger cannot be written', error);
    });
  }

  /** Lines that are none (cut short by a crash) are left out. */
  private async lines(): Promise<Line[]> {
    const text = await readFile(this.file, 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
      throw error;
    });
    return text.split('\n').flatMap((line) => {
      const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Line), line);
      return parsed.success ? [parsed.output] : [];
    });
  }
}
