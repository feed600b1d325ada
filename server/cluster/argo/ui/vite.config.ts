import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  // Everything is relative to the page's <base href>, which the Argo Server sets from --base-href.
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../../../dist/argo-ui',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // swagger-ui is one big chunk by itself; it is loaded when /apidocs is opened.
    chunkSizeWarningLimit: 2000,
  },
});
