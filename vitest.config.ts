import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // What is waited for comes when it comes: on a busy machine, a second is nothing.
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 2,
    // Terminals, browsers and clusters meet real time: on CI's shared machines a test that fails is tried again, and the
    // report says that it was.
    retry: process.env['CI'] === undefined ? 0 : 2,
  },
});
