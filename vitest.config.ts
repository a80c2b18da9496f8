import { defineConfig } from 'vitest/config';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic' } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: ['test/e2e/**', 'test/contract/**'],
          // A busy machine is no failure: tests wait on facts, never on time.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Left alone, a 2-core machine would run one at a time, and many of these wait more than they compute.
          maxWorkers: 3,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Each file drives its own lab and pseudo-terminal: two at a time keeps a 2-core machine honest.
          maxWorkers: 2,
        },
      },
    ],
  },
});
