import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { UserError } from '../core/errors.js';
import { isScript, withLineFeeds } from './lineEndings.js';
import { largestScannedFile, secretByName, secretInContent } from './secrets.js';
import { listSource, type SourceFile, type SourceListing } from './sourceFiles.js';
import { type Archive, type ArchiveEntry, fileEntry, writeTarGz } from './tarGz.js';

/** Above this a source folder most likely holds something that is not source (aws/sagemaker-python-sdk#5511: 656 MB). */
export const largeSourceBytes = 50 * 1024 * 1024;

/** What would be shipped, before anything is: what a person is shown, and what the gates judge. */
export interface SourcePreview extends SourceListing {
  readonly folder: string;
  readonly bytes: number;
  readonly secrets: readonly { readonly path: string; readonly what: string }[];
  /** Scripts whose CRLF line ends become LF in the archive; the files themselves stay as they are. */
  readonly normalised: readonly string[];
}

export interface SourceArchive extends Archive {
  /** What is in it, for the run's record: path and SHA-256 of the bytes as shipped. */
  readonly contents: readonly { readonly path: string; readonly sha256: string }[];
}

/** @param exclude what is shipped in another way (data folders), relative to `folder` */
export async function previewSource(folder: string, exclude: readonly string[] = []): Promise<SourcePreview> {
  const listing = await listSource(folder, exclude);
  const secrets: { path: string; what: string }[] = [];
  const normalised: string[] = [];
  for (const file of listing.files) {
    const byName = secretByName(file.path);
    if (byName) secrets.push({ path: file.path, what: byName });
    else if (file.size <= largestScannedFile) {
      const bytes = await readFile(file.absolute);
      const what = secretInContent(bytes);
      if (what) secrets.push({ path: file.path, what });
      if (isScript(file.path) && bytes.includes('\r\n')) normalised.push(file.path);
    }
  }
  return { ...listing, folder, bytes: listing.files.reduce((sum, { size }) => sum + size, 0), secrets, normalised };
}

/**
 * Writes the sourcedir.tar.gz of a training job. The same files give the same archive on every machine.
 * @throws {UserError} when there is a secret among the files, nothing to pack, or a file changes meanwhile
 */
export async function packSource(preview: SourcePreview, target: string, signal: AbortSignal): Promise<SourceArchive> {
  const [secret] = preview.secrets;
  if (secret) {
    throw new UserError(
      `${secret.path} looks like ${secret.what} and would be sent to S3: remove it, or name it in .sagemakerignore.`,
    );
  }
  if (preview.files.length === 0) throw new UserError(`There is no file to ship in ${preview.folder}.`);
  const contents: { path: string; sha256: string }[] = [];
  const entries = async function* (): AsyncGenerator<ArchiveEntry> {
    for (const file of preview.files) {
      const entry = await shipped(file);
      contents.push({ path: file.path, sha256: await sha256Of(file, entry) });
      yield entry;
    }
  };
  try {
    return { ...(await writeTarGz(entries(), target, signal)), contents };
  } catch (error) {
    // tar-stream's word for a file that is not as long as its header says.
    if (error instanceof Error && error.message === 'Size mismatch') {
      throw new UserError('A file changed while it was being packed: try again.', { cause: error });
    }
    throw error;
  }
}

/** The file as it goes into an archive: scripts with LF line ends. */
export async function shipped({ path, absolute, size }: SourceFile): Promise<ArchiveEntry> {
  if (!isScript(path)) return fileEntry(path, absolute, size);
  const content = withLineFeeds(await readFile(absolute));
  return { path, size: content.length, content };
}

/** Path and SHA-256 of files as they are shipped, in their order. */
export async function hashContents(files: readonly SourceFile[]): Promise<SourceArchive['contents']> {
  const contents = [];
  for (const file of files) contents.push({ path: file.path, sha256: await sha256Of(file, await shipped(file)) });
  return contents;
}

async function sha256Of(file: SourceFile, { content }: ArchiveEntry): Promise<string> {
  const hash = createHash('sha256');
  if (content instanceof Uint8Array) return hash.update(content).digest('hex');
  for await (const chunk of createReadStream(file.absolute)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
