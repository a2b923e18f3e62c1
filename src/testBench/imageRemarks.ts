import { imageKind } from './imageKind.js';

/**
 * What is unusual in a picture, in sentences, as far as its head and end tell: models that were trained on RGB of 8 bits
 * fail on it, or see something else. Its pixels are not read.
 */
export function imageRemarks(content: Uint8Array): string[] {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const kind = imageKind(bytes)?.name;
  if (kind === 'PNG') return pngRemarks(bytes);
  return kind === 'JPEG' ? jpegRemarks(bytes) : [];
}

/** PNG, third edition: IHDR is the first chunk (11.2.1), IEND the last (11.2.5). */
function pngRemarks(bytes: Buffer): string[] {
  if (bytes.length < 26) return ['The PNG is cut off: its head is not whole.'];
  const [depth, colour] = [bytes[24]!, bytes[25]!];
  const kinds: Readonly<Record<number, string>> = {
    0: 'is grey: it has one channel, not three',
    3: 'has a palette: its pixels are numbers of colours',
    4: 'is grey with transparency: it has two channels, not three',
    6: 'has transparency: it has four channels, not three',
  };
  const kind = kinds[colour];
  return [
    ...(kind === undefined ? [] : [`The PNG ${kind}.`]),
    ...(depth === 16 ? ['The PNG has 16 bits a channel, not 8.'] : []),
    ...(bytes.includes('IEND', -16, 'latin1') ? [] : ['The PNG is cut off: its end is missing.']),
  ];
}

/** ITU-T T.81: segments until the scan (SOS); a frame header (SOF) tells precision and components; EOI ends it all. */
function jpegRemarks(bytes: Buffer): string[] {
  const remarks: string[] = [];
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes[at + 1]!;
    if (marker === 0xda) break;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (!isFrame) continue;
    const components = bytes[at + 9]!;
    if (components === 1) remarks.push('The JPEG is grey: it has one channel, not three.');
    if (components === 4) remarks.push('The JPEG is in CMYK, as for print: it has four channels, not three.');
    if (bytes[at + 4]! > 8) remarks.push(`The JPEG has ${bytes[at + 4]} bits a channel, not 8.`);
    break;
  }
  // Cameras and phones put more behind the picture, which readers pass over.
  if (!bytes.includes(Buffer.from([0xff, 0xd9]))) remarks.push('The JPEG is cut off: its end is missing.');
  return remarks;
}
