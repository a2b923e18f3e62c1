import { randomBytes } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';

/** What S3 keeps of an object beside its bytes. */
export interface ObjectDetails {
  /** Content-Type and the like, by lower-case name, as they are given back. */
  readonly headers: Readonly<Record<string, string>>;
  /** `x-amz-meta-…`, by the rest of the name. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: readonly Tag[];
  readonly checksum?: ObjectChecksum;
  /** Of an object that was uploaded in parts. */
  readonly parts?: readonly ObjectPart[];
}

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

export interface ObjectChecksum {
  readonly algorithm: string;
  /** Base64; with `-<number of parts>` when composite. */
  readonly value: string;
  readonly type: 'COMPOSITE' | 'FULL_OBJECT';
}

export interface ObjectPart {
  readonly number: number;
  readonly size: number;
  /** Base64, of the object's checksum algorithm. */
  readonly checksum?: string;
}

interface VersionBase {
  readonly bucket: string;
  readonly key: string;
  /** `null` for what was written while the bucket's versioning was not enabled. */
  readonly versionId: string;
  readonly latest: boolean;
  readonly modified: Date;
  /** Grows with every version of the key. */
  readonly sequence: number;
}

export interface ObjectVersion extends VersionBase {
  readonly marker: false;
  /** Name in BodyFiles. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  /** With quotes, as on the wire. */
  readonly etag: string;
  readonly details: ObjectDetails;
}

/** What a delete without a version id leaves in a bucket with versions. */
export interface DeleteMarker extends VersionBase {
  readonly marker: true;
}

export type Version = ObjectVersion | DeleteMarker;

export type NewObject = Pick<ObjectVersion, 'bucket' | 'key' | 'file' | 'size' | 'etag' | 'details'>;

/** A bucket's versioning; undefined while it was never enabled. */
export type Versioning = 'Enabled' | 'Suspended' | undefined;

/**
 * Which objects and versions there are. SQLite compares text by its UTF-8 bytes, which is S3's order of keys.
 * Its changes belong into a transaction of the store; those that drop versions return the files that nobody needs now.
 */
export class ObjectIndex {
  private readonly statements;

  constructor(database: DatabaseSync) {
    database.exec(`
      CREATE TABLE IF NOT EXISTS s3_version (
        bucket TEXT NOT NULL, key TEXT NOT NULL, sequence INTEGER NOT NULL,
        version_id TEXT NOT NULL, latest INTEGER NOT NULL, modified INTEGER NOT NULL,
        file TEXT, size INTEGER, etag TEXT, details TEXT,
        PRIMARY KEY (bucket, key, sequence DESC)
      ) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS s3_object ON s3_version (bucket, key) WHERE latest = 1 AND file IS NOT NULL;
    `);
    const objects = `
      SELECT * FROM s3_version INDEXED BY s3_object
      WHERE bucket = ? AND key >= ? AND key < ? AND latest = 1 AND file IS NOT NULL ORDER BY key LIMIT ?`;
    const ofKey = 'FROM s3_version WHERE bucket = ? AND key = ?';
    this.statements = {
      latest: database.prepare(`SELECT * ${ofKey} ORDER BY sequence DESC LIMIT 1`),
      byId: database.prepare(`SELECT * ${ofKey} AND version_id = ?`),
      insert: database.prepare(`INSERT INTO s3_version VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?)`),
      demote: database.prepare(`UPDATE s3_version SET latest = 0 WHERE bucket = ? AND key = ? AND latest = 1`),
      promote: database.prepare(
        `UPDATE s3_version SET latest = 1 WHERE bucket = ?1 AND key = ?2
         AND sequence = (SELECT max(sequence) FROM s3_version WHERE bucket = ?1 AND key = ?2)`,
      ),
      remove: database.prepare(`DELETE ${ofKey} AND sequence = ?`),
      describe: database.prepare('UPDATE s3_version SET details = ? WHERE bucket = ? AND key = ? AND sequence = ?'),
      objects: database.prepare(objects),
      scan: database.prepare(objects),
      versions: database.prepare(
        `SELECT * FROM s3_version WHERE bucket = ?1 AND key >= ?2 AND key < ?3 AND NOT (key = ?2 AND sequence >= ?4)
         ORDER BY key, sequence DESC`,
      ),
      any: database.prepare('SELECT 1 FROM s3_version WHERE bucket = ? LIMIT 1'),
      files: database.prepare('SELECT file FROM s3_version WHERE file IS NOT NULL'),
    };
  }

