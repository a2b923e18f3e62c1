import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { invalidParameter } from './errors.js';
import type { CodePackage } from './functionRecord.js';
import { BrokenZip, checkZip, EmptyZip, ZipTooLarge } from './zip.js';

/** Bytes of a package, unpacked: Lambda's quota. */
export const unzippedQuota = 262_144_000;

/**
 * The deployment packages of all versions, each one once: a file's name is its content's SHA-256. A package stays for
 * as long as a version has it, or somebody uses it.
 */
export class DeploymentPackages {
  private readonly used = new Map<string, number>();

  /** @param needed the base64 SHA-256 of every version's package */
  constructor(
    private readonly folder: string,
    private readonly needed: () => Iterable<string>,
  ) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  pathOf(sha256: string): string {
    return path.join(this.folder, `${Buffer.from(sha256, 'base64').toString('hex')}.zip`);
  }

  /**
   * Keeps a package, in use until it is released.
   * @param bring puts the zip at the path that it is given
   * @throws {ServiceError} InvalidParameterValueException when Lambda could not unzip it
   */
  async add(bring: (file: string) => Promise<void>): Promise<CodePackage> {
    const incoming = path.join(this.folder, `${randomUUID()}.incoming`);
    try {
      await bring(incoming);
      await checkZip(incoming, unzippedQuota);
      const hash = createHash('sha256');
      await pipeline(createReadStream(incoming), hash);
      const sha256 = hash.digest('base64');
      const { size } = await stat(incoming);
      this.use(sha256);
      await rename(incoming, this.pathOf(sha256));
      return { sha256, size };
    } catch (error) {
      // dumrauf/serverless_static_website_with_basic_auth#17
      if (error instanceof EmptyZip) throw invalidParameter('Uploaded file must be a non-empty zip');
      // Both texts measured by localstack (test_lambda_api.snapshot.json).
      if (error instanceof ZipTooLarge) {
        throw invalidParameter(`Unzipped size must be smaller than ${unzippedQuota} bytes`);
      }
      if (!(error instanceof BrokenZip)) throw error;
      throw invalidParameter('Could not unzip uploaded file. Please check your file, then try to upload again.');
    } finally {
      await rm(incoming, { force: true });
    }
  }

  use(sha256: string): void {
    this.used.set(sha256, (this.used.get(sha256) ?? 0) + 1);
  }

  release(sha256: string): void {
    const users = (this.used.get(sha256) ?? 0) - 1;
    if (users > 0) this.used.set(sha256, users);
    else this.used.delete(sha256);
    this.discard([sha256]);
  }

  /** Removes those that nobody needs. */
  discard(packages: readonly string[]): void {
    const needed = new Set(this.needed());
    for (const sha256 of packages) {
      if (!needed.has(sha256) && !this.used.has(sha256)) rmSync(this.pathOf(sha256), { force: true });
    }
  }

  /** Removes what an earlier process left behind. Only for the start. */
  sweep(): void {
    const known = new Set(Array.from(this.needed(), (sha256) => path.basename(this.pathOf(sha256))));
    for (const name of readdirSync(this.folder)) {
      if (!known.has(name)) rmSync(path.join(this.folder, name));
    }
  }
}
