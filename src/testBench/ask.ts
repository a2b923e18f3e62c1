import type { Cloud } from '../aws/cloud.js';
import { askEndpoint } from './askEndpoint.js';
import { askFunction } from './askFunction.js';
import { askScript } from './askScript.js';
import { imageKind } from './imageKind.js';
import type { LocalScripts } from './localScripts.js';
import type { Reply } from './reply.js';
import type { ScriptCloud } from './scriptEnvironment.js';
import type { Question, Target } from './target.js';

/** What is needed to ask anybody. */
export interface Asking {
  /** Connects when it must; a script asks only for a model that is not here yet. */
  readonly cloud: () => Promise<Cloud>;
  readonly scripts: LocalScripts;
  /** What scripts may call: the sandbox where it is the active connection, else nothing (`scriptEnvironment`). */
  readonly reachable?: ScriptCloud | undefined;
}

/**
 * Asks once, whoever it is; nothing is tried again.
 * @throws cancellations, and what keeps the cloud from being connected to
 */
export async function ask(asking: Asking, target: Target, question: Question, signal: AbortSignal): Promise<Reply> {
  const contentType = question.contentType || (imageKind(question.body)?.contentType ?? 'application/octet-stream');
  const whole = { ...question, contentType };
  switch (target.kind) {
    case 'endpoint':
      return askEndpoint(await asking.cloud(), target, whole, signal);
    case 'function':
      return askFunction(await asking.cloud(), target, whole, signal);
    case 'script': {
      const place = { cloud: asking.cloud, reachable: asking.reachable };
      return askScript(asking.scripts, target, whole, place, signal);
    }
  }
}
