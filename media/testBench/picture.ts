import { largestBody, type Picture as Provided } from '../../src/ui/panels/testBench.protocol.js';
import { size } from './format.js';
import type { Given } from './state.js';

/** Pixels of the preview's longer side: it is shown at half of them on a sharp display. */
const previewSize = 656;

/**
 * Reads a picture that was dropped, pasted or provided.
 * @throws {Error} with a sentence when it can never be sent
 */
export async function readGiven(given: File | Provided): Promise<Given> {
  const { name } = given;
  const bytes = given instanceof File ? given.size : given.body.length;
  if (bytes === 0) throw new Error(`${name} is empty: it has no bytes.`);
  if (bytes > largestBody) {
    throw new Error(`${name} has ${size(bytes)}, and an endpoint takes at most 6 MB. Nothing was sent.`);
  }
  const body = given instanceof File ? new Uint8Array(await given.arrayBuffer()) : new Uint8Array(given.body);
  const seen = await see(body);
  if (!seen && given instanceof File && !given.type.startsWith('image/')) {
    throw new Error(`${name} is not a picture: paste its text into JSON or CSV to send it.`);
  }
  const { expected, url } = given instanceof File ? {} : given;
  return {
    ...{ name, bytes, body, dimensions: seen?.dimensions, preview: seen?.preview },
    ...(expected !== undefined && { expected }),
    ...(url !== undefined && { url }),
  };
}

/** Undefined when the browser cannot decode it. */
async function see(body: Uint8Array<ArrayBuffer>) {
  const url = URL.createObjectURL(new Blob([body]));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    const scale = Math.min(1, previewSize / Math.max(width, height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    // A photograph is small as JPEG, an icon stays sharp as PNG.
    const preview = scale < 1 ? canvas.toDataURL('image/jpeg', 0.85) : canvas.toDataURL('image/png');
    const small = preview.length < 200_000 ? preview : canvas.toDataURL('image/jpeg', 0.7);
    return { dimensions: { width, height }, preview: small };
  } catch {
    return undefined;
  } finally {
    URL.revokeObjectURL(url);
  }
}
