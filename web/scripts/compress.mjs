// Puts a brotli and a gzip twin beside every file of the build that gets smaller by it, and holds
// the first load to its budget.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const PAGE = new URL('../dist/page/', import.meta.url).pathname;
const FIRST_LOAD_KB_MAX = 250;
const COMPRESSIBLE = /\.(js|css|html|svg|json|webmanifest|txt)$/;

const files = readdirSync(PAGE, { recursive: true })
  .map((name) => join(PAGE, String(name)))
  .filter((name) => statSync(name).isFile());
const gzipped = new Map();
for (const name of files) {
  if (/\.(br|gz)$/.test(name)) {
    rmSync(name);
    continue;
  }
  if (!COMPRESSIBLE.test(name)) continue;
  const plain = readFileSync(name);
  const twins = { '.br': brotliCompressSync(plain), '.gz': gzipSync(plain, { level: 9 }) };
  gzipped.set(name.slice(PAGE.length), twins['.gz'].length);
  for (const [suffix, twin] of Object.entries(twins)) {
    if (twin.length < plain.length * 0.95) writeFileSync(name + suffix, twin);
  }
}

const index = readFileSync(join(PAGE, 'index.html'), 'utf8');
const first = [...index.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map((match) => match[1]);
const bytes = first.reduce((sum, name) => sum + (gzipped.get(name) ?? 0), 0);
const kb = (bytes / 1024).toFixed(1);
console.log(`first load: ${first.length} scripts, ${kb} KB gzipped (at most ${FIRST_LOAD_KB_MAX})`);
if (bytes === 0 || bytes > FIRST_LOAD_KB_MAX * 1024) process.exit(1);
