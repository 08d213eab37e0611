import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      // Pure functions: seconds.
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000 } },
      // What is drawn.
      { test: { name: 'frames', include: ['test/frames/**/*.test.{ts,tsx}'], testTimeout: 60_000 } },
      // Single servers, child processes, a hundred thousand rows.
      {
        test: {
          hookTimeout: 120_000,
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'simulator/test/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      // Whole programs against the embedded Bentham: one file at a time, since each is a small data centre.
      {
        test: {
          hookTimeout: 120_000,
          name: 'scenarios',
          include: ['test/scenarios/**/*.test.{ts,tsx}'],
          testTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
