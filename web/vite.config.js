// Builds the page into few files with stable names, fit for `Content-Security-Policy: default-src 'self'`.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/** Everything comes from the page's own origin: nothing needs the attribute. */
const withoutCrossorigin = {
  name: 'without-crossorigin',
  transformIndexHtml: { order: 'post', handler: (html) => html.replaceAll(' crossorigin', '') },
};

export default defineConfig({
  base: './',
  plugins: [svelte({ configFile: false, compilerOptions: { runes: true } }), withoutCrossorigin],
  build: {
    target: 'es2022',
    modulePreload: false, // its polyfill would be an inline script
    assetsInlineLimit: 0, // data: addresses are not allowed either
    cssCodeSplit: false,
    reportCompressedSize: false,
    rolldownOptions: {
      output: { entryFileNames: 'assets/page.js', assetFileNames: 'assets/page[extname]' },
    },
  },
});
