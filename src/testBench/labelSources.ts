import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Cloud } from '../aws/cloud.js';
import type { Asking } from './ask.js';
import { hasCode } from '../core/errors.js';
import { type LabelSource, readLabels } from './labels.js';
import type { ModelLabels } from './modelLabels.js';
import type { Reply } from './reply.js';

/** Where the model behind a target may have the names of its classes, for an answer that brings none. */
export function labelSources(asking: Asking, models: ModelLabels, { target, variant }: Reply): LabelSource[] {
  switch (target.kind) {
    case 'endpoint':
      return [behind(asking, models, target.name, variant)];
    case 'function':
      return [behindFunction(asking, models, target.name)];
    case 'script': {
      if (target.handler !== undefined) return [];
      const place = { cloud: asking.cloud, reachable: asking.reachable };
      const read = async (signal: AbortSignal) => labelsIn(await asking.scripts.modelFolder(target, place, signal));
      return [{ from: 'labels.json in the model', read }];
    }
  }
}

function behind({ cloud }: Asking, models: ModelLabels, endpoint: string, variant: string | undefined): LabelSource {
  const from = 'labels.json in the model';
  return { from, read: async (signal) => models.source(await cloud(), endpoint, variant).read(signal) };
}

/** A function says in its environment which endpoint it asks. */
function behindFunction({ cloud }: Asking, models: ModelLabels, name: string): LabelSource {
  const read = async (signal: AbortSignal) => {
    const connected = await cloud();
    const endpoint = await endpointOf(connected, name, signal);
    return endpoint === undefined ? undefined : models.source(connected, endpoint, undefined).read(signal);
  };
  return { from: 'labels.json in the model behind the function', read };
}

async function endpointOf({ functions }: Cloud, name: string, signal: AbortSignal): Promise<string | undefined> {
  const environment = (await functions.describe(name, signal))?.environment ?? {};
  return Object.entries(environment).find(([key]) => /ENDPOINT(_NAME)?$/i.test(key))?.[1];
}

async function labelsIn(folder: string): Promise<readonly string[] | undefined> {
  for (const file of ['labels.json', 'code/labels.json']) {
    const text = await readFile(path.join(folder, file), 'utf8').catch((error: unknown) => {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    });
    if (text !== undefined) return readLabels(text);
  }
  return undefined;
}
