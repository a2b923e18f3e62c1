import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Store } from '../../store/store.js';
import { WriteBatch } from '../../store/writeBatch.js';
import type { LogLine } from '../ports.js';

/** Where an event stands in its stream: streams are ordered by time, and by arrival within a millisecond. */
export interface Position {
  readonly timestamp: number;
  readonly sequence: number;
}

export interface LogEvent extends Position {
  readonly ingested: number;
  readonly message: string;
}

export interface LogStream {
  readonly id: number;
  readonly group: string;
  readonly name: string;
  readonly created: number;
  /** Of the last event that came in; undefined while there is none. */
  readonly ingested: number | undefined;
  readonly first: number | undefined;
  readonly last: number | undefined;
}

/** What reads of a stream have in common. Times are milliseconds since 1970: `from` is included, `to` is not. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

interface PendingEvent {
  readonly stream: number;
  readonly timestamp: number;
  readonly message: string;
}

/** CloudWatch Logs counts an event as its UTF-8 bytes and 26 more (PutLogEvents, API reference). */
const eventOverhead = 26;
export const eventBytes = (message: string): number => Buffer.byteLength(message) + eventOverhead;

const streamColumns = `id, log_group, name, created, ingested,
  (SELECT MIN(timestamp) FROM log_event WHERE stream = id) AS first,
  (SELECT MAX(timestamp) FROM log_event WHERE stream = id) AS last`;

/** Streams and their events, in tables of their own: a log is too large to be kept in memory. */
export class LogEvents {
  private readonly database: DatabaseSync;
  private readonly batch = new WriteBatch<PendingEvent>((events) => this.write(events));
  private readonly insertEvent;
  private readonly touchStream;
  private sequence: number;
  /** Streams that are being written to: found without a query, and their last time, which orders the next line. */
  private readonly open = new Map<string, { readonly id: number; last: number }>();

  constructor(private readonly store: Store) {
    this.database = store.database;
    this.database.exec(`
      CREATE TABLE IF NOT EXISTS log_stream (
        id INTEGER PRIMARY KEY AUTOINCREMENT, log_group TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL,
        ingested INTEGER, sequence INTEGER NOT NULL DEFAULT 0, UNIQUE (log_group, name)
      );
      CREATE TABLE IF NOT EXISTS log_event (
        stream INTEGER NOT NULL, timestamp INTEGER NOT NULL, sequence INTEGER NOT NULL, ingested INTEGER NOT NULL,
        message TEXT NOT NULL, PRIMARY KEY (stream, timestamp, sequence)
      ) WITHOUT ROWID;
    `);
    this.insertEvent = this.database.prepare('INSERT INTO log_event VALUES (?, ?, ?, ?, ?)');
    this.touchStream = this.database.prepare('UPDATE log_stream SET ingested = ?, sequence = ? WHERE id = ?');
    this.sequence = Number(this.database.prepare('SELECT MAX(sequence) AS top FROM log_stream').get()?.['top'] ?? 0);
  }

  stream(group: string, name: string): LogStream | undefined {
    const row = this.rows(`SELECT ${streamColumns} FROM log_stream WHERE log_group = ? AND name = ?`, group, name)[0];
    return row && streamOf(row);
  }

  createStream(group: string, name: string): void {
    this.run('INSERT INTO log_stream (log_group, name, created) VALUES (?, ?, ?)', group, name, Date.now());
  }

  deleteStreams(group: string, name?: string): void {
    this.batch.flush();
    this.open.clear();
    const which = name === undefined ? 'log_group = ?' : 'log_group = ? AND name = ?';
    const values = name === undefined ? [group] : [group, name];
    this.store.transaction(() => {
      this.run(`DELETE FROM log_event WHERE stream IN (SELECT id FROM log_stream WHERE ${which})`, ...values);
      this.run(`DELETE FROM log_stream WHERE ${which}`, ...values);
    });
  }

  /** In the order of their names, those after `after`. */
  streamsByName(group: string, prefix: string, after: string | undefined, descending: boolean, limit: number) {
    // A range and not LIKE: names may hold `%` and `_`, and the index serves it.
    const past = after === undefined ? '' : descending ? 'AND name < ?' : 'AND name > ?';
    const sql = `SELECT ${streamColumns} FROM log_stream WHERE log_group = ? AND name >= ? AND name < ? ${past}
      ORDER BY name ${descending ? 'DESC' : 'ASC'} LIMIT ?`;
    const values = [group, prefix, `${prefix}\u{10FFFF}`, ...(after === undefined ? [] : [after]), limit];
    return this.rows(sql, ...values).map(streamOf);
  }

  /** In the order of their last events; streams without events count as the oldest. */
  streamsByTime(group: string, descending: boolean, limit: number, offset: number): LogStream[] {
    const direction = descending ? 'DESC' : 'ASC';
    const sql = `SELECT ${streamColumns} FROM log_stream WHERE log_group = ?
      ORDER BY COALESCE(last, 0) ${direction}, name ${direction} LIMIT ? OFFSET ?`;
    return this.rows(sql, group, limit, offset).map(streamOf);
  }

