import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { messageOf } from '../../core/errors.js';

/** Layout of the tables below. A data folder of a newer sandbox is refused, never guessed at. */
export const storeVersion = 1;

/** The data folder was written by a newer version: reading it could lose what that version knows. */
export class NewerStoreError extends Error {
  constructor(readonly found: number) {
    super(
      `The data folder was written by a newer sandbox (layout ${found}; this one knows ${storeVersion}). ` +
        'Update this one, or name another folder with --data.',
    );
  }
}

/** Another process works on the data folder. */
export class StoreInUseError extends Error {
  constructor() {
    super('Another sandbox is using this data folder.');
  }
}

/**
 * The sandbox's state: one SQLite file, locked as long as it is open. WAL with `synchronous=NORMAL` survives the end of
 * the process at any moment (kill -9); a power cut may take the last commits, but never the file.
 */
export class Store {
  readonly database: DatabaseSync;
  private readonly collections = new Map<string, Collection<object>>();

  /** @throws {NewerStoreError | StoreInUseError} */
  constructor(file: string) {
    this.database = new DatabaseSync(file);
    // Exclusive before the first read: SQLite then never makes shared memory, and holds the lock until it is closed.
    try {
      this.database.exec(
        'PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;',
      );
    } catch (error) {
      this.database.close();
      if (isBusy(error)) throw new StoreInUseError();
      const remedy = 'Name another folder with --data, or move this one away.';
      throw new Error(`${file} cannot be read: ${messageOf(error)}. ${remedy}`, { cause: error });
    }
    const found = Number(this.database.prepare('PRAGMA user_version').get()?.['user_version']);
    if (found > storeVersion) {
      this.database.close();
      throw new NewerStoreError(found);
    }
    this.database.exec(`
      CREATE TABLE IF NOT EXISTS record (
        collection TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (collection, key)
      ) WITHOUT ROWID;
      PRAGMA user_version = ${storeVersion};
    `);
  }

  /** The records of one kind of resource, by name. Loaded on first use; every change is on disk when the call returns. */
  collection<T extends object>(name: string): Collection<T> {
    let found = this.collections.get(name);
    if (!found) this.collections.set(name, (found = new Collection<object>(this.database, name)));
    return found as Collection<T>;
  }

  /** All of `change`'s writes, or none. */
  transaction<T>(change: () => T): T {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      const result = change();
      this.database.exec('COMMIT');
      return result;
    } catch (error) {
      // SQLite has rolled back by itself when the disk is full; another ROLLBACK would hide the reason.
      // (Before Node 22.16 there is no telling: isTransaction is undefined.)
      if (this.database.isTransaction !== false) this.database.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.database.close();
  }
}

/** Records in memory, written through. Values are plain JSON plus Dates; a value that was put is never mutated. */
export class Collection<T extends object> {
  private readonly records = new Map<string, T>();
  private readonly write;
  private readonly erase;

  constructor(database: DatabaseSync, name: string) {
    const rows = database.prepare('SELECT key, value FROM record WHERE collection = ?').all(name);
    for (const { key, value } of rows) this.records.set(text(key), untagDates(JSON.parse(text(value))) as T);
    const upsert = database.prepare('INSERT OR REPLACE INTO record (collection, key, value) VALUES (?, ?, ?)');
    const remove = database.prepare('DELETE FROM record WHERE collection = ? AND key = ?');
    this.write = (key: string, value: string) => upsert.run(name, key, value);
    this.erase = (key: string) => remove.run(name, key);
  }

  get(key: string): T | undefined {
    return this.records.get(key);
  }

  put(key: string, value: T): T {
    this.write(key, JSON.stringify(value, tagDates));
    this.records.set(key, value);
    return value;
  }

  /** The record with `change` laid over it; undefined when there is none. */
  patch(key: string, change: Partial<T>): T | undefined {
    const record = this.records.get(key);
    return record && this.put(key, { ...record, ...change });
  }

  delete(key: string): boolean {
    this.erase(key);
    return this.records.delete(key);
  }

  values(): IterableIterator<T> {
    return this.records.values();
  }
}

const dateTag = '$date';

/** JSON.stringify calls toJSON first, so the Date itself is only to be seen through `this`. */
function tagDates(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Record<string, unknown>)[key];
  return original instanceof Date ? { [dateTag]: original.getTime() } : value;
}

/** In place. A reviver of JSON.parse does the same four times slower, and ten thousand jobs are read at start-up. */
function untagDates(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  // A number: a person's own member of that name (a hyperparameter, say) is a string.
  if (dateTag in value && typeof value[dateTag] === 'number') return new Date(value[dateTag]);
  const members = value as Record<string, unknown>;
  for (const name of Object.keys(members)) {
    const member = members[name];
    if (typeof member === 'object' && member !== null) members[name] = untagDates(member);
  }
  return value;
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5; // SQLITE_BUSY
}

function text(value: SQLOutputValue | undefined): string {
  return String(value);
}
