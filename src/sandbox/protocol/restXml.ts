import type { Reply } from './protocol.js';
import type { ServiceError } from './service.js';
import { element, escapeXml, xmlDeclaration } from './xml.js';

/** An error as S3 writes it. The answer to a HEAD has no body, which Node's HTTP sees to. */
export function s3Error(error: ServiceError, requestId: string): Reply {
  const members = Object.entries(error.members).map(([name, value]) => element(name, escapeXml(String(value))));
  const content =
    element('Code', escapeXml(error.code)) +
    element('Message', escapeXml(error.message)) +
    members.join('') +
    element('RequestId', requestId);
  return {
    status: error.status,
    headers: { 'content-type': 'application/xml', 'x-amz-request-id': requestId },
    body: xmlDeclaration + element('Error', content),
  };
}
