import { type Protocol, queryCode, statusOf } from './protocol.js';
import { decodeQuery, encodeXml, parseForm } from './query.js';
import { element, escapeXml } from './xml.js';

/** awsQuery: `Action=…` and dotted parameters in a form, XML back. */
export const awsQuery: Protocol = {
  dialect: 'query',

  read: (model, operation, call) =>
    operation.input === undefined ? {} : decodeQuery(model, operation.input, parseForm(formText(call))),

  write: (model, name, operation, output, requestId) => {
    const members = operation.output ? encodeXml(model, operation.output.shape, output) : '';
    const wrapper = operation.output?.resultWrapper;
    const result = wrapper ? element(wrapper, members) : members;
    const metadata = element('ResponseMetadata', element('RequestId', requestId));
    return reply(200, requestId, element(`${name}Response`, result + metadata, namespace(model.document.metadata)));
  },

  fail: (model, error, requestId) => {
    const known = model?.error(error.code);
    const status = statusOf(model, error);
    const content =
      element('Type', status < 500 ? 'Sender' : 'Receiver') +
      element('Code', escapeXml(queryCode(model, error))) +
      element('Message', escapeXml(error.message)) +
      (model && known ? encodeXml(model, known.name, error.members) : '');
    const body = element('Error', content) + element('RequestId', requestId);
    return reply(status, requestId, element('ErrorResponse', body, namespace(model?.document.metadata)));
  },
};

/** The form, wherever it is: the body, or the query of a GET (which is how presigned calls to STS come). */
export function formText({ body, query }: { readonly body: Uint8Array; readonly query: string }): string {
  return body.length > 0 ? Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8') : query;
}

function namespace(metadata: { readonly xmlNamespace?: string } | undefined): string {
  return metadata?.xmlNamespace ? ` xmlns="${metadata.xmlNamespace}"` : '';
}

function reply(status: number, requestId: string, body: string) {
  return { status, headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId }, body };
}
