import { ServiceError } from '../../protocol/service.js';
import { notImplemented } from '../refusals.js';
import { statistic, type Statistic } from './statistics.js';

/** 1, 5, 10, 20 or 30 seconds, or whole minutes (GetMetricData and GetMetricStatistics, API reference). */
export function checkPeriod(seconds = 0): void {
  if ([1, 5, 10, 20, 30].includes(seconds) || (seconds > 0 && seconds % 60 === 0)) return;
  throw invalid(`The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60, and not ${seconds}.`);
}

export function knownStatistic(name: string): Statistic {
  const known = statistic(name);
  if (known) return known;
  if (/^(tm|wm|tc|ts|pr|iqm)/i.test(name)) throw notImplemented(`the statistic ${name}`);
  throw invalid(`The value ${name} for parameter Stat is not supported.`);
}

export function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValueException', message);
}
