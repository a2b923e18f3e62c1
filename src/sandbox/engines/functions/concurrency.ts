import { ServiceError } from '../../protocol/service.js';

/**
 * How many invocations may run at a time: of the account, and of functions that have a part of it reserved. Provisioned
 * environments are set aside from either; what they serve is not counted here.
 */
export class Concurrency {
  private readonly reserved = new Map<string, number>();
  private readonly provisioned = new Map<string, number>();
  private readonly running = new Map<string, number>();

  /** @param account of all functions together. */
  constructor(private readonly account: number) {}

  reserve(functionName: string, concurrency: number | undefined): void {
    if (concurrency === undefined) this.reserved.delete(functionName);
    else this.reserved.set(functionName, concurrency);
  }

  /** @param count of all of the function's versions and aliases. */
  provision(functionName: string, count: number): void {
    this.provisioned.set(functionName, count);
  }

  /** A function that is deleted; what runs of it still counts. */
  forget(functionName: string): void {
    this.reserved.delete(functionName);
    this.provisioned.delete(functionName);
  }

  /** Begins an invocation on demand. @throws {ServiceError} TooManyRequestsException */
  begin(functionName: string): void {
    const own = this.reserved.get(functionName);
    if (own !== undefined) {
      const left = own - of(this.provisioned, functionName) - of(this.running, functionName);
      if (left <= 0) throw throttled('ReservedFunctionConcurrentInvocationLimitExceeded');
    } else if (this.unreservedLeft() <= 0) {
      throw throttled('ConcurrentInvocationLimitExceeded');
    }
    this.running.set(functionName, of(this.running, functionName) + 1);
  }

  end(functionName: string): void {
    this.running.set(functionName, of(this.running, functionName) - 1);
  }

  private unreservedLeft(): number {
    const others = (counts: ReadonlyMap<string, number>) =>
      sum([...counts].filter(([name]) => !this.reserved.has(name)).map(([, count]) => count));
    return this.account - sum([...this.reserved.values()]) - others(this.provisioned) - others(this.running);
  }
}

/** Message and members as Lambda's are (erlcloud, erlcloud_lambda_tests: a recorded answer). */
function throttled(reason: string): ServiceError {
  return new ServiceError('TooManyRequestsException', 'Rate Exceeded.', 429, { Reason: reason, Type: 'User' });
}

function of(counts: ReadonlyMap<string, number>, functionName: string): number {
  return counts.get(functionName) ?? 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
