import type { Mutate } from '../aws/change.js';
import { messageOf, requestIdOf, wasAnswered } from '../aws/errors.js';
import type { Ledger, LedgerScope } from './ledger.js';

/**
 * The one way to change a cloud. Each change is in the ledger before it is sent, and again with the service's request id
 * when it is answered, also when it failed: what we made can always be found, and so can what became of it.
 */
export function mutator(ledger: Ledger, scope: LedgerScope, log: (line: string) => void): Mutate {
  return async (change, facts = {}) => {
    const entry = await ledger.sending(change, facts, scope);
    const called = `${change.operation} ${change.name}`;
    // Around the call alone: what was made has not failed because the ledger could not be written after it.
    const receipt = await change.send().catch(async (error: unknown) => {
      const requestId = requestIdOf(error);
      log(`${called}: failed, request ${requestId ?? 'without an id'}: ${messageOf(error)}`);
      await (wasAnswered(error) ? entry.failed(messageOf(error), requestId) : entry.unanswered(messageOf(error)));
      throw error;
    });
    log(`${called}: done, request ${receipt.requestId ?? 'without an id'}`);
    await entry.done(receipt);
    return receipt;
  };
}
