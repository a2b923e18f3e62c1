import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { NewerStoreError, Store, StoreInUseError, storeVersion } from '../../src/sandbox/store/store.js';

const newFile = () => path.join(mkdtempSync(path.join(os.tmpdir(), 'sandbox-store-')), 'state.db');

describe('the store', () => {
  test('gives back after reopening what was put, Dates included', () => {
    const file = newFile();
    const at = new Date('2026-01-02T03:04:05.678Z');
    const store = new Store(file);
    store.collection<Job>('jobs').put('a', { name: 'a', at, nested: [{ at }] });
    store.collection<Job>('jobs').put('gone', { name: 'gone', at, nested: [] });
    store.collection<Job>('jobs').delete('gone');
    store.close();

    const jobs = new Store(file).collection<Job>('jobs');
    expect([...jobs.values()]).toEqual([{ name: 'a', at, nested: [{ at }] }]);
  });

  test('does not take a member that a person called $date for a time', () => {
    const file = newFile();
    const store = new Store(file);
    store.collection('jobs').put('a', { hyperparameters: { $date: '5' } });
    store.close();
    expect(new Store(file).collection('jobs').get('a')).toEqual({ hyperparameters: { $date: '5' } });
  });

  test('keeps what was committed when its process is killed without warning', () => {
    const file = newFile();
    const script = `
      const { DatabaseSync } = require('node:sqlite');
      const database = new DatabaseSync(${JSON.stringify(file)});
      database.exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" +
        "CREATE TABLE record (collection TEXT, key TEXT, value TEXT, PRIMARY KEY (collection, key)) WITHOUT ROWID;" +
        "INSERT INTO record VALUES ('jobs', 'a', '{\\"name\\":\\"a\\"}')");
      process.kill(process.pid, 'SIGKILL');`;
    expect(spawnSync(process.execPath, ['-e', script]).signal).toBe('SIGKILL');
    expect(new Store(file).collection<Job>('jobs').get('a')).toEqual({ name: 'a' });
  });

  test('undoes all writes of a transaction that fails', () => {
    const store = new Store(newFile());
    store.database.exec('CREATE TABLE t (n INTEGER)');
    expect(() =>
      store.transaction(() => {
        store.database.exec('INSERT INTO t VALUES (1)');
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(store.database.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 0 });
  });

  test('lets one sandbox at a time use a data folder', () => {
    const file = newFile();
    const first = new Store(file);
    expect(() => new Store(file)).toThrow(StoreInUseError);
    first.close();
    new Store(file).close();
  });

  test('refuses a data folder that a newer version wrote, and leaves it as it is', () => {
    const file = newFile();
    new Store(file).close();
    const database = new DatabaseSync(file);
    database.exec(`PRAGMA user_version = ${storeVersion + 1}`);
    database.close();
    expect(() => new Store(file)).toThrow(NewerStoreError);
    expect(() => new Store(file)).toThrow(`layout ${storeVersion + 1}`);
  });
});

interface Job {
  name: string;
  at: Date;
  nested: { at: Date }[];
}
