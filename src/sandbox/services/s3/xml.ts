import { element, escapeXml, xmlDeclaration } from '../../protocol/xml.js';
import { s3Error } from './errors.js';

const namespace = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

/** A whole answer; `content` is XML already. */
export function xmlDocument(root: string, ...content: string[]): string {
  return xmlDeclaration + element(root, content.join(''), namespace);
}

export function xmlElement(name: string, ...content: string[]): string {
  return element(name, content.join(''));
}

/** An element with text; nothing at all when there is no value. */
export function xmlText(name: string, value: string | number | boolean | undefined): string {
  return value === undefined ? '' : element(name, escapeText(String(value)));
}

/**
 * Keys may hold characters that XML 1.0 does not know even as references; S3 writes references all the same, and clients
 * that have such keys ask for `encoding-type=url`.
 */
function escapeText(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return escapeXml(text).replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, (character) => {
    return `&#x${character.charCodeAt(0).toString(16)};`;
  });
}

/** An element of a request's body. Namespaces and attributes mean nothing to S3. */
export class XmlElement {
  readonly children: XmlElement[] = [];
  text = '';

  constructor(readonly name: string) {}

  all(name: string): XmlElement[] {
    return this.children.filter((child) => child.name === name);
  }

  /** Text of the one child of this name; undefined when there is none. */
  textOf(name: string): string | undefined {
    const [found, ...more] = this.all(name);
    if (more.length > 0) throw s3Error('MalformedXML');
    return found?.text;
  }

  required(name: string): string {
    const text = this.textOf(name);
    if (text === undefined) throw s3Error('MalformedXML');
    return text;
  }
}

/** One piece of markup, or text up to the next one. */
const token = /<\?[^]*?\?>|<!--[^]*?-->|<!\[CDATA\[([^]*?)\]\]>|<(\/?)([^\s<>/!?]+)(?:\s[^<>]*?)?(\/?)>|([^<]+)/y;
const deepest = 16;

/**
 * The root of a request's body. No document types and no entities but XML's own five: nothing here can grow or look
 * outside.
 * @throws {ServiceError} MalformedXML, also when the root is not `expected`.
 */
export function parseXml(source: string, expected: string): XmlElement {
  const top = new XmlElement('');
  const open = [top];
  token.lastIndex = source.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (token.lastIndex < source.length) {
    const match = token.exec(source);
    const current = open.at(-1);
    if (!match || !current) throw s3Error('MalformedXML');
    const [, cdata, closing, qualified, selfClosing, text] = match;
    if (text !== undefined) current.text += unescapeText(text);
    else if (cdata !== undefined) current.text += cdata;
    else if (qualified !== undefined) {
      const name = qualified.slice(qualified.indexOf(':') + 1);
      if (closing) {
        if (current.name !== name || open.length === 1) throw s3Error('MalformedXML');
        open.pop();
      } else {
        const child = new XmlElement(name);
        current.children.push(child);
        if (!selfClosing && open.push(child) > deepest) throw s3Error('MalformedXML');
      }
    }
  }
  const [root, ...others] = top.children;
  if (open.length !== 1 || root?.name !== expected || others.length > 0 || top.text.trim() !== '') {
    throw s3Error('MalformedXML');
  }
  return root;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeText(text: string): string {
  // XML reads every line's end as a line feed.
  return text.replace(/\r\n?/g, '\n').replace(/&([^;&]*);?/g, (reference, name: string) => {
    const [, hex, decimal] = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name) ?? [];
    const point = hex === undefined ? Number(decimal) : parseInt(hex, 16);
    const character = point <= 0x10ffff ? String.fromCodePoint(point) : entities[name];
    if (character === undefined || !reference.endsWith(';')) throw s3Error('MalformedXML');
    return character;
  });
}
