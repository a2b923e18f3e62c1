import { ask, type Asking } from '../../testBench/ask.js';
import type { LabelSource } from '../../testBench/labels.js';
import type { ModelLabels } from '../../testBench/modelLabels.js';
import { askedOnce, namedClasses, type NamedClasses } from '../../testBench/namedClasses.js';
import type { Reply } from '../../testBench/reply.js';
import type { Question, Target as AskedTarget } from '../../testBench/target.js';
import type { Parts } from '../parts.js';
import type { OpenProject } from '../projectFile/projectFiles.js';
import type { EventTemplate, Input, Target } from './testBench.protocol.js';
import { filled, templatesOf } from './testBenchEvents.js';
import { askedTarget, takesEvent } from './testBenchTargets.js';
import { workspaceLabels } from './testBenchWorkspace.js';

/** What a target answered, and the names of its classes. */
export interface Told {
  readonly reply: Reply;
  readonly named: NamedClasses | undefined;
}

/** The picture of an input: the page does not send its bytes again. */
export interface GivenPicture {
  readonly bytes: Uint8Array;
  readonly url?: string | undefined;
}

/** Asks one target any number of inputs: what is known of it is looked up once. */
export class Asker {
  private readonly sources = new Map<string, readonly LabelSource[]>();
  private templates: Promise<readonly EventTemplate[]> | undefined;

  private readonly asked: AskedTarget;

  constructor(
    parts: Parts,
    private readonly asking: Asking,
    private readonly labels: ModelLabels,
    private readonly target: Target,
    private readonly projects: readonly OpenProject[],
  ) {
    this.asked = askedTarget(target, projects, parts);
  }

  /** @param naming told when the answer is there and names are looked for @throws cancellations, and UserErrors */
  async ask(input: Input, picture: GivenPicture | undefined, naming: () => void, signal: AbortSignal): Promise<Told> {
    const question = await this.question(input, picture, signal);
    const reply = await ask(this.asking, this.asked, question, signal);
    if (reply.outcome === 'failure' || reply.reading.kind === 'other') return { reply, named: undefined };
    if (!reply.reading.names) naming();
    return { reply, named: await namedClasses(reply.reading, await this.namesOf(reply.variant), signal) };
  }

  /** A model's body is the picture or the text itself; a function's event has the picture filled in. */
  private async question(input: Input, picture: GivenPicture | undefined, signal: AbortSignal): Promise<Question> {
    const { accept, text, event } = input;
    if (!takesEvent(this.target)) {
      const contentType = input.contentType || (picture ? '' : 'application/json');
      return { body: picture?.bytes ?? new TextEncoder().encode(text ?? event ?? ''), accept, contentType };
    }
    const [likeliest] = event === undefined && text === undefined ? await this.known() : [];
    const template = event ?? text ?? likeliest?.text ?? '';
    return {
      ...{ accept, contentType: 'application/json' },
      body: await filled(template, picture, this.asking, this.projects, signal),
    };
  }

  private known(): Promise<readonly EventTemplate[]> {
    this.templates ??= templatesOf(this.target, this.projects).then(({ events }) => events);
    return this.templates;
  }

  /** Looked for once: a batch must not describe its endpoint for every picture. */
  private async namesOf(variant: string | undefined): Promise<readonly LabelSource[]> {
    const key = variant ?? '';
    const known = this.sources.get(key);
    if (known) return known;
    const { target } = this;
    const model =
      target.kind === 'endpoint' ? [this.labels.source(await this.asking.cloud(), target.name, variant)] : [];
    const found = [...model, ...workspaceLabels(this.projects, target)].map(askedOnce);
    this.sources.set(key, found);
    return found;
  }
}
