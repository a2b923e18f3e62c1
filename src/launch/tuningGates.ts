import type { Range, TuningJob } from '../project/jobs.js';
import { combinations, trialsOf } from '../project/tuningFaults.js';
import type { Gate } from './gates.js';

/** As many as an account can have at a time unless it asks for more (Resource Limits for Automatic Model Tuning). */
const usualParallelJobs = 10;

/** What is searched, and whether the search can learn from its trials. What cannot be searched at all is no project. */
export function searchGate(job: TuningJob): Gate {
  const id = 'search';
  const { strategy, ranges, maxParallelJobs } = job;
  const trials = trialsOf(job);
  const total = combinations(ranges);
  const evidence = [
    `${strategy}: ${trials} trials${isFinite(total) ? ` of ${total} combinations` : ''}, ${maxParallelJobs} at a time`,
    ...Object.entries(ranges).map(([name, range]) => `${name} ${describeRange(range)}`),
  ].join('; ');
  if (maxParallelJobs > usualParallelJobs) {
    const fix = `Have the quota raised, or set "maxParallelJobs" to ${usualParallelJobs} at most.`;
    return { id, level: 'amber', evidence: `${evidence}; an account has ${usualParallelJobs} at a time at first`, fix };
  }
  if (strategy === 'Bayesian' && trials > 1 && maxParallelJobs * 2 > trials) {
    return {
      id,
      level: 'amber',
      evidence: `${evidence}; more than half of the trials begin before any has a result, so they are chosen at random`,
      fix: 'Set "maxParallelJobs" lower or "maxJobs" higher, or the strategy to "Random".',
    };
  }
  return { id, level: 'green', evidence };
}

export function objectiveGate({ objective: { metric, type }, metrics }: TuningJob): Gate {
  return { id: 'objective', level: 'green', evidence: `${type} ${metric}, read by ${metrics[metric]}` };
}

function describeRange(range: Range): string {
  if (Array.isArray(range)) return range.join(', ');
  const scaling = range.scaling === 'Auto' ? '' : `, ${range.scaling}`;
  return `${range.min} to ${range.max}${range.type === 'integer' ? ', integer' : ''}${scaling}`;
}
