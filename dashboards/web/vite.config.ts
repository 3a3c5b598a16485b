import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// The service may sit under a prefix that is known only at run time: every address in the page is relative, and
// the service writes the prefix into <base href> of index.html. Nothing is inlined, so a strict content security
// policy needs no exception.
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
  build: {
    outDir: '../../dist/web',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    reportCompressedSize: true,
    sourcemap: false,
  },
})
