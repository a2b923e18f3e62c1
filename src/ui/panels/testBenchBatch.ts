import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { messageOf, UserError } from '../../core/errors.js';
import { type BatchRow, runBatch, whyCancelled } from '../../testBench/batch.js';
import { picturesOf, summarize } from '../../testBench/confusion.js';
import { picturesIn } from '../../testBench/pictures.js';
import { resultsCsv } from '../../testBench/resultsCsv.js';
import type { FromPage, ToPage } from './testBench.protocol.js';
import type { Asker } from './testBenchAsk.js';
import type { BatchProgress } from './testBenchBatch.protocol.js';

export type BatchWish = Extract<FromPage, { type: 'batch' }>;

/** Milliseconds between two messages of a batch that runs. */
const pause = 250;
const mostImages = 24;
/** Reasons of failures that are told apart. */
const mostFailures = 3;

/** A folder of pictures, asked one by one: the last batch of a panel, and what is shown of it. */
export class Batches {
  private rows: readonly BatchRow[] = [];
  private shown: BatchProgress | undefined;

  constructor(
    private readonly webview: Pick<vscode.Webview, 'asWebviewUri'>,
    private readonly post: (message: ToPage) => void,
  ) {}

  /** @param missing why nothing may be asked @param asking the target, once it can be asked */
  async run(
    wish: BatchWish,
    missing: string | undefined,
    asking: () => Promise<Asker>,
    signal: AbortSignal,
  ): Promise<void> {
    const { id, target, folder, most, parallel } = wish;
    const start = performance.now();
    const rows: BatchRow[] = [];
    this.rows = rows;
    let total = 0;
    const tell = (state: BatchProgress['state'], problem?: string) => {
      const elapsed = performance.now() - start;
      const told = { type: 'batch', id, target, folder, state, total, elapsed } as const;
      this.show({ ...told, ...summaryOf(this.rows), ...(problem !== undefined && { problem }) });
    };
    if (missing !== undefined) return tell('failed', missing);
    tell('running');
    const ticking = setInterval(() => tell('running'), pause);
    try {
      const pictures = evenly(await picturesIn(folder, signal), most);
      if (pictures.length === 0) throw new UserError('There is no picture in this folder.');
      total = pictures.length;
      const asker = await asking();
      const ask = async ({ file }: { readonly file: string }, either: AbortSignal) => {
        const { reply, named } = await asker.ask(
          inputOf(wish),
          { bytes: await readFile(file) },
          () => undefined,
          either,
        );
        return { reply, classes: named?.rows[0] };
      };
      const progress = (_done: number, row: BatchRow) => void rows.push(row);
      const result = await runBatch(pictures, ask, { concurrency: parallel, progress }, signal);
      this.rows = result.rows;
      tell(result.cancelled ? 'cancelled' : 'done', result.why);
    } catch (error) {
      if (signal.aborted) tell('cancelled', whyCancelled(signal));
      else tell('failed', messageOf(error));
    } finally {
      clearInterval(ticking);
    }
  }

  /** To a page that was hidden meanwhile. */
  showAgain(): void {
    if (this.shown) this.post(this.shown);
  }

  showCell(truth: string, predicted: string): void {
    const found = picturesOf(this.rows, truth, predicted);
    this.post({
      ...{ type: 'cellImages', truth, predicted, count: found.length },
      images: found.slice(0, mostImages).map(({ picture, best }) => {
        const uri = vscode.Uri.file(picture.file);
        const source = this.webview.asWebviewUri(uri).toString();
        return { name: picture.name, source, url: uri.toString(), probability: best[0]?.probability ?? 0 };
      }),
    });
  }

  async exportCsv(): Promise<void> {
    const { folder } = this.shown ?? {};
    if (folder === undefined) return;
    const place = vscode.Uri.file(path.join(path.dirname(folder), `${path.basename(folder)}-answers.csv`));
    const to = await vscode.window.showSaveDialog({ defaultUri: place, filters: { CSV: ['csv'] } });
    if (!to) return;
    await writeFile(to.fsPath, resultsCsv(this.rows));
    await vscode.window.showTextDocument(to);
  }

  private show(progress: BatchProgress): void {
    this.shown = progress;
    this.post(progress);
  }
}

function inputOf({ contentType, event }: BatchWish) {
  return { contentType, accept: 'application/json', ...(event !== undefined && { event }) };
}

/** So many of a list, evenly taken; 0: all. */
function evenly<T>(all: readonly T[], most: number): readonly T[] {
  if (most === 0 || all.length <= most) return all;
  return Array.from({ length: most }, (_, index) => all[Math.floor((index * all.length) / most)]!);
}

function summaryOf(rows: readonly BatchRow[]) {
  const { failed, known, accuracy, top5Accuracy, classes, matrix } = summarize(rows);
  const cells = matrix.flatMap((counts, row) =>
    counts.flatMap((count, column) =>
      count > 0 ? [{ truth: classes[row]!.name, predicted: classes[column]!.name, count }] : [],
    ),
  );
  const failures = new Map<string, { message: string; count: number; example: string }>();
  for (const row of rows) {
    if (row.outcome === 'answer') continue;
    const same = failures.get(row.message);
    if (same) same.count += 1;
    else failures.set(row.message, { message: row.message, count: 1, example: row.picture.name });
  }
  return {
    ...{ done: rows.length, failed, judged: known, cells },
    failures: [...failures.values()].sort((a, b) => b.count - a.count).slice(0, mostFailures),
    ...(accuracy !== undefined && { accuracy }),
    ...(top5Accuracy !== undefined && { top5Accuracy }),
  };
}