  /** Stored when the call returns. */
  put(stream: LogStream, events: readonly { timestamp: number; message: string }[]): void {
    this.batch.flush();
    this.open.delete(streamKey(stream.group, stream.name));
    this.write(events.map((event) => ({ stream: stream.id, ...event })));
  }

  /** Stored soon, in one transaction with all that comes in the same turn. Lines keep the order in which they come. */
  append(group: string, name: string, lines: readonly LogLine[]): void {
    const key = streamKey(group, name);
    let stream = this.open.get(key);
    if (!stream) {
      this.batch.flush();
      if (!this.stream(group, name)) this.createStream(group, name);
      const found = this.stream(group, name);
      if (!found) return;
      this.open.set(key, (stream = { id: found.id, last: found.last ?? 0 }));
    }
    for (const { timestamp, message } of lines) {
      stream.last = Math.max(stream.last, timestamp);
      this.batch.add({ stream: stream.id, timestamp: stream.last, message });
    }
  }

  flush(): void {
    this.batch.flush();
  }

  /** The stream's events after (or, going backward, before) a position, next ones first. */
  *walk(stream: number, { from, to }: Range, start: Position | undefined, backward: boolean): Generator<LogEvent> {
    this.batch.flush();
    // One bound per side: with two, SQLite seeks by the weaker one and walks the rest of the way.
    const edge = backward ? earlier(before(to), start) : later(before(from), start);
    const sql = backward
      ? `(timestamp, sequence) < (?, ?) AND timestamp >= ? ORDER BY timestamp DESC, sequence DESC`
      : `(timestamp, sequence) > (?, ?) AND timestamp < ? ORDER BY timestamp, sequence`;
    const statement = this.database.prepare(
      `SELECT timestamp, sequence, ingested, message FROM log_event WHERE stream = ? AND ${sql}`,
    );
    const rows = statement.iterate(stream, edge.timestamp, edge.sequence, backward ? from : to);
    for (const row of rows) yield eventOf(row);
  }

  /** Events of several streams, interleaved by time; at most `limit` of them, so that no search can fill the memory. */
  search(streams: readonly number[], { from, to }: Range, after: Position | undefined, limit: number) {
    const edge = later(before(from), after);
    const sql = `SELECT stream, timestamp, sequence, ingested, message FROM log_event
      WHERE stream IN (SELECT value FROM json_each(?)) AND (timestamp, sequence) > (?, ?) AND timestamp < ?
      ORDER BY timestamp, sequence LIMIT ?`;
    const rows = this.rows(sql, JSON.stringify(streams), edge.timestamp, edge.sequence, to, limit);
    return rows.map((row) => ({ stream: Number(row['stream']), ...eventOf(row) }));
  }

  /** Bytes as CloudWatch Logs counts them. */
  storedBytes(group: string): number {
    this.batch.flush();
    const sql = `SELECT SUM(LENGTH(CAST(message AS BLOB)) + ${eventOverhead}) AS bytes FROM log_event
      WHERE stream IN (SELECT id FROM log_stream WHERE log_group = ?)`;
    return Number(this.rows(sql, group)[0]?.['bytes'] ?? 0);
  }

  private write(events: readonly PendingEvent[]): void {
    const now = Date.now();
    const touched = new Set<number>();
    this.store.transaction(() => {
      for (const { stream, timestamp, message } of events) {
        this.insertEvent.run(stream, timestamp, ++this.sequence, now, message);
        touched.add(stream);
      }
      for (const stream of touched) this.touchStream.run(now, this.sequence, stream);
    });
  }

  private rows(sql: string, ...values: SQLInputValue[]) {
    this.batch.flush();
    return this.database.prepare(sql).all(...values);
  }

  private run(sql: string, ...values: SQLInputValue[]): void {
    this.database.prepare(sql).run(...values);
  }
}

type Row = Record<string, unknown>;

function streamOf(row: Row): LogStream {
  const { id, log_group: group, name, created, ingested, first, last } = row;
  return {
    id: Number(id),
    group: String(group),
    name: String(name),
    created: Number(created),
    ingested: optionalNumber(ingested),
    first: optionalNumber(first),
    last: optionalNumber(last),
  };
}

function eventOf({ timestamp, sequence, ingested, message }: Row): LogEvent {
  return {
    timestamp: Number(timestamp),
    sequence: Number(sequence),
    ingested: Number(ingested),
    message: String(message),
  };
}

/** The place before every event of that millisecond. */
function before(timestamp: number): Position {
  return { timestamp, sequence: -1 };
}

function later(a: Position, b: Position = a): Position {
  return a.timestamp > b.timestamp || (a.timestamp === b.timestamp && a.sequence > b.sequence) ? a : b;
}

function earlier(a: Position, b: Position = a): Position {
  return later(a, b) === a ? b : a;
}

function optionalNumber(value: unknown): number | undefined {
  return value === null ? undefined : Number(value);
}

function streamKey(group: string, name: string): string {
  return `${group}\0${name}`;
}
