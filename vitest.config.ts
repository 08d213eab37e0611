import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

// What is waited for ends a wait when it is there; the limit is for what never comes.
const expectOptions = { poll: { timeout: 30_000 } };

// Tests wait for servers, terminals and time limits more than they compute; whole programs compute more.
const cores = availableParallelism();
const maxWorkers = cores + Math.min(cores, 4);
const ofPrograms = cores + 1;

export default defineConfig({
  test: {
    maxWorkers,
    globalSetup: ['test/support/temporary.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      // Pure functions: seconds.
      { test: { name: 'unit', expect: expectOptions, include: ['test/unit/**/*.test.ts'], testTimeout: 60_000 } },
      // What is drawn.
      {
        test: {
          name: 'frames',
          expect: expectOptions,
          include: ['test/frames/**/*.test.{ts,tsx}'],
          testTimeout: 60_000,
        },
      },
      // Single servers, child processes, a hundred thousand rows.
      {
        test: {
          expect: expectOptions,
          hookTimeout: 120_000,
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'simulator/test/**/*.test.ts'],
          testTimeout: 120_000,
          // Of one file: tests that wait at the same time share its one process.
          maxConcurrency: 3,
        },
      },
      // Whole programs against the embedded Bentham, few files at a time, since each is a small data centre.
      {
        test: {
          expect: expectOptions,
          hookTimeout: 120_000,
          name: 'scenarios',
          include: ['test/scenarios/**/*.test.{ts,tsx}'],
          testTimeout: 240_000,
          maxWorkers: Math.min(ofPrograms, 6),
          // Of one file: tests that wait at the same time have a whole cockpit each.
          maxConcurrency: 3,
          // Of another number of workers, in one run with the others it comes after them.
          sequence: { groupOrder: 1 },
          // Whole programs share one machine: what fails once and passes at the second attempt is reported as "retry x1".
          retry: 1,
        },
      },
    ],
  },
});
