import type { Estimate } from './estimate.js';

/** USD for a GB-second of provisioned concurrency, x86 in us-east-1 (AWS Lambda pricing). */
const usdPerGbSecond = 0.000_004_166_7;

/** What environments that are started ahead cost, called or not. Calls come on top. @param memory MB of each */
export function estimateProvisioned(memory: number, environments: number): Estimate {
  return { usdPerHour: (memory / 1024) * 3600 * usdPerGbSecond * environments };
}

/** What calls cost, x86 in us-east-1 (AWS Lambda pricing). */
export const priceOfCalls = '$0.20 for a million calls and $0.0000166667 for each GB-second of them';
