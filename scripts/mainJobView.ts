import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import { type MainJobEvent, type MainJobResult, type Step, steps } from '../src/launch/mainJob.js';
import { megabytes } from '../src/launch/gates.js';
import { type Summary, summaryText } from '../src/launch/summary.js';

const titles: Readonly<Record<Step, string>> = {
  upload: 'Upload data and source to S3',
  train: 'Train',
  deploy: 'Deploy',
  predict: 'Predict',
};

/** The main job in a terminal, or in a file: colours and the moving line are for terminals only. */
export class MainJobView {
  private readonly terminal: boolean;
  /** Whether the last line is one that is written over. */
  private moving = false;

  constructor(private readonly out: Pick<WriteStream, 'write'> & { readonly isTTY?: boolean }) {
    this.terminal = out.isTTY === true && process.env['NO_COLOR'] === undefined;
  }

  line(text: string): void {
    this.settle();
    this.out.write(`${text}\n`);
  }

  detail(text: string): void {
    this.line(this.dim(`      ${text}`));
  }

  summary(summary: Summary): void {
    this.line(['', ...summaryText(summary)].join('\n'));
  }

  event(event: MainJobEvent): void {
    switch (event.type) {
      case 'step':
        return this.title(event.step);
      case 'upload': {
        const { files, ofFiles, bytes, ofBytes } = event.progress;
        const text = `  ${event.data}: ${files} of ${ofFiles} files, ${megabytes(bytes)} of ${megabytes(ofBytes)}`;
        if (files === ofFiles) this.line(text);
        else if (this.terminal) this.over(text);
        return;
      }
      case 'phase':
        return this.line(`  ${event.phase.status}: ${event.phase.message}`);
      case 'log':
        for (const { message } of event.lines) this.line(this.dim(`    │ ${plain(message)}`));
        return;
      case 'search': {
        const { trials, maxJobs, best, objective } = event.job;
        const ended = trials.completed + trials.failed + trials.stopped;
        const found = best?.objective === undefined ? '' : `; best ${objective.metric} ${best.objective.toFixed(4)}`;
        return this.line(`  ${ended} of ${maxJobs ?? '?'} trials ended, ${trials.inProgress} running${found}`);
      }
      case 'reused':
        this.title(event.step);
        return this.line(`  ${event.name}: made by an earlier run, and nothing that goes into it has changed since`);
      case 'endpoint':
        return this.line(`  ${event.endpoint.name}: ${event.endpoint.state}`);
    }
  }

  table({ job, metrics, endpoint, predictions, seconds }: MainJobResult): void {
    const total = steps.reduce((sum, step) => sum + seconds[step], 0);
    const rows: [string, string][] = [
      ['Job', job],
      ...Object.entries(metrics).map(([name, value]): [string, string] => [name, value.toFixed(4)]),
      ['Endpoint', endpoint],
      ...predictions.map(({ sample, answer }): [string, string] => {
        const asked = sample.expected === undefined ? 'Prediction' : `Picture of ${sample.expected}`;
        const classes = answer.classes?.slice(0, 3).map(({ name, probability }) => `${name} ${percent(probability)}`);
        return [asked, `${classes?.join(', ') ?? answer.text.slice(0, 100)} (${answer.milliseconds.toFixed(0)} ms)`];
      }),
      [
        'Seconds',
        `${steps.map((step) => `${step} ${seconds[step].toFixed(1)}`).join(', ')}; in all ${total.toFixed(1)}`,
      ],
    ];
    const width = Math.max(...rows.map(([name]) => name.length));
    const rule = '─'.repeat(width + 2);
    this.line(['', rule, ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`), rule].join('\n'));
  }

  private title(step: Step): void {
    const title = `[${steps.indexOf(step) + 1}/${steps.length}] ${titles[step]}`;
    this.line(`\n${this.terminal ? styleText('bold', title) : title}`);
  }

  private dim(text: string): string {
    return this.terminal ? styleText('dim', text) : text;
  }

  /** Writes over the last such line. */
  private over(text: string): void {
    this.out.write(`\r\x1b[K${text}`);
    this.moving = true;
  }

  private settle(): void {
    if (this.moving) this.out.write('\r\x1b[K');
    this.moving = false;
  }
}

/** A script's own escape codes and carriage returns (progress bars) would play with the terminal. */
function plain(message: string): string {
  // eslint-disable-next-line no-control-regex
  return message.replace(/\x1b\[[0-9;?]*[a-zA-Z]/g, '').replace(/[\x00-\x08\x0b-\x1f\x7f]/g, ' ');
}

function percent(probability: number): string {
  return `${(probability * 100).toFixed(1)} %`;
}
