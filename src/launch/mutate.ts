import type { Mutate } from '../aws/change.js';
import { messageOf, requestIdOf } from '../aws/errors.js';
import type { Ledger, LedgerScope } from './ledger.js';

/**
 * The one way to change a cloud. Each change is in the ledger before it is sent, and again with the service's request id
 * when it is answered, also when it failed: what we made can always be found, and so can what became of it.
 */
export function mutator(ledger: Ledger, scope: LedgerScope, log: (line: string) => void): Mutate {
  return async (change, facts = {}) => {
    const entry = await ledger.sending(change, facts, scope);
    try {
      const receipt = await change.send();
      log(`${change.operation} ${change.name}: done, request ${receipt.requestId ?? 'without an id'}`);
      await entry.done(receipt);
      return receipt;
    } catch (error) {
      const requestId = requestIdOf(error);
      log(`${change.operation} ${change.name}: failed, request ${requestId ?? 'without an id'}: ${messageOf(error)}`);
      await entry.failed(messageOf(error), requestId);
      throw error;
    }
  };
}
