/**
 * US dollars for a second of a GB that is provisioned, on x86 in us-east-1: AWS's price list, AWSLambda, group
 * AWS-Lambda-Provisioned-Concurrency, rate BMKCD2ZCEYKTYYCB.JRTCKXETXF.6YS6EN2CT7. Calls come on top of it.
 */
const provisionedGbSecond = 0.0000041667;

/**
 * What environments that are provisioned cost an hour, used or not. Undefined where the price is not known: arm64.
 * @param memory MB of each; Lambda's GB are of 1024 MB
 */
export function provisionedPerHour(count: number, memory: number, architecture: string): number | undefined {
  return architecture === 'x86_64' ? (count * memory * provisionedGbSecond * 3600) / 1024 : undefined;
}
