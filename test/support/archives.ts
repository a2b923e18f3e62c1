import { gunzipSync, gzipSync } from 'node:zlib';
import { buffer, text } from 'node:stream/consumers';
import { extract, pack } from 'tar-stream';

/** Contents by the path in an archive. */
export type Files = Readonly<Record<string, string | Buffer>>;

export async function tarGz(files: Files): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  return gzipSync(await buffer(archive));
}

/** The regular files of a .tar.gz. */
export async function unpackTarGz(archive: Buffer): Promise<Record<string, string>> {
  const entries = extract();
  entries.end(gunzipSync(archive));
  const files: Record<string, string> = {};
  for await (const entry of entries) {
    const content = await text(entry);
    if (entry.header.type === 'file') files[entry.header.name] = content;
  }
  return files;
}
