import { defineConfig } from 'vitest/config';

/** One project a level (docs/ARCHITECTURE.md, "Tests"). `unit` runs on any Node 20; `sandbox` and `clients` need node:sqlite. */
const level = (name, test = {}) => ({ test: { name, include: [`test/${name}/**/*.test.ts`], ...test } });

export default defineConfig({
  test: {
    projects: [
      level('unit'),
      level('sandbox', { testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: true, maxWorkers: 2 }),
      level('clients', { testTimeout: 600_000, hookTimeout: 300_000, fileParallelism: false }),
    ],
  },
});
