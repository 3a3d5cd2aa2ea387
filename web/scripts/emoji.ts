// `virtual:emoji`: the emoji with the names that the protocol's clients use, and no more than is shown.
import { createRequire } from 'node:module';
import type { Plugin } from 'vite';

interface Entry {
  hexcode: string;
  unicode: string;
  group?: number;
  order?: number;
  tags?: string[];
  skins?: Entry[];
}
const COMPONENT = 2;
const ID = 'virtual:emoji';

/** Each is its character, its group, its names, its keywords; skin tones go by their names alone. */
const rows = (): [string, number, string[], string][] => {
  const load = createRequire(import.meta.url);
  const entries = load('emojibase-data/en/compact.json') as Entry[];
  const names = load('emojibase-data/en/shortcodes/iamcal.json') as Record<string, string | string[]>;
  return entries
    .filter((entry) => entry.group !== undefined && entry.group !== COMPONENT && names[entry.hexcode])
    .sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
    .map((entry) => [
      entry.unicode,
      entry.group ?? 0,
      [names[entry.hexcode] ?? []].flat(),
      (entry.tags ?? []).slice(0, 4).join(' '),
    ]);
};

export const emoji = (): Plugin => ({
  name: 'emoji',
  resolveId: (id) => (id === ID ? `\0${ID}` : null),
  load: (id) =>
    id === `\0${ID}` ? `export default JSON.parse(${JSON.stringify(JSON.stringify(rows()))})` : null,
});