  /** The newest version, which may be a delete marker. */
  latest(bucket: string, key: string): Version | undefined {
    return version(this.statements.latest.get(bucket, key));
  }

  find(bucket: string, key: string, versionId: string): Version | undefined {
    return version(this.statements.byId.get(bucket, key, versionId));
  }

  /** Objects with `from` <= key < `until`, in order; `until` undefined: to the end. */
  objects(bucket: string, from: string, until: string | undefined, limit: number): ObjectVersion[] {
    const rows = this.statements.objects.all(bucket, from, until ?? noBound, limit);
    return rows.map(version) as ObjectVersion[];
  }

  /** The same, read row by row as they are taken; nothing may be written meanwhile. */
  *scan(bucket: string, from: string, until: string | undefined): Generator<ObjectVersion> {
    const rows = this.statements.scan.iterate(bucket, from, until ?? noBound, -1);
    for (const row of rows) yield version(row) as ObjectVersion;
  }

  /** Versions in the order of keys, of a key the newest first; of key `from` only those older than sequence `before`. */
  *scanVersions(bucket: string, from: string, before: number, until: string | undefined): Generator<Version> {
    for (const row of this.statements.versions.iterate(bucket, from, until ?? noBound, before)) yield version(row)!;
  }

  isEmpty(bucket: string): boolean {
    return this.statements.any.get(bucket) === undefined;
  }

  files(): string[] {
    return this.statements.files.all().map((row) => String(row['file']));
  }

  /** Makes `object` the latest version; without versioning it takes the place of the one before. */
  add(object: NewObject, versioning: Versioning, modified: Date): { added: ObjectVersion; freed: string[] } {
    const { bucket, key, file, size, etag, details } = object;
    const { versionId, sequence, freed } = this.makeRoom(bucket, key, versioning);
    const values = [modified.getTime(), file, size, etag, JSON.stringify(details)] as const;
    this.statements.insert.run(bucket, key, sequence, versionId, ...values);
    return { added: { ...object, versionId, sequence, modified, latest: true, marker: false }, freed };
  }

  /** Deletes as a client that names no version means it: leaves a marker where there are versions. */
  hide(
    bucket: string,
    key: string,
    versioning: Versioning,
    modified: Date,
  ): { marker?: DeleteMarker; freed: string[] } {
    if (versioning === undefined) return { freed: this.erase(this.latest(bucket, key)) };
    const { versionId, sequence, freed } = this.makeRoom(bucket, key, versioning);
    this.statements.insert.run(bucket, key, sequence, versionId, modified.getTime(), null, null, null, null);
    return { marker: { bucket, key, versionId, sequence, modified, latest: true, marker: true }, freed };
  }

  /** Deletes exactly this version; the one before it becomes the latest. */
  erase(found: Version | undefined): string[] {
    if (!found) return [];
    this.statements.remove.run(found.bucket, found.key, found.sequence);
    if (found.latest) this.statements.promote.run(found.bucket, found.key);
    return found.marker ? [] : [found.file];
  }

  describe(found: ObjectVersion, details: ObjectDetails): void {
    this.statements.describe.run(JSON.stringify(details), found.bucket, found.key, found.sequence);
  }

  /** The next version's id and place. Of versions with the id `null` there is one at most. */
  private makeRoom(bucket: string, key: string, versioning: Versioning) {
    const versionId = versioning === 'Enabled' ? randomBytes(24).toString('base64url') : 'null';
    const sequence = (this.latest(bucket, key)?.sequence ?? 0) + 1;
    const freed = versionId === 'null' ? this.erase(this.find(bucket, key, 'null')) : [];
    this.statements.demote.run(bucket, key);
    return { versionId, sequence, freed };
  }
}

/** In the place of a key: an empty blob is greater than every text. */
const noBound = new Uint8Array(0);

function version(row: Record<string, SQLOutputValue> | undefined): Version | undefined {
  if (!row) return undefined;
  const base = {
    bucket: String(row['bucket']),
    key: String(row['key']),
    versionId: String(row['version_id']),
    latest: row['latest'] === 1,
    modified: new Date(Number(row['modified'])),
    sequence: Number(row['sequence']),
  };
  if (row['file'] === null) return { ...base, marker: true };
  return {
    ...base,
    marker: false,
    file: String(row['file']),
    size: Number(row['size']),
    etag: String(row['etag']),
    details: JSON.parse(String(row['details'])) as ObjectDetails,
  };
}
