import { messageOf } from '../../core/errors.js';
import { bucketOf, projectNameOf } from '../../launch/session.js';
import { ask, type Asking } from '../../testBench/ask.js';
import { imageKind } from '../../testBench/imageKind.js';
import { labelSources } from '../../testBench/labelSources.js';
import type { LabelSource } from '../../testBench/labels.js';
import type { ModelLabels } from '../../testBench/modelLabels.js';
import { askedOnce, namedClasses, type NamedClasses } from '../../testBench/namedClasses.js';
import type { Reply } from '../../testBench/reply.js';
import { type StagedPicture, stagePicture } from '../../testBench/stagePicture.js';
import type { Question, Target as AskedTarget } from '../../testBench/target.js';
import { changing } from '../commands/mutations.js';
import type { Parts } from '../parts.js';
import type { OpenProject } from '../projectFile/projectFiles.js';
import type { EventTemplate, Input, Target } from './testBench.protocol.js';
import { filled, needsUrl, templatesOf } from './testBenchEvents.js';
import { askedTarget, takesEvent, titleOf } from './testBenchTargets.js';
import { workspaceLabels } from './testBenchWorkspace.js';

/** What a target answered, and the names of its classes. */
interface Told {
  readonly reply: Reply;
  readonly named: NamedClasses | undefined;
}

/** The picture of an input: the page does not send its bytes again. */
export interface GivenPicture {
  readonly bytes: Uint8Array;
  /** Where it was fetched from. */
  readonly url?: string | undefined;
}

/** Asks one target any number of inputs: what is known of it is looked up once. */
export class Asker {
  private readonly sources = new Map<string | undefined, readonly LabelSource[]>();
  private readonly asked: AskedTarget;
  private templates: Promise<readonly EventTemplate[]> | undefined;

  constructor(
    private readonly parts: Parts,
    private readonly asking: Asking,
    private readonly labels: ModelLabels,
    private readonly target: Target,
    private readonly projects: readonly OpenProject[],
  ) {
    this.asked = askedTarget(target, projects, parts);
  }

  /** @param naming told when the answer is there and names are looked for @throws cancellations, and UserErrors */
  async ask(input: Input, picture: GivenPicture | undefined, naming: () => void, signal: AbortSignal): Promise<Told> {
    const event = takesEvent(this.target) ? await this.templateFor(input) : undefined;
    const staged = picture && event !== undefined && needsUrl(event) && picture.url === undefined;
    const copy = staged ? await this.stage(picture.bytes, signal) : undefined;
    try {
      const question = event === undefined ? bodyOf(input, picture) : eventOf(event, picture, copy);
      const reply = await ask(this.asking, this.asked, question, signal);
      if (reply.outcome === 'failure' || reply.reading.kind === 'other') return { reply, named: undefined };
      if (!reply.reading.names) naming();
      return { reply, named: await namedClasses(reply.reading, this.namesOf(reply), signal) };
    } finally {
      await copy?.remove().catch((error: unknown) => {
        this.parts.log.warn(`The copy of the picture stays at ${copy.address}: ${messageOf(error)}`);
      });
    }
  }

  private async templateFor({ event, text }: Input): Promise<string> {
    this.templates ??= templatesOf(this.target, this.projects).then(({ events }) => events);
    return event ?? text ?? (await this.templates)[0]?.text ?? '';
  }

  /** Where a function that takes URLs alone finds a picture of this machine. */
  private async stage(bytes: Uint8Array, signal: AbortSignal): Promise<StagedPicture> {
    const { cloud, mutate } = await changing(this.parts, titleOf(this.target));
    const [open] = this.projects;
    const bucket = bucketOf(open?.reading.project, cloud.connection);
    const prefix = open ? projectNameOf(open.reading.shown, open.folder.name) : 'workbench';
    return stagePicture(cloud, mutate, { bucket, prefix }, bytes, signal);
  }

  /** Looked for once: a batch must not describe its endpoint for every picture. */
  private namesOf(reply: Reply): readonly LabelSource[] {
    const known = this.sources.get(reply.variant);
    if (known) return known;
    const all = [...labelSources(this.asking, this.labels, reply), ...workspaceLabels(this.projects, this.target)];
    const found = all.map(askedOnce);
    this.sources.set(reply.variant, found);
    return found;
  }
}

/** What a model gets: the picture or the text itself. */
function bodyOf({ accept, text, event, contentType }: Input, picture: GivenPicture | undefined): Question {
  if (picture) return { body: picture.bytes, accept, contentType };
  return {
    body: new TextEncoder().encode(text ?? event ?? ''),
    accept,
    contentType: contentType || 'application/json',
  };
}

function eventOf(event: string, picture: GivenPicture | undefined, copy: StagedPicture | undefined): Question {
  const given = picture && {
    bytes: picture.bytes,
    contentType: imageKind(picture.bytes)?.contentType ?? 'application/octet-stream',
    url: picture.url ?? copy?.url,
  };
  return { body: filled(event, given), accept: 'application/json', contentType: 'application/json' };
}
