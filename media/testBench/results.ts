import type { Comparison, FromPage, Outcome, Target } from '../../src/ui/panels/testBench.protocol.js';
import type { CellImages } from '../../src/ui/panels/testBenchBatch.protocol.js';
import { el } from '../shared/dom.js';
import { type AnswerActions, showAnswer, showFailure } from './answer.js';
import { showBatch } from './batch.js';
import { showComparison } from './comparison.js';
import { evidence } from './evidence.js';
import { historyTable, inputName } from './history.js';
import { note } from './note.js';
import { type HistoryEntry, kept, type Kept, keptComparison, withEntry } from './state.js';
import { isSame } from './targets.js';
import { type Pending, showWaiting, type Waiting } from './waiting.js';

export interface ResultActions {
  say(message: FromPage): void;
  /** What is kept has changed. */
  keep(): void;
  fetch(url: string): void;
  /** Takes the input of an entry back. Whether it did: not while something runs. */
  recall(entry: HistoryEntry): boolean;
  send(): void;
}

const whatGoesOn = {
  endpoint: 'The model may go on with it: SageMaker does not take a request back.',
  function: 'The function goes on until it has finished: Lambda does not take a call back.',
  script: 'The script was ended.',
} satisfies Record<Target['kind'], string>;

/** What came of what was sent: an answer, a comparison or a batch, its evidence, and the sends before it. */
export class Results {
  readonly answer = el('div', { class: 'ans', 'aria-live': 'polite' });
  readonly evidence = el('div', { class: 'evidence' });
  readonly history = el('section', { class: 'rule' });
  /** The whole of what `now.outcome` and `now.comparison` keep a part of. */
  private outcome: Outcome | undefined;
  private comparison: Comparison | undefined;
  private cell: CellImages | undefined;
  private waiting: Waiting | undefined;
  /** Of the send that was cancelled last, above what was shown before it. */
  private cancelledNote: HTMLElement | undefined;

  constructor(
    private readonly now: Kept,
    private readonly actions: ResultActions,
  ) {
    this.outcome = now.outcome;
    this.comparison = now.comparison;
  }

  /** Whether this is shown already: a page that comes back is told again what it may know. */
  knows(id: number): boolean {
    return [this.now.outcome?.id, this.now.comparison?.id].includes(id);
  }

  add(ended: Outcome | Comparison): void {
    const { sent } = this.now;
    const outcomes = ended.type === 'comparison' ? ended.outcomes : [ended];
    this.now.input = inputName(sent);
    for (const outcome of outcomes) this.now.history = withEntry(this.now.history, { ...sent, outcome });
    this.choose(ended.type === 'comparison' ? undefined : ended, ended.type === 'comparison' ? ended : undefined);
    this.drawHistory();
  }

  cancelled({ kind }: Target): void {
    this.cancelledNote = note('info', 'Cancelled', whatGoesOn[kind]);
  }

  /** Nothing of a new input is known yet. */
  clear(): void {
    this.choose(undefined);
  }

  showCell(cell: CellImages | undefined): void {
    this.cell = cell;
  }

  private choose(outcome: Outcome | undefined, comparison?: Comparison): void {
    this.cancelledNote = undefined;
    this.outcome = outcome;
    this.comparison = comparison;
    this.now.outcome = outcome && kept(outcome);
    this.now.comparison = comparison && keptComparison(comparison);
    this.actions.keep();
  }

  /** @param fetching the URL of a picture that is on its way */
  draw(pending: Pending | undefined, fetching: string | undefined): void {
    this.waiting?.stop();
    this.waiting = undefined;
    const waits = pending !== undefined || fetching !== undefined;
    this.answer.setAttribute('aria-busy', String(waits));
    this.evidence.replaceChildren();
    if (waits) {
      this.cancelledNote = undefined;
      this.waiting = showWaiting(pending, fetching ?? '', () => this.actions.say({ type: 'cancel' }));
      return this.answer.replaceChildren(...this.waiting.shown);
    }
    if (this.now.tab === 'folder') return this.answer.replaceChildren(...this.shownBatch());
    this.answer.replaceChildren(...(this.cancelledNote ? [this.cancelledNote] : []), ...this.shownAnswer());
  }

  private shownAnswer(): HTMLElement[] {
    const { outcome, comparison } = this;
    const { top } = this.now;
    const { say } = this.actions;
    if (comparison) {
      return showComparison(comparison, top, (one) => {
        this.choose(one);
        this.draw(undefined, undefined);
      });
    }
    if (!outcome) return [el('p', { class: 'dim empty' }, 'The answer appears here.')];
    const actions: AnswerActions = {
      copy: (text) => say({ type: 'copy', text }),
      showLog: (target) => say({ type: 'showLog', target }),
      deploy: () => say({ type: 'deploy' }),
      showTop: (classes) => {
        this.now.top = classes;
        this.actions.keep();
        this.draw(undefined, undefined);
      },
    };
    const cold = this.now.history.find((one) => one.outcome.cold && isSame(one.outcome.target, outcome.target));
    this.evidence.replaceChildren(...evidence(outcome, cold?.outcome, () => actions.showLog(outcome.target)));
    return outcome.type === 'answer'
      ? showAnswer(outcome, this.now.input, top, actions)
      : showFailure(outcome, actions);
  }

  private shownBatch(): HTMLElement[] {
    const { batchResult } = this.now;
    if (!batchResult) return [el('p', { class: 'dim empty' }, 'What is right and what is confused appears here.')];
    const { say, fetch } = this.actions;
    return showBatch(batchResult, this.cell, {
      cancel: () => say({ type: 'cancel' }),
      cell: (truth, predicted) => say({ type: 'cell', truth, predicted }),
      open: fetch,
      exportCsv: () => say({ type: 'exportBatch' }),
    });
  }

  drawHistory(): void {
    this.history.hidden = this.now.history.length === 0;
    const recalled = (index: number): HistoryEntry | undefined => {
      const entry = this.now.history[index];
      return entry && this.actions.recall(entry) ? entry : undefined;
    };
    const actions = {
      show: (index: number) => {
        const entry = recalled(index);
        if (!entry) return;
        this.now.input = inputName(entry);
        this.choose(entry.outcome);
        this.draw(undefined, undefined);
        this.drawHistory();
      },
      replay: (index: number) => {
        if (recalled(index)) this.actions.send();
      },
      clear: () => {
        this.now.history = [];
        this.actions.keep();
        this.drawHistory();
      },
    };
    this.history.replaceChildren(...historyTable(this.now.history, this.now.outcome?.id, actions));
  }
}
