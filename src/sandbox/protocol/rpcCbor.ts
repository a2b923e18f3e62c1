import type { ServiceError } from './service.js';
import type { Reply } from './protocol.js';

/**
 * A refusal in the words of smithy-rpc-v2-cbor, which the sandbox does not speak otherwise: so that a client of that
 * protocol shows the message instead of failing on the answer. One CBOR map of text strings (RFC 8949).
 */
export function refuseCbor(error: ServiceError, requestId: string): Reply {
  const members = { __type: error.code, message: error.message };
  const entries = Object.entries(members).flat().map(text);
  return {
    status: error.status,
    headers: {
      'content-type': 'application/cbor',
      'smithy-protocol': 'rpc-v2-cbor',
      'x-amzn-requestid': requestId,
    },
    body: Buffer.concat([Buffer.of(0xa0 + Object.keys(members).length), ...entries]),
  };
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const head = Buffer.alloc(3);
  // Major type 3, length in the two bytes that follow.
  head.writeUInt8(0x79);
  head.writeUInt16BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}
