import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        // Pure functions, frames of panes, single servers: quick, side by side.
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.{ts,tsx}', 'test/frames/**/*.test.{ts,tsx}', 'simulator/test/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        // Whole programs against the embedded Bentham: one file at a time, since each is a small data centre.
        test: {
          name: 'scenarios',
          include: ['test/scenarios/**/*.test.{ts,tsx}'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
