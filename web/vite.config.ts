import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { emoji } from './scripts/emoji.ts';

const server = process.env.NOTTERMOST_URL ?? 'http://127.0.0.1:8065';

export default defineConfig({
  plugins: [react(), emoji()],
  build: {
    // The folder around it is in the repository, so that cargo can watch it.
    outDir: 'dist/page',
    emptyOutDir: true,
    // Everything is a file: the policy allows nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: ['chrome111', 'firefox115', 'safari16.4'],
    chunkSizeWarningLimit: 600,
  },
  server: { proxy: { '/api': { target: server, ws: true }, '/metrics': server } },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/testing.ts'],
    testTimeout: 30_000,
    restoreMocks: true,
  },
});
