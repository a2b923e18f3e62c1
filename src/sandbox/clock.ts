/**
 * The time that is simulated: job and metric timestamps, alarms, cooldowns, billing. Signatures, tokens, HTTP dates,
 * S3 and logs use the machine's own time.
 */
export interface Clock {
  now(): Date;
}

export const realTime: Clock = { now: () => new Date() };
