import type { Cloud } from '../aws/cloud.js';
import { UserError } from '../core/errors.js';
import { askEndpoint } from './askEndpoint.js';
import { askFunction } from './askFunction.js';
import type { Reply } from './reply.js';
import type { Question, Target } from './target.js';

export async function ask(
  cloud: Cloud | undefined,
  target: Target,
  question: Question,
  signal: AbortSignal,
): Promise<Reply> {
  if (target.kind === 'script' || !cloud) throw new UserError('not yet');
  return target.kind === 'endpoint'
    ? askEndpoint(cloud, target, question, signal)
    : askFunction(cloud, target, question, signal);
}
