import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { writeFileAtomically } from '../core/atomicFile.js';
import { etagOf } from './etag.js';
import type { LocalFile } from './localFiles.js';

const Known = v.object({
  size: v.number(),
  modified: v.number(),
  etag: v.string(),
  /** The ETag that S3 answered when we sent the file: differs from `etag` under KMS keys. */
  stored: v.optional(v.string()),
});
const Manifest = v.record(v.string(), Known);
type Known = v.InferOutput<typeof Known>;

/**
 * What we know of a data folder's files from the last upload, so that the next one reads none that has not changed. A
 * cache: losing it costs time, never correctness.
 */
export class TransferManifest {
  private constructor(
    private readonly file: string,
    private readonly known: Map<string, Known>,
  ) {}

  /** A manifest that is missing or damaged is an empty one. */
  static async open(file: string): Promise<TransferManifest> {
    const text = await readFile(file, 'utf8').catch(() => '{}');
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Manifest), text);
    return new TransferManifest(file, new Map(parsed.success ? Object.entries(parsed.output) : []));
  }

  /** True when the object is what the file is now. */
  async matches(file: LocalFile, object: { readonly size: number; readonly etag: string }): Promise<boolean> {
    if (object.size !== file.size) return false;
    const known = await this.look(file);
    return object.etag === known.etag || object.etag === known.stored;
  }

  async sent(file: LocalFile, stored: string): Promise<void> {
    this.known.set(file.path, { ...(await this.look(file)), stored });
  }

  /** SHA-256 over paths and contents (by ETag) of a folder's files: the same folder, the same fingerprint. */
  async fingerprint(files: readonly LocalFile[]): Promise<string> {
    const hash = createHash('sha256');
    for (const file of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
      hash.update(`${file.path}\0${(await this.look(file)).etag}\n`);
    }
    return hash.digest('hex');
  }

  async save(): Promise<void> {
    await writeFileAtomically(this.file, JSON.stringify(Object.fromEntries(this.known)));
  }

  /** Size and time of change say whether the file is the one we hashed. */
  private async look(file: LocalFile): Promise<Known> {
    const known = this.known.get(file.path);
    if (known?.size === file.size && known.modified === file.modified) return known;
    const found = { size: file.size, modified: file.modified, etag: await etagOf(file.absolute, file.size) };
    this.known.set(file.path, found);
    return found;
  }
}
