import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // The lab's Content-Security-Policy allows files of our own only: nothing may be inlined as a data: URL or a script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // All shapes in one chunk with what must run before them (app/no-eval.ts): a chunk keeps the order of its modules.
        codeSplitting: { groups: [{ name: 'shapes', test: /node_modules\/zod\/|server\/protocol\/|app\/no-eval\.ts/ }] },
      },
    },
  },
});
