import { randomBytes } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { ObjectDetails } from './objectIndex.js';

/** A multipart upload that was neither completed nor aborted yet. */
export interface Upload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly initiated: Date;
  readonly settings: UploadSettings;
}

export interface UploadSettings {
  /** What the object will be described by; its checksum and parts are known at the end. */
  readonly details: ObjectDetails;
  readonly checksum?: { readonly algorithm: string; readonly type: 'COMPOSITE' | 'FULL_OBJECT' };
}

export interface Part {
  /** 1 to 10,000. */
  readonly number: number;
  readonly file: string;
  readonly size: number;
  /** With quotes. */
  readonly etag: string;
  readonly modified: Date;
  /** Base64, of the upload's checksum algorithm. */
  readonly checksum: string | undefined;
}

/** Multipart uploads under way. Changes belong into a transaction of the store; files that they free are returned. */
export class UploadIndex {
  private readonly statements;

  constructor(database: DatabaseSync) {
    database.exec(`
      CREATE TABLE IF NOT EXISTS s3_upload (
        id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, initiated INTEGER NOT NULL, settings TEXT NOT NULL
      ) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS s3_upload_key ON s3_upload (bucket, key, id);
      CREATE TABLE IF NOT EXISTS s3_part (
        upload TEXT NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
        modified INTEGER NOT NULL, checksum TEXT, PRIMARY KEY (upload, number)
      ) WITHOUT ROWID;
    `);
    this.statements = {
      create: database.prepare('INSERT INTO s3_upload VALUES (?, ?, ?, ?, ?)'),
      find: database.prepare('SELECT * FROM s3_upload WHERE id = ? AND bucket = ? AND key = ?'),
      scan: database.prepare(
        `SELECT * FROM s3_upload WHERE bucket = ?1 AND key >= ?2 AND key < ?3 AND NOT (key = ?2 AND id <= ?4)
         ORDER BY key, id`,
      ),
      remove: database.prepare('DELETE FROM s3_upload WHERE id = ?'),
      ofBucket: database.prepare('SELECT id FROM s3_upload WHERE bucket = ?'),
      putPart: database.prepare('INSERT OR REPLACE INTO s3_part VALUES (?, ?, ?, ?, ?, ?, ?)'),
      part: database.prepare('SELECT * FROM s3_part WHERE upload = ? AND number = ?'),
      parts: database.prepare('SELECT * FROM s3_part WHERE upload = ? AND number > ? ORDER BY number LIMIT ?'),
      removeParts: database.prepare('DELETE FROM s3_part WHERE upload = ?'),
      files: database.prepare('SELECT file FROM s3_part'),
    };
  }

  create(bucket: string, key: string, settings: UploadSettings, initiated: Date): Upload {
    // Begins with the time: uploads of one key are listed in the order in which they were begun.
    const id = initiated.getTime().toString(36).padStart(9, '0') + randomBytes(36).toString('base64url');
    this.statements.create.run(id, bucket, key, initiated.getTime(), JSON.stringify(settings));
    return { id, bucket, key, initiated, settings };
  }

  find(bucket: string, key: string, id: string): Upload | undefined {
    const row = this.statements.find.get(id, bucket, key);
    return row && upload(row);
  }

  /** With `from` <= key < `until`, by key and start; of key `from` only those after upload `after`; row by row. */
  *scan(bucket: string, from: string, after: string, until: string | undefined): Generator<Upload> {
    // An empty blob is greater than every text: no upper bound.
    const rows = this.statements.scan.iterate(bucket, from, until ?? new Uint8Array(0), after);
    for (const row of rows) yield upload(row);
  }

  putPart(id: string, part: Part): string[] {
    const replaced = this.statements.part.get(id, part.number);
    const { number, file, size, etag, modified, checksum } = part;
    this.statements.putPart.run(id, number, file, size, etag, modified.getTime(), checksum ?? null);
    return replaced ? [String(replaced['file'])] : [];
  }

  /** In the order of their numbers, after number `after`. */
  parts(id: string, after = 0, limit = 10_000): Part[] {
    return this.statements.parts.all(id, after, limit).map(part);
  }

  remove(id: string): string[] {
    const freed = this.parts(id).map(({ file }) => file);
    this.statements.removeParts.run(id);
    this.statements.remove.run(id);
    return freed;
  }

  removeAll(bucket: string): string[] {
    return this.statements.ofBucket.all(bucket).flatMap((row) => this.remove(String(row['id'])));
  }

  files(): string[] {
    return this.statements.files.all().map((row) => String(row['file']));
  }
}

function upload(row: Record<string, SQLOutputValue>): Upload {
  return {
    id: String(row['id']),
    bucket: String(row['bucket']),
    key: String(row['key']),
    initiated: new Date(Number(row['initiated'])),
    settings: JSON.parse(String(row['settings'])) as UploadSettings,
  };
}

function part(row: Record<string, SQLOutputValue>): Part {
  return {
    number: Number(row['number']),
    file: String(row['file']),
    size: Number(row['size']),
    etag: String(row['etag']),
    modified: new Date(Number(row['modified'])),
    checksum: row['checksum'] === null ? undefined : String(row['checksum']),
  };
}
