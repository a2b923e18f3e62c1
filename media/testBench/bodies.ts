import type { Input } from '../../src/ui/panels/testBench.protocol.js';
import { chosenTemplate, type EventTemplates } from './event.js';
import { fromBase64, type Given, type Kept, type KeptPicture, toBase64 } from './state.js';

/** Pictures whose bytes are kept for the history: 6 MB each at most. */
const mostBodies = 8;

/** The bytes of pictures, which are too many for what a page keeps while it is hidden. */
export class Bodies {
  private readonly bodies = new Map<number, Uint8Array<ArrayBuffer>>();

  constructor(picture: KeptPicture | undefined) {
    if (picture?.base64 !== undefined) this.bodies.set(picture.key, fromBase64(picture.base64));
  }

  add({ body, ...shown }: Given): KeptPicture {
    const key = Date.now();
    this.bodies.set(key, body);
    for (const old of [...this.bodies.keys()].slice(0, -mostBodies)) this.bodies.delete(old);
    return this.withBytes({ ...shown, key });
  }

  /** A picture of the history, as one that outlives the page where its bytes are few. */
  withBytes(picture: KeptPicture): KeptPicture {
    const body = this.bodies.get(picture.key);
    const base64 = body && toBase64(body);
    return { ...picture, ...(base64 !== undefined && { base64 }) };
  }

  /** What is sent of the tab that is open. @param events how the target takes a picture; undefined: as its body */
  input(kept: Kept, events: EventTemplates | undefined): Input {
    const { tab, picture, text, contentType, accept, imageType } = kept;
    const sent = picture && this.sent(picture);
    if (tab === 'csv') return { contentType: contentType.csv, accept: accept.csv, text: text.csv };
    if (tab === 'json') {
      // An event may ask for the picture, too.
      const named = events && sent && /\$\{(image|url)\}/.test(text.json);
      const filled = events ? { event: text.json } : { text: text.json };
      return { contentType: contentType.json, accept: accept.json, ...filled, ...(named && { picture: sent }) };
    }
    const event = events && chosenTemplate(kept, events)?.text;
    return {
      ...{ contentType: imageType, accept: 'application/json' },
      ...(event !== undefined && { event }),
      ...(sent && { picture: sent }),
    };
  }

  private sent({ key, name, url, expected }: KeptPicture): NonNullable<Input['picture']> {
    const body = this.bodies.get(key);
    return {
      ...{ key, name },
      ...(body && { body }),
      ...(url !== undefined && { url }),
      ...(expected !== undefined && { expected }),
    };
  }
}
