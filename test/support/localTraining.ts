import path from 'node:path';
import { realTime } from '../../src/sandbox/clock.js';
import { findIsolation } from '../../src/sandbox/engines/process/isolation.js';
import { LocalTraining } from '../../src/sandbox/engines/training/trainingEngine.js';
import { Folders } from '../../src/sandbox/settings.js';
import type { ControlPlane } from './controlPlane.js';

/** The engine that really runs jobs, for `ControlPlane.start`. */
export function localTraining(parts: ControlPlane): LocalTraining {
  return new LocalTraining({
    settings: parts.settings,
    folders: new Folders(parts.folder),
    objects: parts.objects,
    logs: parts.logs,
    metrics: parts.cloudwatch,
    interpreters: parts.interpreters,
    isolation: findIsolation(parts.folder),
    endpoint: () => parts.endpoint,
    environment: process.env,
    resources: path.resolve(import.meta.dirname, '../../resources'),
    clock: realTime,
  });
}
