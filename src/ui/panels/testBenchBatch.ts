import path from 'node:path';
import { readFile, writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { forEachConcurrent } from '../../core/concurrency.js';
import { messageOf } from '../../core/errors.js';
import { type BatchItem, evenly, judged, summaryOf, tableOf } from '../../testBench/batch.js';
import { type DataPicture, picturesOf } from '../../testBench/pictures.js';
import type { FromPage, ToPage } from './testBench.protocol.js';
import type { Asker } from './testBenchAsk.js';
import type { BatchProgress } from './testBenchBatch.protocol.js';

export type BatchWish = Extract<FromPage, { type: 'batch' }>;

/** Milliseconds between two messages of a batch that runs. */
const pause = 250;
const mostImages = 24;

/** A folder of pictures, asked one by one: the last batch of a panel, and what is shown of it. */
export class Batches {
  private items: BatchItem[] = [];
  private shown: BatchProgress | undefined;

  constructor(
    private readonly webview: Pick<vscode.Webview, 'asWebviewUri'>,
    private readonly post: (message: ToPage) => void,
  ) {}

  /** @param missing why nothing may be asked; @param asking the target, once it can be asked */
  async run(
    wish: BatchWish,
    missing: string | undefined,
    asking: () => Promise<Asker>,
    signal: AbortSignal,
  ): Promise<void> {
    const start = performance.now();
    const items: BatchItem[] = [];
    this.items = items;
    let total = 0;
    const tell = (state: BatchProgress['state'], problem?: string) => {
      const { id, target, folder } = wish;
      const elapsed = performance.now() - start;
      this.show({
        ...{ type: 'batch', id, target, folder, state, total, elapsed },
        ...summaryOf(items, folder),
        ...(problem !== undefined && { problem }),
      });
    };
    if (missing !== undefined) return tell('failed', missing);
    tell('running');
    const ticking = setInterval(() => tell('running'), pause);
    try {
      const asker = await asking();
      const pictures = evenly(await picturesOf(wish.folder), wish.most);
      total = pictures.length;
      await forEachConcurrent(pictures, wish.parallel, signal, async (picture, either) => {
        items.push(await answerTo(asker, wish, picture, either));
      });
      tell(total === 0 ? 'failed' : 'done', total === 0 ? 'There is no picture in this folder.' : undefined);
    } catch (error) {
      if (signal.aborted) tell('cancelled');
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
    const found = this.items.filter((item) => item.truth === truth && item.predicted === predicted);
    this.post({
      ...{ type: 'cellImages', truth, predicted, count: found.length },
      images: found.slice(0, mostImages).map(({ file, probability = 0 }) => {
        const uri = vscode.Uri.file(file);
        const source = this.webview.asWebviewUri(uri).toString();
        return { name: path.basename(file), source, url: uri.toString(), probability };
      }),
    });
  }

  async exportCsv(): Promise<void> {
    const { folder } = this.shown ?? {};
    if (folder === undefined) return;
    const place = vscode.Uri.file(path.join(path.dirname(folder), `${path.basename(folder)}-answers.csv`));
    const to = await vscode.window.showSaveDialog({ defaultUri: place, filters: { CSV: ['csv'] } });
    if (!to) return;
    await writeFile(to.fsPath, tableOf(this.items, folder));
    await vscode.window.showTextDocument(to);
  }

  private show(progress: BatchProgress): void {
    this.shown = progress;
    this.post(progress);
  }
}

async function answerTo(asker: Asker, wish: BatchWish, picture: DataPicture, signal: AbortSignal): Promise<BatchItem> {
  const { contentType, event } = wish;
  const bytes = await readFile(picture.file);
  const input = { contentType, accept: 'application/json', ...(event !== undefined && { event }) };
  const { reply, named } = await asker.ask(input, { bytes }, () => undefined, signal);
  return judged(picture, reply, named);
}
