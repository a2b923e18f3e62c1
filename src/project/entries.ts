import { findNodeAtLocation, type Node } from 'jsonc-parser';
import * as v from 'valibot';
import { LambdaFunction } from './functions.js';
import { Job } from './jobs.js';
import { Data, Endpoint, type Project } from './project.js';
import type { Range, Ranges } from './ranges.js';

/** The sections whose entries can be acted on, in the order in which they are shown. */
export const sections = ['data', 'jobs', 'endpoints', 'functions'] as const;

/** An entry of a project file, and the place of its name. */
export interface Entry {
  readonly section: (typeof sections)[number];
  readonly name: string;
  readonly range: Range;
}

/** What is shown of entries: none of it is acted on. */
export type ShownEntries = Pick<Project, 'name' | (typeof sections)[number]>;

/** A name that is there twice counts once, where it stands last: that is how JSON is read. */
export function entriesIn(root: Node, ranges: Ranges): Entry[] {
  return sections.flatMap((section) => {
    const keys = (findNodeAtLocation(root, [section])?.children ?? []).flatMap(({ children: [key] = [] }) => key ?? []);
    const byName = new Map(keys.map((key) => [String(key.value), key]));
    return [...byName].map(([name, key]) => ({ section, name, range: ranges.at(key) }));
  });
}

/**
 * Where entries stand in a text that became another by one change; those within the change are left out. What a parser
 * makes of a text that is no JSON would not do: behind an unclosed quote it takes one entry for another.
 */
export function entriesMoved(entries: readonly Entry[], from: string, to: string, ranges: Ranges): Entry[] {
  const shorter = Math.min(from.length, to.length);
  let before = 0;
  while (before < shorter && from[before] === to[before]) before++;
  let after = 0;
  while (after < shorter && from.at(-1 - after) === to.at(-1 - after)) after++;
  return entries.flatMap((entry) => {
    const { offset, length } = entry.range;
    if (offset + length <= before) return [{ ...entry, range: ranges.at({ offset, length }) }];
    if (offset < from.length - after) return [];
    return [{ ...entry, range: ranges.at({ offset: offset + to.length - from.length, length }) }];
  });
}

/**
 * Each entry as the first of these sources has it right.
 * @param sources values of project files, right or not
 */
export function shownEntries(entries: readonly Entry[], sources: readonly unknown[]): ShownEntries {
  const first = <T>(read: (source: unknown) => T | undefined): T | undefined => {
    for (const source of sources) {
      const value = read(source);
      if (value !== undefined) return value;
    }
    return undefined;
  };
  const right = <S extends v.GenericSchema>(section: Entry['section'], schema: S) =>
    Object.fromEntries(
      entries.flatMap((entry): [string, v.InferOutput<S>][] => {
        if (entry.section !== section) return [];
        const value = first((source) => {
          const result = v.safeParse(schema, member(member(source, section), entry.name));
          return result.success ? result.output : undefined;
        });
        return value === undefined ? [] : [[entry.name, value]];
      }),
    );
  return {
    name: first((source) => {
      const name = member(source, 'name');
      return typeof name === 'string' ? name : undefined;
    }),
    data: right('data', Data),
    jobs: right('jobs', Job),
    endpoints: right('endpoints', Endpoint),
    functions: right('functions', LambdaFunction),
  };
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
