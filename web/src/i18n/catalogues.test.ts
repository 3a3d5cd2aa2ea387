import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, it } from 'vitest';
import adminDe from './admin/de.json';
import adminEn from './admin/en.json';
import de from './de.json';
import en from './en.json';

type Catalogue = Readonly<Record<string, string>>;
const PAIRS: readonly (readonly [string, Catalogue, Catalogue])[] = [
  ['the page', en, de],
  ['administrators', adminEn, adminDe],
];

describe.each(PAIRS)('the catalogues of %s', (_, en, de) => {
  it('have the same keys', () => {
    expect(Object.keys(de)).toEqual(Object.keys(en));
  });

  it('name the same variables', () => {
    const variables = (locale: string, text: string) =>
      new IntlMessageFormat(text, locale)
        .getAst()
        .filter((part) => 'value' in part && part.type !== 0)
        .map((part) => (part as { value: string }).value)
        .sort();
    for (const [key, text] of Object.entries(en)) {
      expect([key, variables('de', de[key] ?? '')]).toEqual([key, variables('en', text)]);
    }
  });

  it('have no key that nothing says', () => {
    const files = import.meta.glob<string>(['../**/*.{ts,tsx}', '!../**/*.test.*'], {
      query: '?raw',
      import: 'default',
      eager: true,
    });
    const sources = Object.values(files).join('\n');
    expect(Object.keys(en).filter((key) => !sources.includes(`'${key}'`))).toEqual([]);
  });
});
