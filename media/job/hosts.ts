import type { HostsView } from '../../src/ui/panels/job.protocol.js';
import { el } from '../shared/dom.js';

const verdicts = {
  good: { icon: 'pass-filled', tone: 'ok', word: 'Yes' },
  bad: { icon: 'error', tone: 'bad', word: 'No' },
  open: { icon: 'question', tone: 'dim', word: 'Not known' },
} as const;

/** Whether the hosts trained together, what that rests on, and what each of them said. */
export function hosts({ verdict, headline, findings, hosts: all }: HostsView): HTMLElement {
  const { icon, tone } = verdicts[({ together: 'good', separate: 'bad', open: 'open' } as const)[verdict]];
  return el(
    'section',
    { class: 'rule hosts' },
    el('h2', { id: 'cooperation' }, mark(icon, tone), headline),
    el(
      'dl',
      { class: 'findings' },
      ...findings.flatMap((finding) => [
        el('dt', {}, finding.question),
        el(
          'dd',
          {},
          mark(verdicts[finding.verdict].icon, verdicts[finding.verdict].tone),
          el('strong', {}, verdicts[finding.verdict].word),
          `. ${finding.answer}`,
          finding.evidence.length > 0 && evidence(finding.evidence),
        ),
      ]),
    ),
    table(
      'What each host said',
      ['Host', 'Lines', 'Samples read', 'Weights in the end', 'Last line'],
      all.map(({ name, lines, samples, weights, end }) => [name, String(lines), samples, weights, end]),
    ),
  );
}

function mark(icon: string, tone: string): HTMLElement {
  return el('span', { class: `codicon codicon-${icon} ${tone}`, 'aria-hidden': 'true' });
}

function evidence(lines: readonly string[]): HTMLElement {
  return el('ul', { class: 'evidence mono dim' }, ...lines.map((line) => el('li', {}, line)));
}

function table(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  return el(
    'table',
    {},
    el('caption', { class: 'dim small' }, caption),
    el('thead', {}, el('tr', {}, ...head.map((name) => el('th', { scope: 'col' }, name)))),
    el('tbody', {}, ...rows.map((cells) => el('tr', {}, ...cells.map((cell) => el('td', { title: cell }, cell))))),
  );
}
