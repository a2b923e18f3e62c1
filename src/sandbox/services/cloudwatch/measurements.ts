import type { DatabaseSync } from 'node:sqlite';
import type { Store } from '../../store/store.js';
import { WriteBatch } from '../../store/writeBatch.js';

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** One or several measurements at one time, as a set of statistics; a single value is a set of one. */
export interface Measurement {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly unit: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly sum: number;
  readonly count: number;
}

/** Metrics and what was measured, in tables of their own. A metric is its namespace, name and exact set of dimensions. */
export class Measurements {
  private readonly database: DatabaseSync;
  private readonly batch = new WriteBatch<Measurement & { metric: Metric }>((items) => this.write(items));
  private readonly metrics = new Map<string, { readonly id: number; readonly metric: Metric }>();
  private readonly insert;

  constructor(private readonly store: Store) {
    this.database = store.database;
    this.database.exec(`
      CREATE TABLE IF NOT EXISTS metric (
        id INTEGER PRIMARY KEY, namespace TEXT NOT NULL, name TEXT NOT NULL, dimensions TEXT NOT NULL,
        UNIQUE (namespace, name, dimensions)
      );
      CREATE TABLE IF NOT EXISTS measurement (
        metric INTEGER NOT NULL, timestamp INTEGER NOT NULL, unit TEXT NOT NULL,
        minimum REAL NOT NULL, maximum REAL NOT NULL, sum REAL NOT NULL, count REAL NOT NULL
      );
      CREATE INDEX IF NOT EXISTS measurement_by_time ON measurement (metric, timestamp);
    `);
    this.insert = this.database.prepare('INSERT INTO measurement VALUES (?, ?, ?, ?, ?, ?, ?)');
    for (const row of this.database.prepare('SELECT * FROM metric').all()) {
      const dimensions = JSON.parse(String(row['dimensions'])) as Record<string, string>;
      const metric = { namespace: String(row['namespace']), name: String(row['name']), dimensions };
      this.metrics.set(keyOf(metric), { id: Number(row['id']), metric });
    }
  }

  /** In the order in which they were first measured. */
  list(): Metric[] {
    this.batch.flush();
    return [...this.metrics.values()].map(({ metric }) => metric);
  }

  /** Stored soon, in one transaction with all that comes in the same turn. */
  add(metric: Metric, measurement: Measurement): void {
    this.batch.add({ metric, ...measurement });
  }

  /** From `from` on and before `to`, in order of time. */
  between(metric: Metric, from: number, to: number, unit: string | undefined): Measurement[] {
    this.batch.flush();
    const known = this.metrics.get(keyOf(metric));
    if (!known) return [];
    const rows = this.database
      .prepare('SELECT * FROM measurement WHERE metric = ? AND timestamp >= ? AND timestamp < ? ORDER BY timestamp')
      .all(known.id, from, to);
    return rows.map(measurementOf).filter((measurement) => unit === undefined || measurement.unit === unit);
  }

  flush(): void {
    this.batch.flush();
  }

  private write(items: readonly (Measurement & { metric: Metric })[]): void {
    // Known to others when they are stored: a full disk takes all of it back.
    const made = new Map<string, { readonly id: number; readonly metric: Metric }>();
    const idOf = (metric: Metric): number => {
      const key = keyOf(metric);
      const known = this.metrics.get(key) ?? made.get(key);
      if (known) return known.id;
      const id = this.create(metric);
      made.set(key, { id, metric });
      return id;
    };
    this.store.transaction(() => {
      for (const { metric, timestamp, unit, minimum, maximum, sum, count } of items) {
        this.insert.run(idOf(metric), timestamp, unit, minimum, maximum, sum, count);
      }
    });
    for (const [key, metric] of made) this.metrics.set(key, metric);
  }

  private create({ namespace, name, dimensions }: Metric): number {
    const { lastInsertRowid } = this.database
      .prepare('INSERT INTO metric (namespace, name, dimensions) VALUES (?, ?, ?)')
      .run(namespace, name, JSON.stringify(sorted(dimensions)));
    return Number(lastInsertRowid);
  }
}

function keyOf({ namespace, name, dimensions }: Metric): string {
  return JSON.stringify([namespace, name, sorted(dimensions)]);
}

function sorted(dimensions: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function measurementOf(row: Record<string, unknown>): Measurement {
  return {
    timestamp: Number(row['timestamp']),
    unit: String(row['unit']),
    minimum: Number(row['minimum']),
    maximum: Number(row['maximum']),
    sum: Number(row['sum']),
    count: Number(row['count']),
  };
}
