import path from 'node:path';
import { inheritedEnvironment } from '../process/childEnvironment.js';
import type { Interpreters } from '../../../core/interpreter.js';
import { NoOptunaError, type Search, SearchEnded, type SearchSpec, type TuningEngine } from '../tuning.js';
import { OptunaSearch } from './optunaSearch.js';

export interface TuningDependencies {
  readonly interpreters: Pick<Interpreters, 'find' | 'candidates'>;
  /** `--tuner-python`: the one to take. */
  readonly configured: string | undefined;
  /** The environment in which the sandbox was started. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The shipped folder that holds `python/`. */
  readonly resources: string;
}

/** Searches by Optuna, one process each, on the first Python that has it. */
export class OptunaSearches implements TuningEngine {
  private readonly running = new Set<OptunaSearch>();
  private closed = false;

  constructor(private readonly dependencies: TuningDependencies) {}

  async start(spec: SearchSpec): Promise<Search> {
    const refusals: string[] = [];
    for (const python of await this.pythons()) {
      try {
        const search = await OptunaSearch.start(this.programFor(python), spec);
        this.running.add(search);
        void search.ended.then(() => this.running.delete(search));
        if (this.closed) search.close();
        return search;
      } catch (error) {
        if (!(error instanceof SearchEnded)) throw error;
        refusals.push(`${python} (${error.message})`);
      }
    }
    throw new NoOptunaError(
      `Hyperparameter tuning needs Optuna, which no Python here can import: ${refusals.join(', ')}. ` +
        'Install it (python3 -m pip install optuna; on Debian: apt-get install python3-optuna), ' +
        'or start the sandbox with --tuner-python.',
    );
  }

  async close(): Promise<void> {
    this.closed = true;
    const ended = [...this.running].map((search) => search.ended);
    for (const search of this.running) search.close();
    await Promise.all(ended);
  }

  /** The one that was asked for, else the one that runs jobs, else any other that is there. */
  private async pythons(): Promise<readonly string[]> {
    const { configured, interpreters } = this.dependencies;
    if (configured !== undefined) return [configured];
    const [jobs, others] = await Promise.all([
      interpreters.find().then(
        ({ path: found }) => [found],
        () => [], // There may still be one that jobs were not meant to run on.
      ),
      interpreters.candidates(),
    ]);
    return [...new Set([...jobs, ...others])];
  }

  private programFor(python: string) {
    const { environment, resources } = this.dependencies;
    return {
      python,
      script: path.join(resources, 'python', 'tuner.py'),
      environment: {
        ...inheritedEnvironment(environment),
        // Packages in the person's own folder (`~/.local`) count.
        ...(environment['HOME'] !== undefined && { HOME: environment['HOME'] }),
        PYTHONDONTWRITEBYTECODE: 'TRUE',
        // On a machine that is shared with jobs, several threads spend their time waiting.
        OMP_NUM_THREADS: '1',
      },
    };
  }
}
