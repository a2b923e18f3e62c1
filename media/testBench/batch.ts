import type { BatchProgress, Cell, CellImages } from '../../src/ui/panels/testBenchBatch.protocol.js';
import { el } from '../shared/dom.js';
import { batchSays, type Confusion, confusionOf, topConfusions } from './confusion.js';
import { count, percent } from './format.js';
import { link, note } from './note.js';
import { nameOf } from './targets.js';

export interface BatchActions {
  cancel(): void;
  cell(truth: string, predicted: string): void;
  /** Takes a picture of a cell into the bench. */
  open(url: string): void;
  exportCsv(): void;
}

const mostConfusions = 8;
/** Above it a cell has no room for its number. */
const mostNumbers = 24;

/** How a batch goes, and what came of it. */
export function showBatch(batch: BatchProgress, cell: CellImages | undefined, actions: BatchActions): HTMLElement[] {
  const { state, done, total, top5Accuracy, failed, elapsed, target, problem } = batch;
  const running = state === 'running';
  const seconds = elapsed / 1000;
  const rate = done > 0 && seconds > 0 ? `${(done / seconds).toFixed(1)} a second` : '';
  const facts = [
    nameOf(target),
    `${count(done)} of ${count(total)} pictures`,
    `${seconds.toFixed(1)} s`,
    rate,
    top5Accuracy !== undefined && `true class among the first five: ${percent(top5Accuracy)}`,
    failed > 0 && `${count(failed)} without an answer`,
  ].filter(Boolean);
  const cancel = el('vscode-button', { secondary: true, id: 'cancel' }, 'Cancel');
  cancel.addEventListener('click', () => actions.cancel());
  return [
    el('div', { class: 'ah' }, el('p', { class: 'eyebrow' }, facts.join(' · ')), el('h1', {}, batchSays(batch))),
    ...(running ? [progress(done, total), cancel] : []),
    ...(problem === undefined ? [] : [note('error', problem, '')]),
    ...batch.failures.map(({ message, count: times, example }) =>
      note('warning', message, `${count(times)} ${times === 1 ? 'picture' : 'pictures'}, ${example} among them.`),
    ),
    ...(batch.cells.length > 0 ? [matrixFigure(batch, actions)] : []),
    ...(cell ? [cellImages(cell, actions)] : []),
    ...(batch.cells.length > 0 ? [confusions(batch.cells, actions)] : []),
    ...(!running && done > 0
      ? [
          el(
            'p',
            { class: 'small' },
            link('Export as CSV…', () => actions.exportCsv()),
          ),
        ]
      : []),
  ];
}

function progress(done: number, total: number): HTMLElement {
  return el('progress', { max: total, value: done, 'aria-label': `${done} of ${total} pictures` });
}

function matrixFigure({ cells }: BatchProgress, actions: BatchActions): HTMLElement {
  const confusion = confusionOf(cells);
  const { classes } = confusion;
  return el(
    'figure',
    { class: 'confusion rule' },
    el(
      'figcaption',
      {},
      el(
        'div',
        {},
        el('h2', {}, matrixSays(cells)),
        el(
          'p',
          { class: 'dim small' },
          `True class by row, answer by column; ${classes.length} classes occur. A cell shows its pictures.`,
        ),
      ),
    ),
    el(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Confusion matrix' },
      matrix(confusion, actions),
    ),
  );
}

function matrixSays(cells: readonly Cell[]): string {
  const [worst] = topConfusions(cells, 1);
  if (!worst) return 'Nothing was confused';
  return `${worst.truth} is most often taken for ${worst.predicted}: ${count(worst.count)} ${worst.count === 1 ? 'time' : 'times'}`;
}

/** A table itself, so it needs no twin: a cell that counts something is a button. */
function matrix({ classes, counts, largest }: Confusion, actions: BatchActions): HTMLElement {
  const small = classes.length > mostNumbers;
  const head = classes.map((name) => el('th', { scope: 'col', title: name }, el('span', {}, name)));
  const body = counts.map((row, at) => {
    const truth = classes[at] ?? '';
    const cells = row.map((number, column) => {
      if (number === 0) return el('td', {});
      const predicted = classes[column] ?? '';
      const right = column === at;
      const label = `${truth} answered as ${predicted}: ${number}`;
      const button = el('button', { type: 'button', title: label, 'aria-label': label }, small ? '' : count(number));
      button.addEventListener('click', () => actions.cell(truth, predicted));
      // The frequent ones are stronger; none is too pale to be seen, nor too strong for its number to be read.
      const [least, more] = small ? [30, 50] : [12, 20];
      button.style.setProperty('--share', `${Math.round(least + (number / largest) * more)}%`);
      return el('td', { class: right ? 'right' : 'wrong' }, button);
    });
    return el('tr', {}, el('th', { scope: 'row' }, truth), ...cells);
  });
  return el(
    'table',
    { class: small ? 'matrix small' : 'matrix' },
    el('thead', {}, el('tr', {}, el('td', {}), ...head)),
    el('tbody', {}, ...body),
  );
}

function confusions(cells: readonly Cell[], actions: BatchActions): HTMLElement {
  const top = topConfusions(cells, mostConfusions);
  const byTruth = new Map<string, number>();
  for (const { truth, count: times } of cells) byTruth.set(truth, (byTruth.get(truth) ?? 0) + times);
  const rows = top.map(({ truth, predicted, count: times }) =>
    el(
      'tr',
      {},
      el('td', {}, truth),
      el(
        'td',
        {},
        link(predicted, () => actions.cell(truth, predicted)),
      ),
      el('td', { class: 'num' }, count(times)),
      el('td', { class: 'num' }, percent(times / (byTruth.get(truth) ?? times))),
    ),
  );
  if (rows.length === 0) return el('section', {});
  const head = ['True class', 'Taken for', 'Pictures', 'Of its class'].map((name, column) =>
    el('th', { scope: 'col', class: column > 1 && 'num' }, name),
  );
  return el(
    'section',
    {},
    el('h2', {}, 'What is confused most'),
    el('table', {}, el('thead', {}, el('tr', {}, ...head)), el('tbody', {}, ...rows)),
  );
}

function cellImages({ truth, predicted, count: all, images }: CellImages, actions: BatchActions): HTMLElement {
  const shown = images.map(({ name, source, url, probability }) => {
    const label = `${name}, ${percent(probability)}: test it alone`;
    const button = el('button', { type: 'button', title: label }, el('img', { src: source, alt: label }));
    button.addEventListener('click', () => actions.open(url));
    return button;
  });
  const title = truth === predicted ? `${truth}, answered right` : `${truth}, taken for ${predicted}`;
  const more = all > images.length ? `, the first ${images.length} of them` : '';
  return el(
    'section',
    { class: 'cell' },
    el('h2', {}, title),
    el(
      'p',
      { class: 'small dim' },
      `${count(all)} ${all === 1 ? 'picture' : 'pictures'}${more}. A click tests one alone.`,
    ),
    el('div', { class: 'thumbs' }, ...shown),
  );
}
